//! YAML 1.2, core schema, by the events of saphyr-parser: one document, text keys, no anchors,
//! aliases or tags (an alias can make a megabyte of a line, and a merge key hides where a value
//! comes from). `yes`, `no` and `0644` are texts here, as the core schema has it.

use super::Fault;
use crate::config::code::Code;
use crate::config::tree::{DEEPEST, Entry, Node, Origin, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::HashSet;
use std::ops::Range;

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    // The parser counts characters.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = byte(error.marker().index());
            Fault::new(at..at, Code::Syntax, error.info().to_owned(), "")
        })?;
        let Span { start, end, .. } = span;
        builder.event(event, byte(start.index())..byte(end.index()))?;
    }
    // An empty file is a configuration without keys.
    let empty = Node { value: Value::Map(Vec::new()), origin: Origin::File(0..0) };
    Ok(builder.root.filter(|node| !matches!(node.value, Value::Null)).unwrap_or(empty))
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
}

/// A list or table that has not ended yet.
struct Open {
    at: Range<usize>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashSet<String>, key: Option<(String, Range<usize>)> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) -> Result<(), Fault> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_some() => Err(Fault::new(
                at,
                Code::YamlFeature,
                "the file has more than one document",
                "remove the second `---` and what follows",
            )),
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(_) => {
                Err(Fault::new(at, Code::YamlFeature, "YAML aliases are not read", "write the value out"))
            }
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                Err(Fault::new(
                    at,
                    Code::YamlFeature,
                    "YAML anchors are not read",
                    "write the value out where it is used",
                ))
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                Err(Fault::new(at, Code::YamlFeature, "YAML tags are not read", "remove it; put a text in quotes"))
            }
            Event::Scalar(text, style, ..) => self.scalar(&text, style, at),
            Event::SequenceStart(..) => self.begin(at, Content::List(Vec::new())),
            Event::MappingStart(..) => {
                self.begin(at, Content::Map { entries: Vec::new(), seen: HashSet::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.content {
                    Content::List(items) => Value::List(items),
                    Content::Map { entries, .. } => Value::Map(entries),
                };
                self.add(Node { value, origin: Origin::File(open.at) });
                Ok(())
            }
        }
    }

    fn begin(&mut self, at: Range<usize>, content: Content) -> Result<(), Fault> {
        if let Some(Open { content: Content::Map { key: None, .. }, .. }) = self.open.last() {
            return Err(Fault::new(at, Code::Syntax, "a key must be text", ""));
        }
        if self.open.len() >= DEEPEST {
            return Err(Fault::deep(at));
        }
        self.open.push(Open { at, content });
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, at: Range<usize>) -> Result<(), Fault> {
        if let Some(Open { content: Content::Map { seen, key: key @ None, .. }, .. }) = self.open.last_mut() {
            if !seen.insert(text.to_owned()) {
                return Err(Fault::duplicate(at, text));
            }
            *key = Some((text.to_owned(), at));
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain { plain(text) } else { Value::Text(text.to_owned()) };
        self.add(Node { value, origin: Origin::File(at) });
        Ok(())
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key, .. }) => {
                if let Some((key, at)) = key.take() {
                    entries.push(Entry { key, key_origin: Origin::File(at), node });
                }
            }
        }
    }
}

/// What a text without quotes means (YAML 1.2.2, section 10.3.2), except that numbers in octal
/// and hexadecimal, and with a leading zero, stay texts: nobody means the same by them.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    if let (true, Ok(number)) = (whole, text.parse()) {
        return Value::Int(number);
    }
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(['.', 'e', 'E'])
        && digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    match text.parse() {
        Ok(number) if numeric => Value::Float(number),
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test says what is wrong by failing")]

    use super::*;

    #[test]
    fn plain_texts_mean_what_the_core_schema_says() {
        assert!(matches!(plain("~"), Value::Null));
        assert!(matches!(plain("-12"), Value::Int(-12)));
        assert!(matches!(plain("1.2"), Value::Float(_)));
        for text in
            ["yes", "no", "on", "0644", "0x10", "1.2.3", "12:30", "-", "+", ".", "1_000", "99999999999999999999"]
        {
            assert!(matches!(plain(text), Value::Text(_)), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, message) in [
            ("a: &x 1\nb: 2", "anchors"),
            ("a: *x", "unknown anchor"),
            ("a: !!str 1", "tags"),
            ("a: 1\n---\nb: 2", "more than one document"),
            ("a: 1\na: 2", "`a` is there twice"),
            ("? [a]\n: 1", "a key must be text"),
        ] {
            let Err(fault) = read(text) else { panic!("{text} was read") };
            assert!(fault.message.contains(message), "{text}: {}", fault.message);
        }
        let Err(fault) = read(&"[".repeat(100)) else { panic!("read") };
        assert!(fault.message.contains("nested"), "{}", fault.message);
    }
}
