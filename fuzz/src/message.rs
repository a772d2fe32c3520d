//! One message: what is read of it lies in it, costs no memory, and reads the same once written again.

use crate::measure::within;
use rosterd::providers::ldap::wire::ber::{
    BerError, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, SET, message_len, put, put_number, put_with,
};
use rosterd::providers::ldap::wire::{
    Entry, LdapResult, Message, PAGED_RESULTS, Response, SYNC_DONE, SYNC_STATE, decode,
};

const CONTROLS: [&str; 3] = [PAGED_RESULTS, SYNC_STATE, SYNC_DONE];

pub(crate) fn target(bytes: &[u8]) {
    let Ok(decoded) = within(0, || decode(bytes)) else {
        return;
    };
    assert_eq!(message_len(bytes, usize::MAX), Ok(Some(bytes.len())), "the frame is the message");
    assert!(decode(&bytes[..bytes.len() - 1]).is_err(), "cut short, and read all the same");
    assert_eq!(decode(&[bytes, &[0]].concat()).err(), Some(BerError::Trailing));

    let range = bytes.as_ptr_range();
    let mut total = 0;
    let walked = within(0, || {
        walk(&decoded, &mut |part| {
            total += part.len();
            let of_part = part.as_ptr_range();
            assert!(part.is_empty() || range.start <= of_part.start && of_part.end <= range.end, "not in the message");
        })
    });
    assert!(total <= bytes.len(), "{total} bytes out of {}", bytes.len());
    let elsewhere = bytes.to_vec();
    assert_eq!(walked, decode(&elsewhere).and_then(|again| walk(&again, &mut |_| {})), "another answer");
    if let Response::Entry(entry) = decoded.response {
        let kept = entry.keep();
        assert!(kept.size() <= bytes.len());
        assert_eq!(entries(&kept.entry()), entries(&entry), "kept, it is another");
    }
    if walked.is_ok() {
        let written = write(&decoded);
        let again = decode(&written).expect("what was read is written so that it can be read");
        assert_eq!(parts(&again), parts(&decoded), "written again, it is another");
        // The shortest form is its own.
        assert_eq!(write(&again), written);
    }
}

/// Goes through all that is decoded only when it is asked for.
fn walk<'a>(message: &Message<'a>, hear: &mut impl FnMut(&'a [u8])) -> Result<(), BerError> {
    let mut result = |result: LdapResult<'a>| [result.matched_dn, result.text].map(&mut *hear);
    match message.response {
        Response::Done(of) => drop(result(of)),
        Response::Bind(of, name) | Response::Extended(of, name) => {
            result(of);
            name.map(&mut *hear);
        }
        Response::Reference(url) => hear(url),
        Response::Intermediate(name, value) => {
            name.map(&mut *hear);
            value.map(&mut *hear);
        }
        Response::Entry(entry) => {
            hear(entry.dn);
            for attribute in entry.attributes() {
                let attribute = attribute?;
                hear(attribute.description);
                for value in attribute.values() {
                    hear(value?);
                }
            }
        }
    }
    for oid in CONTROLS {
        message.controls.find(oid)?.map(&mut *hear);
    }
    Ok(())
}

/// Everything that is in a message, in order.
fn parts<'a>(message: &Message<'a>) -> (i32, Option<i32>, Vec<&'a [u8]>) {
    let mut parts = Vec::new();
    let walked = walk(message, &mut |part| parts.push(part));
    assert_eq!(walked, Ok(()));
    let code = match message.response {
        Response::Bind(result, _) | Response::Done(result) | Response::Extended(result, _) => Some(result.code),
        _ => None,
    };
    (message.id, code, parts)
}

/// An attribute with its values.
type Listed = (Vec<u8>, Vec<Vec<u8>>);

/// An entry's name and attributes, up to the first error, and whether there was none.
fn entries(entry: &Entry<'_>) -> (Vec<u8>, Vec<Listed>, bool) {
    let mut whole = true;
    let mut all = Vec::new();
    for attribute in entry.attributes() {
        let Ok(attribute) = attribute else {
            whole = false;
            break;
        };
        let values: Result<Vec<_>, _> = attribute.values().map(|value| value.map(<[u8]>::to_vec)).collect();
        whole &= values.is_ok();
        all.push((attribute.description.to_vec(), values.unwrap_or_default()));
    }
    (entry.dn.to_vec(), all, whole)
}

/// The message in the shortest form, without what is not looked at.
fn write(message: &Message<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        put_number(out, INTEGER, message.id);
        match message.response {
            Response::Bind(result, token) => put_with(out, 0x61, |out| {
                put_result(out, &result);
                put_optional(out, 0x87, token);
            }),
            Response::Done(result) => put_with(out, 0x65, |out| put_result(out, &result)),
            Response::Extended(result, name) => put_with(out, 0x78, |out| {
                put_result(out, &result);
                put_optional(out, 0x8a, name);
            }),
            Response::Reference(url) => put_with(out, 0x73, |out| put(out, OCTET_STRING, url)),
            Response::Intermediate(name, value) => put_with(out, 0x79, |out| {
                put_optional(out, 0x80, name);
                put_optional(out, 0x81, value);
            }),
            Response::Entry(entry) => put_with(out, 0x64, |out| put_entry(out, &entry)),
        }
        put_with(out, 0xa0, |out| {
            for oid in CONTROLS {
                if let Ok(Some(value)) = message.controls.find(oid) {
                    put_with(out, SEQUENCE, |out| {
                        put(out, OCTET_STRING, oid.as_bytes());
                        put(out, OCTET_STRING, value);
                    });
                }
            }
        });
    });
    out
}

fn put_result(out: &mut Vec<u8>, result: &LdapResult<'_>) {
    put_number(out, ENUMERATED, result.code);
    put(out, OCTET_STRING, result.matched_dn);
    put(out, OCTET_STRING, result.text);
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry<'_>) {
    put(out, OCTET_STRING, entry.dn);
    put_with(out, SEQUENCE, |out| {
        for attribute in entry.attributes().flatten() {
            put_with(out, SEQUENCE, |out| {
                put(out, OCTET_STRING, attribute.description);
                put_with(out, SET, |out| attribute.values().flatten().for_each(|value| put(out, OCTET_STRING, value)));
            });
        }
    });
}

pub(crate) fn put_optional(out: &mut Vec<u8>, tag: u8, content: Option<&[u8]>) {
    if let Some(content) = content {
        put(out, tag, content);
    }
}
