//! Search filters: the text of RFC 4515 into the bytes of RFC 4511 §4.5.1.7.
//!
//! Never builds a filter from a value by pasting: a value goes into the bytes as it is
//! ([`equal`]), where nothing in it can mean anything, or into text by [`escape_value`].

mod build;

use super::wire::ber::{OCTET_STRING, SEQUENCE, put, put_with};
use build::put_pair;
pub use build::{all_of, any_of, at_least, equal, not, not_before, present};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// So deep may `&`, `|` and `!` nest. Servers refuse far less.
const DEPTH: usize = 50;

/// Why a filter is none, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter {filter:?}: {what} at character {at}")]
pub struct FilterError {
    filter: String,
    /// From 1.
    at: usize,
    what: &'static str,
}

/// The bytes of `filter`, to be sent as they are.
///
/// # Errors
/// [`FilterError`] when the text does not follow RFC 4515. The outer parentheses are required.
pub fn compile(filter: &str) -> Result<Vec<u8>, FilterError> {
    Parser { text: filter, at: 0, depth: 0, attributes: BTreeSet::new() }.bytes()
}

/// The attributes that a filter asks about, without their options, each once.
///
/// # Errors
/// As of [`compile`].
pub fn attributes(filter: &str) -> Result<BTreeSet<&str>, FilterError> {
    let mut parser = Parser { text: filter, at: 0, depth: 0, attributes: BTreeSet::new() };
    parser.bytes()?;
    Ok(parser.attributes)
}

