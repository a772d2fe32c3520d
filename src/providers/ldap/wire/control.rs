//! What a search can carry: paged results (RFC 2696), synchronization; of Active Directory, changes and what was
//! deleted ([MS-ADTS] 3.1.1.3.4.1).

use super::ber::{BOOLEAN, BerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, put, put_number, put_with};
use super::sync::{SyncRequest, put_sync};

/// A control of a search.
#[derive(Debug, Clone, Copy)]
pub enum Control<'a> {
    /// So many entries, behind the page that had this cookie; an empty one for the first.
    Page(i32, &'a [u8]),
    /// The same, with what was deleted. A page of 0 is everything at once.
    PageWithDeleted(i32, &'a [u8]),
    Sync(SyncRequest<'a>),
    /// What has changed since that cookie, of groups only who came and who left.
    DirSync(&'a [u8]),
}

impl Control<'_> {
    pub(super) fn put(self, out: &mut Vec<u8>) {
        match self {
            Self::Page(size, cookie) => put_paged(out, size, cookie),
            Self::PageWithDeleted(size, cookie) => {
                put_critical(out, SHOW_DELETED, |_| {});
                if size > 0 {
                    put_paged(out, size, cookie);
                }
            }
            Self::DirSync(cookie) => put_critical(out, DIR_SYNC, |out| {
                put_with(out, SEQUENCE, |out| {
                    put_number(out, INTEGER, INCREMENTAL_VALUES);
                    put_number(out, INTEGER, 0);
                    put(out, OCTET_STRING, cookie);
                });
            }),
            Self::Sync(request) => put_sync(out, request),
        }
    }
}

pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// LDAP_SERVER_DIRSYNC_OID.
pub const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
/// LDAP_SERVER_SHOW_DELETED_OID; has no value.
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// LDAP_DIRSYNC_INCREMENTAL_VALUES, the highest of 32 bits.
const INCREMENTAL_VALUES: i32 = i32::MIN;

/// The cookie in a response control's value; empty behind the last page.
pub fn paged_cookie(value: &[u8]) -> Result<&[u8], BerError> {
    let mut outer = Reader::new(value);
    let mut inner = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    // The server's estimate of the whole, which need not fit any number, and is not believed.
    inner.expect(INTEGER)?;
    let cookie = inner.expect(OCTET_STRING)?;
    inner.end()?;
    Ok(cookie)
}

/// Whether there are more changes, and the cookie to go on from, in the value of a response's [`DIR_SYNC`].
pub fn dir_sync(value: &[u8]) -> Result<(bool, &[u8]), BerError> {
    let mut outer = Reader::new(value);
    let mut inner = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let more = inner.number(INTEGER)? != 0;
    // How much the server would have sent at most.
    inner.expect(INTEGER)?;
    let cookie = inner.expect(OCTET_STRING)?;
    inner.end()?;
    Ok((more, cookie))
}

fn put_paged(out: &mut Vec<u8>, size: i32, cookie: &[u8]) {
    put_critical(out, PAGED_RESULTS, |out| {
        put_with(out, SEQUENCE, |out| {
            put_number(out, INTEGER, size);
            put(out, OCTET_STRING, cookie);
        });
    });
}

/// Appends a request control: critical, so that a server that cannot do it refuses. Of one whose value is empty
/// none is sent.
fn put_critical(out: &mut Vec<u8>, oid: &str, value: impl FnOnce(&mut Vec<u8>)) {
    let mut content = Vec::new();
    value(&mut content);
    put_with(out, SEQUENCE, |out| {
        put(out, OCTET_STRING, oid.as_bytes());
        put(out, BOOLEAN, &[0xff]);
        if !content.is_empty() {
            put(out, OCTET_STRING, &content);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dirsync_answers() {
        assert_eq!(dir_sync(b"\x30\x0b\x02\x01\x01\x02\x01\x00\x04\x03abc"), Ok((true, &b"abc"[..])));
        assert_eq!(dir_sync(b"\x30\x08\x02\x01\x00\x02\x01\x00\x04\x00"), Ok((false, &b""[..])));
        assert!(dir_sync(b"\x30\x00").is_err());
        assert!(dir_sync(b"\x30\x0b\x02\x01\x01\x02\x01\x00\x04\x03abcd").is_err());
    }

    #[test]
    fn what_was_deleted_is_asked_for_with_and_without_pages() {
        let bytes = |control: Control<'_>| {
            let mut out = Vec::new();
            control.put(&mut out);
            out
        };
        let alone = bytes(Control::PageWithDeleted(0, b""));
        assert_eq!(alone, [&b"\x30\x1b\x04\x16"[..], SHOW_DELETED.as_bytes(), b"\x01\x01\xff"].concat());
        let both = bytes(Control::PageWithDeleted(5, b"c"));
        assert_eq!(both, [alone, bytes(Control::Page(5, b"c"))].concat());
    }
}
