//! A filter's text: what is compiled has the form of RFC 4511 §4.5.1.7, and its own text compiles to it.

use crate::measure::within;
use rosterd::providers::ldap::filter::{compile, escape_value};
use rosterd::providers::ldap::wire::ber::{OCTET_STRING, Reader, SEQUENCE};
use std::fmt::Write as _;

pub(crate) fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Each level holds what is inside it while that is written.
    match within(4096 + 256 * text.len(), || compile(text)) {
        Ok(compiled) => {
            assert!(compiled.len() <= 16 + 4 * text.len(), "{} bytes of {text:?}", compiled.len());
            let mut reader = Reader::new(&compiled);
            let mut again = String::new();
            write(&mut reader, &mut again, 1);
            assert!(reader.is_empty(), "two filters of {text:?}");
            assert_eq!(compile(&again).as_ref(), Ok(&compiled), "{text:?} and {again:?}");
        }
        Err(error) => {
            let said = error.to_string();
            let at: usize = said.rsplit(' ').next().and_then(|at| at.parse().ok()).expect("it says where");
            assert!((1..=text.chars().count() + 1).contains(&at), "{said}");
        }
    }
    // Whatever it is, as a value it stays one.
    let compiled = compile(&format!("(cn={})", escape_value(text))).expect("a value that is escaped");
    let mut equal = Reader::new(&compiled);
    let mut pair = Reader::new(equal.expect(0xa3).expect("a comparison"));
    assert_eq!((pair.expect(OCTET_STRING), pair.expect(OCTET_STRING)), (Ok(&b"cn"[..]), Ok(bytes)));
}

/// Appends the text of the next filter, with every byte of a value escaped.
fn write(reader: &mut Reader<'_>, out: &mut String, depth: usize) {
    assert!(depth <= 50, "nested deeper than it may be");
    let (tag, content) = reader.element().expect("an element");
    let mut inner = Reader::new(content);
    out.push('(');
    match tag {
        0xa0..=0xa2 => {
            out.push(['&', '|', '!'][usize::from(tag - 0xa0)]);
            let mut count = 0;
            while !inner.is_empty() {
                write(&mut inner, out, depth + 1);
                count += 1;
            }
            assert!(tag != 0xa2 || count == 1, "not of one");
        }
        0xa3 | 0xa5 | 0xa6 | 0xa8 => {
            out.push_str(text(inner.expect(OCTET_STRING).expect("a name")));
            out.push_str(match tag {
                0xa3 => "=",
                0xa5 => ">=",
                0xa6 => "<=",
                _ => "~=",
            });
            value(inner.expect(OCTET_STRING).expect("a value"), out);
        }
        0xa4 => {
            out.push_str(text(inner.expect(OCTET_STRING).expect("a name")));
            out.push('=');
            let mut parts = Reader::new(inner.expect(SEQUENCE).expect("parts"));
            let mut last = 0x7f;
            assert!(!parts.is_empty(), "nothing to look for");
            while !parts.is_empty() {
                let (kind, part) = parts.element().expect("a part");
                assert!((0x80..=0x82).contains(&kind) && !part.is_empty(), "{kind:#x}");
                assert!(kind > last || kind == 0x81 && last == 0x81, "{kind:#x} behind {last:#x}");
                if kind != 0x80 {
                    out.push('*');
                }
                value(part, out);
                last = kind;
            }
            if last != 0x82 {
                out.push('*');
            }
        }
        0x87 => {
            out.push_str(text(content));
            out.push_str("=*");
            inner = Reader::new(&[]);
        }
        0xa9 => {
            let rule = inner.optional(0x81).expect("a rule");
            let name = inner.optional(0x82).expect("a name");
            let of = inner.expect(0x83).expect("a value");
            let dn = inner.optional(0x84).expect("a flag");
            assert!(rule.is_some() || name.is_some());
            out.push_str(text(name.unwrap_or_default()));
            out.push_str(if dn.is_some() { ":dn" } else { "" });
            if let Some(rule) = rule {
                out.push(':');
                out.push_str(text(rule));
            }
            out.push_str(":=");
            value(of, out);
        }
        other => unreachable!("a filter of type {other:#x}"),
    }
    assert!(inner.is_empty(), "more in a filter than belongs there");
    out.push(')');
}

fn text(bytes: &[u8]) -> &str {
    let text = std::str::from_utf8(bytes).expect("a name of letters");
    assert!(!text.is_empty() || bytes.is_empty());
    text
}

fn value(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        write!(out, "\\{byte:02x}").expect("text can be appended to");
    }
}
