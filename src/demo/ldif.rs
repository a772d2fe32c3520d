//! The company as LDIF (RFC 2849), as a directory would export it.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Where everything is.
pub(super) const BASE: &str = "dc=acme,dc=example";

/// A person, as the directory has them.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) login: String,
    pub(super) title: &'static str,
    pub(super) number: usize,
}

impl Person {
    pub(super) fn dn(&self) -> String {
        format!("uid={},ou=people,{BASE}", self.login)
    }
}

/// A group, as the directory has it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// What its id is made from: its first name.
    pub(super) key: &'static str,
    pub(super) cn: &'static str,
    pub(super) description: &'static str,
    /// Logins.
    pub(super) people: Vec<String>,
    /// Keys of groups.
    pub(super) groups: Vec<&'static str>,
}

impl Group {
    pub(super) fn dn(&self) -> String {
        format!("cn={},ou=groups,{BASE}", self.cn)
    }
}

/// The whole file.
pub(super) fn render(people: &[Person], groups: &[Group]) -> String {
    let mut out = String::from("version: 1\n\n");
    for person in people {
        line(&mut out, "dn", &person.dn());
        line(&mut out, "objectClass", "inetOrgPerson");
        line(&mut out, "entryUUID", &uuid("person", &person.login));
        line(&mut out, "uid", &person.login);
        line(&mut out, "cn", &format!("{} {}", person.given, person.family));
        line(&mut out, "givenName", person.given);
        line(&mut out, "sn", person.family);
        line(&mut out, "mail", &format!("{}@acme.example", person.login));
        line(&mut out, "title", person.title);
        line(&mut out, "employeeNumber", &person.number.to_string());
        out.push('\n');
    }
    for group in groups {
        line(&mut out, "dn", &group.dn());
        line(&mut out, "objectClass", "groupOfNames");
        line(&mut out, "entryUUID", &uuid("group", group.key));
        line(&mut out, "cn", group.cn);
        line(&mut out, "description", group.description);
        for person in people.iter().filter(|p| group.people.contains(&p.login)) {
            line(&mut out, "member", &person.dn());
        }
        for child in groups.iter().filter(|g| group.groups.contains(&g.key)) {
            line(&mut out, "member", &child.dn());
        }
        out.push('\n');
    }
    out
}

/// One attribute; a value that is not ASCII goes as base64.
fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = if value.is_ascii() {
        writeln!(out, "{name}: {value}")
    } else {
        writeln!(out, "{name}:: {}", base64(value.as_bytes()))
    };
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().fold(0u32, |block, byte| (block << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let at = (block >> (18 - 6 * digit)) & 63;
            out.push(if digit <= chunk.len() { DIGITS[at as usize] as char } else { '=' });
        }
    }
    out
}

/// An id that looks like any other and is the same each time: a version 8 UUID (RFC 9562) from a
/// digest of what it belongs to.
fn uuid(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("acme {kind} {name}"));
    let mut out = String::with_capacity(36);
    for (at, byte) in digest.iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let byte = match at {
            6 => 0x80 | (byte & 0x0f),
            8 => 0x80 | (byte & 0x3f),
            _ => *byte,
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn an_id_is_a_uuid() {
        let id = uuid("group", "sre");
        assert_eq!(id.len(), 36);
        assert_eq!(id.chars().nth(14), Some('8'));
        assert_ne!(id, uuid("person", "sre"));
    }
}
