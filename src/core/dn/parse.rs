//! The long way: escapes, hexadecimal values, other alphabets, names of several parts.

use super::{BadDn, types};
use unicode_normalization::UnicodeNormalization;

/// See [`super::normalize_into`].
pub(super) fn normalize_into(dn: &str, out: &mut String) -> Result<(), BadDn> {
    if dn.is_empty() {
        return Ok(());
    }
    let mut rest = dn;
    let mut parts: Vec<String> = Vec::new();
    let mut first = true;
    loop {
        let (part, separator, after) = assertion(rest)?;
        parts.push(format!("{}={}", types::canonical(part.kind)?, part.normal()?));
        rest = after;
        if separator == Some('+') {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        // The parts of one RDN are a set.
        parts.sort_unstable();
        parts.dedup();
        for (at, part) in parts.drain(..).enumerate() {
            if at > 0 {
                out.push('+');
            }
            out.push_str(&part);
        }
        if separator.is_none() {
            return Ok(());
        }
    }
}

/// The first value of the first RDN, unescaped: `Doe, John` of `cn=Doe\, John,dc=x`. `None` when
/// there is none, or it is a `#` value.
#[must_use]
pub fn first_rdn_value(dn: &str) -> Option<String> {
    match assertion(dn).ok()?.0.value {
        Value::Text(text) => Some(text),
        Value::Ber(_) => None,
    }
}

/// `type=value`.
struct Assertion<'a> {
    kind: &'a str,
    value: Value,
}

enum Value {
    /// Unescaped, without the blanks around it.
    Text(String),
    /// What followed a `#`.
    Ber(Vec<u8>),
}

/// Reads one `type=value`; gives it, the separator behind it and what follows that.
fn assertion(text: &str) -> Result<(Assertion<'_>, Option<char>, &str), BadDn> {
    let (kind, rest) = text.split_once('=').ok_or(BadDn)?;
    let kind = kind.trim_matches(' ');
    let rest = rest.trim_start_matches(' ');
    if let Some(hex) = rest.strip_prefix('#') {
        let end = hex.find([',', '+']).unwrap_or(hex.len());
        let (hex, after) = hex.split_at(end);
        let bytes = unhex(hex.trim_end_matches(' ').as_bytes())?;
        let (separator, after) = separated(after);
        return Ok((Assertion { kind, value: Value::Ber(bytes) }, separator, after));
    }
    let (value, after) = unescape(rest)?;
    let (separator, after) = separated(after);
    Ok((Assertion { kind, value: Value::Text(value) }, separator, after))
}

fn separated(text: &str) -> (Option<char>, &str) {
    let mut chars = text.chars();
    (chars.next(), chars.as_str())
}

/// Reads a value up to its separator. Blanks that are not escaped do not count at its end.
fn unescape(text: &str) -> Result<(String, &str), BadDn> {
    let bytes = text.as_bytes();
    let mut value = Vec::with_capacity(bytes.len());
    let mut kept = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b',' | b'+' => break,
            b'"' | b';' | b'<' | b'>' | 0 => return Err(BadDn),
            b'\\' => {
                let next = *bytes.get(at + 1).ok_or(BadDn)?;
                if next.is_ascii_hexdigit() {
                    value.extend(unhex(bytes.get(at + 1..at + 3).ok_or(BadDn)?)?);
                    at += 3;
                } else if b" \"#+,;<=>\\".contains(&next) {
                    value.push(next);
                    at += 2;
                } else {
                    return Err(BadDn);
                }
                kept = value.len();
                continue;
            }
            byte => value.push(*byte),
        }
        if *byte != b' ' {
            kept = value.len();
        }
        at += 1;
    }
    value.truncate(kept);
    let value = String::from_utf8(value).map_err(|_| BadDn)?;
    Ok((value, text.get(at..).ok_or(BadDn)?))
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, BadDn> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8).ok_or(BadDn);
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return Err(BadDn);
    }
    digits.chunks_exact(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

impl Assertion<'_> {
    /// The value as normal forms write it: letters that separate are escaped with `\`, and so is a
    /// `#` at the start, so that no text is taken for a `#` value.
    fn normal(&self) -> Result<String, BadDn> {
        match &self.value {
            Value::Text(text) => Ok(fold(text)),
            Value::Ber(bytes) => match ber_text(bytes)? {
                Some(text) => Ok(fold(text)),
                None => {
                    let mut out = "#".to_owned();
                    bytes.iter().for_each(|byte| out.push_str(&format!("{byte:02x}")));
                    Ok(out)
                }
            },
        }
    }
}

/// The text in a BER value that is one of the usual string types. It must be one whole value
/// with a length of at most two bytes.
fn ber_text(bytes: &[u8]) -> Result<Option<&str>, BadDn> {
    let (tag, rest) = bytes.split_first().ok_or(BadDn)?;
    let (len, content) = match rest {
        [len, content @ ..] if *len < 0x80 => (usize::from(*len), content),
        [0x81, len, content @ ..] => (usize::from(*len), content),
        [0x82, high, low, content @ ..] => (usize::from(*high) << 8 | usize::from(*low), content),
        _ => return Err(BadDn),
    };
    if len != content.len() {
        return Err(BadDn);
    }
    // OCTET STRING, UTF8String, NumericString, PrintableString, IA5String, VisibleString.
    Ok(match tag {
        0x04 | 0x0c | 0x12 | 0x13 | 0x16 | 0x1a => std::str::from_utf8(content).ok(),
        _ => None,
    })
}

/// RFC 4518: normalization form KC, no case, one blank where several are, none at the ends.
fn fold(text: &str) -> String {
    let folded: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        // KC again: a small letter may compose where its capital did not.
        text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
    };
    let mut out = String::with_capacity(folded.len() + 2);
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            if matches!(c, ',' | '+' | '\\' | '"' | ';' | '<' | '>') || c == '#' && out.is_empty() {
                out.push('\\');
            }
            if c == '\0' {
                out.push_str("\\00");
            } else {
                out.push(c);
            }
        }
    }
    out
}
