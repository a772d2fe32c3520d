//! A server's address: `ldap://host:port`, `ldaps://host:port`, `ldapi://%2Fpath`.

use super::failure::Failure;
use std::path::PathBuf;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// As the operator wrote it; what messages say.
    pub(super) url: String,
    pub(super) place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Tcp {
        /// Without brackets.
        host: String,
        port: u16,
        /// TLS from the first byte.
        tls: bool,
    },
    Unix(PathBuf),
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let bad = |what: &str| {
            Failure::configuration(format!(
                "ldap.urls: {url:?}: {what} (ldap://host:port, ldaps://host:port or ldapi://%2Fpath%2Fto%2Fsocket)"
            ))
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("not a URL"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let place = match scheme.to_ascii_lowercase().as_str() {
            "ldapi" => {
                let path = unescape(rest).filter(|path| path.starts_with('/'));
                Place::Unix(PathBuf::from(path.ok_or_else(|| bad("not a path"))?))
            }
            scheme @ ("ldap" | "ldaps") => {
                let tls = scheme == "ldaps";
                if rest.contains(['/', '?', '@', '#']) {
                    return Err(bad("only a host and a port belong here"));
                }
                let (host, port) = split_port(rest).ok_or_else(|| bad("the port is no number"))?;
                if host.is_empty() {
                    return Err(bad("the host is missing"));
                }
                Place::Tcp { host: host.to_owned(), port: port.unwrap_or(if tls { 636 } else { 389 }), tls }
            }
            _ => return Err(bad("unknown scheme")),
        };
        Ok(Self { url: url.to_owned(), place })
    }
}

impl Server {
    /// The host's name; of a socket, this machine's usual one.
    #[cfg_attr(not(feature = "gssapi"), expect(dead_code, reason = "only Kerberos asks"))]
    pub(super) fn host(&self) -> &str {
        match &self.place {
            Place::Tcp { host, .. } => host,
            Place::Unix(_) => "localhost",
        }
    }
}

fn split_port(rest: &str) -> Option<(&str, Option<u16>)> {
    if let Some(v6) = rest.strip_prefix('[') {
        let (host, after) = v6.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match rest.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((rest, None)),
    }
}

/// Text of a URL without its `%2F`s (RFC 3986 §2.1).
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(part.get(2..)?.bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let tcp = |host: &str, port, tls| Some(Place::Tcp { host: host.to_owned(), port, tls });
        for (url, place) in [
            ("ldap://dc1", tcp("dc1", 389, false)),
            ("LDAPS://dc1/", tcp("dc1", 636, true)),
            ("ldap://127.0.0.1:3890", tcp("127.0.0.1", 3890, false)),
            ("ldaps://[::1]:6360", tcp("::1", 6360, true)),
            ("ldap://[::1]", tcp("::1", 389, false)),
            ("ldapi://%2Frun%2Fslapd%2fldapi", Some(Place::Unix("/run/slapd/ldapi".into()))),
            ("dc1", None),
            ("http://dc1", None),
            ("ldap://", None),
            ("ldap://dc1:x", None),
            ("ldap://dc1/dc=x", None),
            ("ldap://user@dc1", None),
            ("ldap://::1", None),
            ("ldapi://", None),
            ("ldapi://%2", None),
        ] {
            assert_eq!(Server::parse(url).ok().map(|server| server.place), place, "{url}");
        }
    }
}
