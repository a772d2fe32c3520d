//! Attribute types under all their names: RFC 4514 §3, and the others that stand in real DNs.

use super::BadDn;
use std::borrow::Cow;

/// The longest name that [`is_short`] knows.
pub(super) const SHORT_MAX: usize = 4;

/// (every other name in lower case, the name in normal forms)
const NAMES: [(&str, &str); 44] = [
    ("2.5.4.3", "cn"),
    ("commonname", "cn"),
    ("2.5.4.4", "sn"),
    ("surname", "sn"),
    ("2.5.4.5", "serialnumber"),
    ("2.5.4.6", "c"),
    ("countryname", "c"),
    ("2.5.4.7", "l"),
    ("localityname", "l"),
    ("2.5.4.8", "st"),
    ("s", "st"),
    ("stateorprovincename", "st"),
    ("2.5.4.9", "street"),
    ("streetaddress", "street"),
    ("2.5.4.10", "o"),
    ("organizationname", "o"),
    ("2.5.4.11", "ou"),
    ("organizationalunitname", "ou"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.20", "telephonenumber"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "givenname"),
    ("gn", "givenname"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationqualifier"),
    ("2.5.4.45", "x500uniqueidentifier"),
    ("2.5.4.46", "dnqualifier"),
    ("2.5.4.65", "pseudonym"),
    ("0.9.2342.19200300.100.1.1", "uid"),
    ("userid", "uid"),
    ("0.9.2342.19200300.100.1.3", "mail"),
    ("rfc822mailbox", "mail"),
    ("0.9.2342.19200300.100.1.25", "dc"),
    ("domaincomponent", "dc"),
    ("0.9.2342.19200300.100.1.9", "host"),
    ("0.9.2342.19200300.100.1.43", "co"),
    ("friendlycountryname", "co"),
    ("1.2.840.113549.1.9.1", "mail"),
    ("e", "mail"),
    ("email", "mail"),
    ("emailaddress", "mail"),
    ("pkcs9email", "mail"),
    ("1.3.6.1.1.1.1.0", "uidnumber"),
];

/// Whether it is one of the usual types under the name that normal forms use.
#[inline]
pub(super) fn is_short(name: &[u8]) -> bool {
    // A bit makes a letter small, and makes no other byte one of these letters.
    match *name {
        [a] => matches!(a | 0x20, b'o' | b'c' | b'l'),
        [a, b] => matches!(&[a | 0x20, b | 0x20], b"cn" | b"ou" | b"dc" | b"st" | b"sn"),
        [a, b, c] => [a | 0x20, b | 0x20, c | 0x20] == *b"uid",
        [a, b, c, d] => [a | 0x20, b | 0x20, c | 0x20, d | 0x20] == *b"mail",
        _ => false,
    }
}

/// The name in normal forms of a type under any of its names.
pub(super) fn canonical(name: &str) -> Result<Cow<'static, str>, BadDn> {
    let mut lower = name.to_ascii_lowercase();
    if let Some(oid) = lower.strip_prefix("oid.") {
        lower = oid.to_owned();
    }
    if !is_descriptor(&lower) && !is_oid(&lower) {
        return Err(BadDn);
    }
    Ok(match NAMES.iter().find(|(other, _)| *other == lower) {
        Some((_, canonical)) => Cow::Borrowed(*canonical),
        None => Cow::Owned(lower),
    })
}

/// `keystring` of RFC 4512 §1.4.
fn is_descriptor(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `numericoid` of RFC 4512 §1.4, leading zeros let pass.
fn is_oid(name: &str) -> bool {
    name.contains('.') && name.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
}
