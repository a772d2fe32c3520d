//! JSON (RFC 8259) with places. serde_json judges the text as a whole first, so what follows
//! walks a text that is known to be JSON; it is not serde_json's own tree because that has no
//! places and takes the last of two equal keys.

use super::Fault;
use crate::config::code::Code;
use crate::config::source::Source;
use crate::config::tree::{DEEPEST, Entry, Node, Origin, Value};
use std::collections::HashSet;
use std::ops::Range;

pub(super) fn read(source: &Source) -> Result<Node, Fault> {
    let text = source.text();
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| {
        let at = source.byte(error.line(), error.column());
        let message = error.to_string();
        // Line and column are said by the place.
        let message = message.split(" at line ").next().unwrap_or_default();
        Fault::new(at..at, Code::Syntax, message, "")
    })?;
    Walker { text, at: 0 }.value(0)
}

struct Walker<'a> {
    text: &'a str,
    at: usize,
}

impl Walker<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character that is not blank, which stays.
    fn peek(&mut self) -> Option<char> {
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += blank;
        self.rest().chars().next()
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        let first = self.peek();
        let start = self.at;
        if depth > DEEPEST {
            return Err(Fault::deep(start..start + 1));
        }
        let value = match first {
            Some('{') => return self.table(depth),
            Some('[') => return self.list(depth),
            Some('"') => Value::Text(self.string()?.0),
            _ => {
                let length = self.rest().find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(self.rest().len());
                let word = self.rest().get(..length).unwrap_or_default().to_owned();
                self.at += length;
                match serde_json::from_str(&word) {
                    Ok(serde_json::Value::Bool(truth)) => Value::Bool(truth),
                    Ok(serde_json::Value::Number(number)) => {
                        number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::MAX)), Value::Int)
                    }
                    Ok(serde_json::Value::Null) => Value::Null,
                    _ => return Err(self.lost()),
                }
            }
        };
        Ok(Node { value, origin: Origin::File(start..self.at) })
    }

    fn list(&mut self, depth: usize) -> Result<Node, Fault> {
        let open = self.at..self.at + 1;
        let mut items = Vec::new();
        self.at += 1;
        while !self.ends(']')? {
            items.push(self.value(depth + 1)?);
        }
        Ok(Node { value: Value::List(items), origin: Origin::File(open) })
    }

    fn table(&mut self, depth: usize) -> Result<Node, Fault> {
        let open = self.at..self.at + 1;
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        self.at += 1;
        while !self.ends('}')? {
            let (key, at) = self.string()?;
            if !seen.insert(key.clone()) {
                return Err(Fault::duplicate(at, &key));
            }
            if self.peek() != Some(':') {
                return Err(self.lost());
            }
            self.at += 1;
            entries.push(Entry { key, key_origin: Origin::File(at), node: self.value(depth + 1)? });
        }
        Ok(Node { value: Value::Map(entries), origin: Origin::File(open) })
    }

    /// Whether the list or table ends here; steps over the comma if not.
    fn ends(&mut self, end: char) -> Result<bool, Fault> {
        match self.peek() {
            Some(c) if c == end => {
                self.at += 1;
                Ok(true)
            }
            Some(',') => {
                self.at += 1;
                self.peek();
                Ok(false)
            }
            Some(_) => Ok(false),
            None => Err(self.lost()),
        }
    }

    /// A string, and its place with the quotes.
    fn string(&mut self) -> Result<(String, Range<usize>), Fault> {
        let start = self.at;
        let mut escaped = false;
        let length = self.rest().bytes().skip(1).position(|b| {
            let end = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            end
        });
        self.at = length.map_or(self.text.len(), |length| start + length + 2);
        let text = self.text.get(start..self.at).and_then(|quoted| serde_json::from_str(quoted).ok());
        text.map(|text| (text, start..self.at)).ok_or_else(|| self.lost())
    }

    /// Cannot happen in a text that serde_json accepted, save for a lone surrogate, which it
    /// does not look at while it ignores values.
    fn lost(&self) -> Fault {
        Fault::new(
            self.at..self.at,
            Code::Syntax,
            "this is not JSON",
            "look for a stray character or escape before this place",
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test says what is wrong by failing")]

    use super::*;

    fn parse(text: &str) -> Result<Node, Fault> {
        read(&Source::new("x", text.to_owned()))
    }

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            r#" { "a" : [ 1 , -2.5e3 , true , null , "x\"\\\u00e9\ud83d\ude00" ] , "b" : { } , "c":[] } "#,
            r#"[[],[[]],{"a":{"b":"]}"}}]"#,
            "12",
            "\"\"",
        ] {
            let Ok(node) = parse(text) else { panic!("{text}") };
            let expected: Option<serde_json::Value> = serde_json::from_str(text).ok();
            assert_eq!(Some(node.to_json()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\":1,\"a\":2}", "{'a':1}", "[1] 2", "\"\\ud800\"", "nul"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("{}{}", "[".repeat(60), "]".repeat(60))).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
