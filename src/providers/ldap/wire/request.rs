//! The requests that rosterd sends. None of them writes to a directory, and none asks for a
//! password.

use super::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, put, put_number, put_with};
use super::control::Control;
use std::fmt;

/// Something to ask of a server.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// §4.2, with a DN and a password.
    Simple(Simple<'a>),
    /// §4.2 with SASL EXTERNAL (RFC 4422 appendix A): as whom the connection itself says.
    External,
    /// §4.2 with a token of SASL GSSAPI (RFC 4752).
    Gssapi(&'a [u8]),
    Search(Search<'a>),
    /// §4.14.
    StartTls,
    /// §4.3. Has no answer.
    Unbind,
}

/// A name and its password.
#[derive(Clone, Copy)]
pub struct Simple<'a> {
    pub dn: &'a str,
    pub password: &'a str,
}

impl fmt::Debug for Simple<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Simple({}, ***)", self.dn)
    }
}

/// §4.5.1. Aliases are never followed, and the client sets no limits.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    pub base: &'a str,
    /// 0 the base alone, 1 its children, 2 everything from the base down.
    pub scope: i32,
    /// Encoded.
    pub filter: &'a [u8],
    pub attributes: &'a [String],
    pub control: Option<Control<'a>>,
}

/// The OID of StartTLS.
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// The message that carries `request`.
#[must_use]
pub fn encode(id: i32, request: Request<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    put_with(&mut out, SEQUENCE, |out| {
        put_number(out, INTEGER, id);
        match request {
            Request::Simple(Simple { dn, password }) => put_bind(out, dn, |out| put(out, 0x80, password.as_bytes())),
            // An empty authorization identity: the one that the connection has.
            Request::External => put_sasl(out, "EXTERNAL", b""),
            Request::Gssapi(token) => put_sasl(out, "GSSAPI", token),
            Request::Search(search) => put_search(out, &search),
            Request::StartTls => put_with(out, 0x77, |out| put(out, 0x80, START_TLS.as_bytes())),
            Request::Unbind => put(out, 0x42, b""),
        }
    });
    out
}

fn put_bind(out: &mut Vec<u8>, dn: &str, authentication: impl FnOnce(&mut Vec<u8>)) {
    put_with(out, 0x60, |out| {
        put_number(out, INTEGER, 3);
        put(out, OCTET_STRING, dn.as_bytes());
        authentication(out);
    });
}

fn put_sasl(out: &mut Vec<u8>, mechanism: &str, credentials: &[u8]) {
    put_bind(out, "", |out| {
        put_with(out, 0xa3, |out| {
            put(out, OCTET_STRING, mechanism.as_bytes());
            put(out, OCTET_STRING, credentials);
        });
    });
}

fn put_search(out: &mut Vec<u8>, search: &Search<'_>) {
    put_with(out, 0x63, |out| {
        put(out, OCTET_STRING, search.base.as_bytes());
        put_number(out, ENUMERATED, search.scope);
        put_number(out, ENUMERATED, 0);
        put_number(out, INTEGER, 0);
        put_number(out, INTEGER, 0);
        put(out, BOOLEAN, &[0]);
        out.extend_from_slice(search.filter);
        put_with(out, SEQUENCE, |out| {
            for attribute in search.attributes {
                put(out, OCTET_STRING, attribute.as_bytes());
            }
        });
    });
    if let Some(control) = search.control {
        put_with(out, 0xa0, |out| control.put(out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_rfc_4511() {
        let simple = encode(1, Request::Simple(Simple { dn: "cn=a", password: "pw" }));
        assert_eq!(simple, b"\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw");
        let token = encode(1, Request::Gssapi(b"tk"));
        assert_eq!(token, b"\x30\x18\x02\x01\x01\x60\x13\x02\x01\x03\x04\x00\xa3\x0c\x04\x06GSSAPI\x04\x02tk");
        assert_eq!(encode(2, Request::Unbind), b"\x30\x05\x02\x01\x02\x42\x00");
        let start_tls = encode(1, Request::StartTls);
        assert_eq!(start_tls, b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037");
    }
}