/// `value` as it is written in a filter (RFC 4515 §3), whatever it holds.
#[must_use]
pub fn escape_value(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '*' | '(' | ')' | '\\' | '\0' => {
                let _ = write!(out, "\\{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    attributes: BTreeSet<&'a str>,
}

type Parsed<T = ()> = Result<T, &'static str>;

impl<'a> Parser<'a> {
    /// All of it.
    fn bytes(&mut self) -> Result<Vec<u8>, FilterError> {
        let mut out = Vec::with_capacity(self.text.len() + 16);
        self.whole(&mut out).map_err(|what| FilterError {
            filter: self.text.to_owned(),
            at: self.text.get(..self.at).map_or(0, |before| before.chars().count()) + 1,
            what,
        })?;
        Ok(out)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn whole(&mut self, out: &mut Vec<u8>) -> Parsed {
        self.filter(out)?;
        if self.rest().is_empty() { Ok(()) } else { Err("the filter has ended, but text goes on") }
    }

    fn filter(&mut self, out: &mut Vec<u8>) -> Parsed {
        if !self.eat("(") {
            return Err("an opening parenthesis belongs");
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("more than 50 levels");
        }
        if self.eat("&") {
            self.list(out, 0xa0)?;
        } else if self.eat("|") {
            self.list(out, 0xa1)?;
        } else if self.eat("!") {
            let mut inner = Vec::new();
            self.filter(&mut inner)?;
            put(out, 0xa2, &inner);
        } else {
            self.item(out)?;
        }
        if !self.eat(")") {
            return Err("a closing parenthesis belongs");
        }
        self.depth -= 1;
        Ok(())
    }

    /// Zero filters too: `(&)` is true and `(|)` false (RFC 4526).
    fn list(&mut self, out: &mut Vec<u8>, tag: u8) -> Parsed {
        let mut inner = Vec::new();
        while self.rest().starts_with('(') {
            self.filter(&mut inner)?;
        }
        put(out, tag, &inner);
        Ok(())
    }

    fn item(&mut self, out: &mut Vec<u8>) -> Parsed {
        let attribute = self.attribute();
        if let Some(name) = attribute.split(';').next().filter(|name| !name.is_empty()) {
            self.attributes.insert(name);
        }
        if attribute.is_empty() {
            return match self.rest().starts_with(':') {
                true => self.extensible(out, attribute),
                false => Err("an attribute belongs"),
            };
        }
        for (sign, tag) in [(">=", 0xa5), ("<=", 0xa6), ("~=", 0xa8)] {
            if self.eat(sign) {
                let value = self.value()?;
                put_with(out, tag, |out| put_pair(out, attribute, &value));
                return Ok(());
            }
        }
        if self.rest().starts_with(':') {
            return self.extensible(out, attribute);
        }
        if !self.eat("=") {
            return Err("one of =, >=, <=, ~=, := belongs");
        }
        self.equality(out, attribute)
    }

    fn equality(&mut self, out: &mut Vec<u8>, attribute: &str) -> Parsed {
        let mut parts = vec![self.value()?];
        while self.eat("*") {
            parts.push(self.value()?);
        }
        if let [value] = parts.as_slice() {
            put_with(out, 0xa3, |out| put_pair(out, attribute, value));
            return Ok(());
        }
        if parts.iter().all(Vec::is_empty) && parts.len() == 2 {
            put(out, 0x87, attribute.as_bytes());
            return Ok(());
        }
        let last = parts.len() - 1;
        if parts.iter().take(last).skip(1).any(Vec::is_empty) {
            return Err("two asterisks side by side");
        }
        put_with(out, 0xa4, |out| {
            put(out, OCTET_STRING, attribute.as_bytes());
            put_with(out, SEQUENCE, |out| {
                for (at, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
                    let tag = match at {
                        0 => 0x80,
                        at if at == last => 0x82,
                        _ => 0x81,
                    };
                    put(out, tag, part);
                }
            });
        });
        Ok(())
    }

    /// `attribute[:dn][:rule]:=value`, of which Active Directory's bit and in-chain rules are made.
    fn extensible(&mut self, out: &mut Vec<u8>, attribute: &str) -> Parsed {
        let dn = self.rest().get(..4).is_some_and(|next| next.eq_ignore_ascii_case(":dn:"));
        if dn {
            self.at += 3;
        }
        let mut rule = "";
        if !self.rest().starts_with(":=") {
            if !self.eat(":") {
                return Err(":= belongs");
            }
            rule = self.attribute();
            if rule.is_empty() {
                return Err("a matching rule belongs");
            }
        }
        if !self.eat(":=") {
            return Err(":= belongs");
        }
        if attribute.is_empty() && rule.is_empty() {
            return Err("an attribute or a matching rule belongs before :=");
        }
        let value = self.value()?;
        put_with(out, 0xa9, |out| {
            if !rule.is_empty() {
                put(out, 0x81, rule.as_bytes());
            }
            if !attribute.is_empty() {
                put(out, 0x82, attribute.as_bytes());
            }
            put(out, 0x83, &value);
            if dn {
                put(out, 0x84, &[0xff]);
            }
        });
        Ok(())
    }

    /// A name or OID, with options.
    fn attribute(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_')))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Up to an asterisk or the closing parenthesis.
    fn value(&mut self) -> Parsed<Vec<u8>> {
        let mut value = Vec::new();
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return Err("a closing parenthesis belongs") };
            match c {
                '*' | ')' => return Ok(value),
                '(' => return Err("a parenthesis in a value, which is written \\28,"),
                '\0' => return Err("a NUL in a value, which is written \\00,"),
                '\\' => {
                    let byte = rest.get(1..3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
                    let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                    value.push(byte.ok_or("two hexadecimal digits belong behind the backslash")?);
                    self.at += 3;
                }
                c => {
                    value.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                    self.at += c.len_utf8();
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_of_rfc_4515() {
        for (text, bytes) in [
            ("(cn=a)", &b"\xa3\x07\x04\x02cn\x04\x01a"[..]),
            ("(cn=)", b"\xa3\x06\x04\x02cn\x04\x00"),
            ("(cn=*)", b"\x87\x02cn"),
            ("(cn=a*b*c)", b"\xa4\x0f\x04\x02cn\x30\x09\x80\x01a\x81\x01b\x82\x01c"),
            ("(cn=*b*)", b"\xa4\x09\x04\x02cn\x30\x03\x81\x01b"),
            ("(cn=a*)", b"\xa4\x09\x04\x02cn\x30\x03\x80\x01a"),
            ("(cn>=a)", b"\xa5\x07\x04\x02cn\x04\x01a"),
            ("(cn<=a)", b"\xa6\x07\x04\x02cn\x04\x01a"),
            ("(cn~=a)", b"\xa8\x07\x04\x02cn\x04\x01a"),
            (r"(cn=\2a\28\5c\ff)", b"\xa3\x0a\x04\x02cn\x04\x04*(\\\xff"),
            ("(&)", b"\xa0\x00"),
            ("(!(cn=*))", b"\xa2\x04\x87\x02cn"),
            ("(|(cn=*)(sn=*))", b"\xa1\x08\x87\x02cn\x87\x02sn"),
            ("(a:1.2:=b)", b"\xa9\x0b\x81\x031.2\x82\x01a\x83\x01b"),
            ("(a:dn:=b)", b"\xa9\x09\x82\x01a\x83\x01b\x84\x01\xff"),
            ("(a:dn:1.2:=b)", b"\xa9\x0e\x81\x031.2\x82\x01a\x83\x01b\x84\x01\xff"),
            ("(:1.2:=b)", b"\xa9\x08\x81\x031.2\x83\x01b"),
        ] {
            assert_eq!(compile(text).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn what_it_asks_about() {
        let of = |filter: &'static str| attributes(filter).unwrap().into_iter().collect::<Vec<_>>();
        let disabled =
            "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2))(|(mail=*)(cn;lang-de>=a)))";
        assert_eq!(of(disabled), ["cn", "mail", "objectClass", "userAccountControl"]);
        assert_eq!(of("(&)"), [""; 0]);
        assert!(attributes("(cn").is_err());
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (text, at, what) in [
            ("cn=a", 1, "opening"),
            ("", 1, "opening"),
            ("(cn=a", 6, "closing"),
            ("(cn=a))", 7, "goes on"),
            ("(é=a)", 2, "an attribute"),
            ("(cn=é(a)", 6, "parenthesis in a value"),
            ("(cn=a\\2)", 6, "two hexadecimal digits"),
            ("(cn=a**b)", 9, "side by side"),
            ("(cn)", 4, "one of ="),
            ("(cn:=)x", 7, "goes on"),
            ("(:=a)", 4, "an attribute or a matching rule"),
            ("(!)", 3, "opening"),
        ] {
            let error = compile(text).unwrap_err();
            assert!(error.what.contains(what), "{text}: {error}");
            assert_eq!(error.at, at, "{text}: {error}");
        }
        let deep = format!("{}(a=b){}", "(!".repeat(60), ")".repeat(60));
        assert!(compile(&deep).unwrap_err().what.contains("50 levels"));
        assert!(compile(&"(!".repeat(1_000_000)).is_err());
    }

    proptest! {
        // L01, L02: whatever the value, the filter stays one comparison with exactly that value.
        #[test]
        fn l01_an_escaped_value_is_one_value(value in any::<String>()) {
            let filter = format!("(cn={})", escape_value(&value));
            let mut expected = Vec::new();
            put_with(&mut expected, 0xa3, |out| put_pair(out, "cn", value.as_bytes()));
            prop_assert_eq!(compile(&filter).unwrap(), expected);
        }

        // L01, L02: made without text, it is what text with that value escaped would be.
        #[test]
        fn l01_a_value_is_never_read_as_a_filter(value in any::<String>()) {
            let equal = equal("cn", value.as_bytes());
            prop_assert_eq!(&equal, &compile(&format!("(cn={})", escape_value(&value))).unwrap());
            let both = all_of([&present("sn")[..], &any_of([&equal[..], &equal])]);
            let text = format!("(&(sn=*)(|(cn={0})(cn={0})))", escape_value(&value));
            prop_assert_eq!(both, compile(&text).unwrap());
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = compile(&text);
        }
    }
}
