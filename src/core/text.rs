//! Many short texts in one allocation.
//!
//! A hundred thousand people have half a million names, logins and addresses. Each as a `String`
//! would cost a heap block; here each costs four bytes beside its letters, and four more wherever it is named.

use std::fmt;

/// A text's number in its [`Arena`], from 1 on; 0 is the empty text. Meaningless with any other arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Text(u32);

impl Text {
    /// The empty text, valid in every arena.
    pub const EMPTY: Self = Self(0);

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The texts themselves. Grows only; at most 4 GiB.
#[derive(Default, Clone)]
pub struct Arena {
    bytes: String,
    /// Where each ends, and with it where the next begins.
    ends: Vec<u32>,
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} bytes)", self.bytes.len())
    }
}

impl Arena {
    /// Keeps a copy of `text`. A text that would not fit below 4 GiB is kept as empty: whoever
    /// reads that much has bounded it before ([`crate::snapshot::SnapshotBuilder`] does).
    pub fn push(&mut self, text: &str) -> Text {
        let (end, number) = (u32::try_from(self.bytes.len() + text.len()), u32::try_from(self.ends.len() + 1));
        let (Ok(end), Ok(number), false) = (end, number, text.is_empty()) else { return Text::EMPTY };
        self.bytes.push_str(text);
        self.ends.push(end);
        Text(number)
    }

    /// The letters of a text of this arena.
    #[must_use]
    pub fn get(&self, text: Text) -> &str {
        let Some(at) = (text.0 as usize).checked_sub(1) else { return "" };
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let (Some(start), Some(end)) = (start, self.ends.get(at)) else { return "" };
        self.bytes.get(start as usize..*end as usize).unwrap_or("")
    }

    /// How many bytes of text are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Appends a number in decimal.
pub fn push_int(out: &mut String, n: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push('-');
    }
    out.extend(digits.iter().skip(at).map(|digit| char::from(*digit)));
}

/// Text that can stand in HTML and XML, between tags and in an attribute. What no XML 1.0 document may hold (its section
/// 2.2), not even escaped, is replaced, and so is what a terminal obeys.
#[must_use]
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // An attribute would lose them otherwise (section 3.3.3).
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// The bytes as hexadecimal digits, two a byte, in lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of hexadecimal digits, in either case; `None` for anything else.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal() {
        let mut out = String::new();
        for n in [0, 7, 10, -1, 4_294_967_295, i64::MAX, i64::MIN] {
            out.clear();
            push_int(&mut out, n);
            assert_eq!(out, n.to_string());
        }
    }

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(hex(&[0, 9, 0x0a, 0x5f, 0xff]), "00090a5fff");
    }

    #[test]
    fn gives_back_what_was_put_in() {
        let mut arena = Arena::default();
        let (a, none, b) = (arena.push("ana"), arena.push(""), arena.push("Zoë"));
        assert_eq!((arena.get(a), arena.get(b), arena.get(Text::EMPTY)), ("ana", "Zoë", ""));
        assert_eq!((none, arena.get(Text(3))), (Text::EMPTY, ""));
    }

    #[test]
    fn nothing_that_is_said_ends_a_tag_or_breaks_a_document() {
        assert_eq!(
            markup("a<b> & \"c\" 'd'\n\u{1}\u{1b}[31m\u{7f}"),
            "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;&#10;\u{fffd}\u{fffd}[31m\u{fffd}"
        );
        assert_eq!(markup("é 語 \u{ffff}"), "é 語 \u{fffd}");
    }
}
