//! Addresses of LDAP servers (RFC 4516, of which only scheme, host and port are used here).

use std::net::IpAddr;

/// How an address is reached, and whether by this machine alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LdapUrl {
    pub(super) scheme: Scheme,
    pub(super) loopback: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Ldap,
    Ldaps,
    Ldapi,
}

impl LdapUrl {
    /// Reads an address, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("it must begin with ldap://, ldaps:// or ldapi://")?;
        let scheme = match scheme {
            "ldap" => Scheme::Ldap,
            "ldaps" => Scheme::Ldaps,
            "ldapi" => Scheme::Ldapi,
            _ => return Err("it must begin with ldap://, ldaps:// or ldapi://"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("who signs in is said by `bind`, not by the URL");
        }
        if rest.contains(['/', '?', '#', ' ']) {
            return Err(match scheme {
                Scheme::Ldapi => "write each / of the socket's path as %2F",
                _ => "only a host and a port: bases and filters have their own keys",
            });
        }
        if scheme == Scheme::Ldapi {
            return if rest.is_empty() {
                Err("the socket's path is missing")
            } else {
                Ok(Self { scheme, loopback: true })
            };
        }
        let (host, port) = split(rest)?;
        if host.is_empty() {
            return Err("the host is missing");
        }
        if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
            return Err("the port must be a number from 1 to 65535");
        }
        let address: Option<IpAddr> = host.parse().ok();
        let loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        Ok(Self { scheme, loopback })
    }
}

fn split(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("the ] behind the address is missing")?;
        let v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let port = after.strip_prefix(':');
        return if v6 && (port.is_some() || after.is_empty()) { Ok((host, port)) } else { Err("it is not an address") };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => Err("put an IPv6 address in [ ]"),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, scheme, loopback) in [
            ("ldap://ldap.example.org", Scheme::Ldap, false),
            ("ldaps://ldap.example.org:636/", Scheme::Ldaps, false),
            ("ldap://127.0.0.1:1389", Scheme::Ldap, true),
            ("ldap://[::1]:389", Scheme::Ldap, true),
            ("ldap://[2001:db8::1]", Scheme::Ldap, false),
            ("ldapi://%2Frun%2Fslapd%2Fldapi", Scheme::Ldapi, true),
        ] {
            assert_eq!(LdapUrl::parse(text), Ok(LdapUrl { scheme, loopback }), "{text}");
        }
        for text in [
            "ldap.example.org",
            "http://x",
            "LDAP//x",
            "ldap://",
            "ldap://:389",
            "ldap://x:0",
            "ldap://x:65536",
            "ldap://x:",
            "ldap://x:ldap",
            "ldap://::1",
            "ldap://[::1",
            "ldap://[x]",
            "ldap://[::1]389",
            "ldap://u@x",
            "ldap://x/dc=example",
            "ldap://x?uid",
            "ldapi://",
            "ldapi:///run/slapd/ldapi",
        ] {
            assert!(LdapUrl::parse(text).is_err(), "{text}");
        }
    }
}
