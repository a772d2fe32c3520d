//! Filters that are put together, each of bytes that hold no more than one value.

use super::super::wire::ber::{OCTET_STRING, put, put_with};

pub(super) fn put_pair(out: &mut Vec<u8>, attribute: &str, value: &[u8]) {
    put(out, OCTET_STRING, attribute.as_bytes());
    put(out, OCTET_STRING, value);
}

/// That one value of the attribute equals `value`, whatever that holds.
#[must_use]
pub fn equal(attribute: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(attribute.len() + value.len() + 16);
    put_with(&mut out, 0xa3, |out| put_pair(out, attribute, value));
    out
}

/// That a value of the attribute is that number or a larger one.
#[must_use]
pub fn at_least(attribute: &str, number: u64) -> Vec<u8> {
    not_before(attribute, &number.to_string())
}

/// That a value of the attribute is that one or comes after it, as its rule of ordering has it (RFC 4511 §4.5.1.7.3).
#[must_use]
pub fn not_before(attribute: &str, value: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, 0xa5, |out| put_pair(out, attribute, value.as_bytes()));
    out
}

/// That all of these hold.
#[must_use]
pub fn all_of<'a>(filters: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    list(0xa0, filters)
}

/// That one of these holds.
#[must_use]
pub fn any_of<'a>(filters: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    list(0xa1, filters)
}

fn list<'a>(tag: u8, filters: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, tag, |out| filters.into_iter().for_each(|filter| out.extend_from_slice(filter)));
    out
}

/// That this does not hold.
#[must_use]
pub fn not(filter: &[u8]) -> Vec<u8> {
    list(0xa2, [filter])
}

/// That something is there at all.
#[must_use]
pub fn present(attribute: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 0x87, attribute.as_bytes());
    out
}
