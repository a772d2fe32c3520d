//! What rosterd sends: whatever is in it, it is one message, and reads as what was meant.

use rosterd::providers::ldap::filter::{all_of, any_of, equal, present};
use rosterd::providers::ldap::wire::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTET_STRING, Reader, SEQUENCE, message_len};
use rosterd::providers::ldap::wire::{
    Control, PAGED_RESULTS, Request, SYNC_REQUEST, Search, Simple, SyncRequest, encode,
};

/// Between two fields of the input.
const BETWEEN: &[u8] = b"\xff";

pub(crate) fn target(bytes: &[u8]) {
    let [kind, a, b, c, d, rest @ ..] = bytes else { return };
    let number = i32::from_be_bytes([*a, *b, *c, *d]);
    let mut fields = split(rest, BETWEEN).into_iter();
    let mut field = || fields.next().unwrap_or_default();
    let id = number.checked_abs().unwrap_or(1);
    match kind % 4 {
        0 => {
            let (dn, password) = (String::from_utf8_lossy(field()), String::from_utf8_lossy(field()));
            let sent = encode(id, Request::Simple(Simple { dn: &dn, password: &password }));
            let mut operation = operation(&sent, id, 0x60).0;
            assert_eq!(operation.number(INTEGER), Ok(3));
            assert_eq!(operation.expect(OCTET_STRING), Ok(dn.as_bytes()));
            assert_eq!(operation.expect(0x80), Ok(password.as_bytes()));
            assert_eq!(operation.end(), Ok(()));
        }
        1 => {
            operation(&encode(id, Request::External), id, 0x60);
            operation(&encode(id, Request::Gssapi(rest)), id, 0x60);
            operation(&encode(id, Request::StartTls), id, 0x77);
            operation(&encode(id, Request::Unbind), id, 0x42);
        }
        paged_or_not => search(paged_or_not == 2, id, number, &mut field),
    }
}

fn search<'a>(paged: bool, id: i32, number: i32, field: &mut impl FnMut() -> &'a [u8]) {
    let (base, name, value, cookie) = (String::from_utf8_lossy(field()), field(), field(), field());
    let name = String::from_utf8_lossy(name);
    let (one, any) = (equal(&name, value), present(&name));
    let filter = all_of([&any[..], &any_of([&one[..], &any])]);
    let attributes = [name.clone().into_owned(), base.clone().into_owned()];
    let control = match paged {
        true => Control::Page(number, cookie),
        false => {
            let cookie = (!cookie.is_empty()).then_some(cookie);
            Control::Sync(SyncRequest { persist: number < 0, cookie })
        }
    };
    let asked =
        Search { base: &base, scope: number & 3, filter: &filter, attributes: &attributes, control: Some(control) };
    let sent = encode(id, Request::Search(asked));
    let (mut operation, mut message) = operation(&sent, id, 0x63);
    assert_eq!(operation.expect(OCTET_STRING), Ok(base.as_bytes()));
    assert_eq!(operation.number(ENUMERATED), Ok(number & 3));
    assert_eq!(operation.number(ENUMERATED), Ok(0), "aliases are not followed");
    assert_eq!((operation.number(INTEGER), operation.number(INTEGER)), (Ok(0), Ok(0)));
    assert_eq!(operation.expect(BOOLEAN), Ok(&[0][..]));

    let mut all = Reader::new(operation.expect(0xa0).expect("all of"));
    assert_eq!(all.expect(0x87), Ok(name.as_bytes()));
    let mut either = Reader::new(all.expect(0xa1).expect("any of"));
    let mut pair = Reader::new(either.expect(0xa3).expect("a comparison"));
    assert_eq!((pair.expect(OCTET_STRING), pair.expect(OCTET_STRING)), (Ok(name.as_bytes()), Ok(value)));
    assert_eq!(either.expect(0x87), Ok(name.as_bytes()));
    assert!(pair.is_empty() && either.is_empty() && all.is_empty());

    let mut names = Reader::new(operation.expect(SEQUENCE).expect("attributes"));
    for attribute in &attributes {
        assert_eq!(names.expect(OCTET_STRING), Ok(attribute.as_bytes()));
    }
    assert!(names.is_empty() && operation.is_empty());

    let mut controls = Reader::new(message.expect(0xa0).expect("controls"));
    let mut control = Reader::new(controls.expect(SEQUENCE).expect("a control"));
    let oid = if paged { PAGED_RESULTS } else { SYNC_REQUEST };
    assert_eq!(control.expect(OCTET_STRING), Ok(oid.as_bytes()));
    assert_eq!(control.expect(BOOLEAN), Ok(&[0xff][..]), "whoever does not know it must refuse");
    let mut outer = Reader::new(control.expect(OCTET_STRING).expect("a value"));
    let mut inner = Reader::new(outer.expect(SEQUENCE).expect("a sequence"));
    match paged {
        true => {
            assert_eq!((inner.number(INTEGER), inner.expect(OCTET_STRING)), (Ok(number), Ok(cookie)));
        }
        false => {
            assert_eq!(inner.number(ENUMERATED), Ok(if number < 0 { 3 } else { 1 }));
            assert_eq!(inner.optional(OCTET_STRING), Ok((!cookie.is_empty()).then_some(cookie)));
        }
    }
    assert!(inner.is_empty() && outer.is_empty() && control.is_empty() && controls.is_empty() && message.is_empty());
}

/// The operation of the one message that `sent` is, and what stands behind it.
fn operation(sent: &[u8], id: i32, tag: u8) -> (Reader<'_>, Reader<'_>) {
    assert_eq!(message_len(sent, usize::MAX), Ok(Some(sent.len())));
    let mut message = Reader::new(Reader::new(sent).expect(SEQUENCE).expect("a message"));
    assert_eq!(message.number(INTEGER), Ok(id));
    let operation = message.expect(tag).expect("the operation");
    (Reader::new(operation), message)
}

/// The parts of `bytes` between each two separators.
pub(crate) fn split<'a>(mut bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(separator.len()).position(|window| window == separator) {
        parts.push(&bytes[..at]);
        bytes = &bytes[at + separator.len()..];
    }
    parts.push(bytes);
    parts
}
