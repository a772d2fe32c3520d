//! Holds a tree against the schema, whole: every key that is unknown, missing, of the wrong type
//! or out of its range is found in one pass.
//!
//! Nothing is converted on the way: `"389"` is not a number. What the schema can't say is
//! [`super::check`]'s.

use super::diagnostic::Diagnostics;
use super::schema::{Fit, Schema};
use super::source::Source;
use super::tree::{Entry, Node, Origin, Value};
use super::words::{either, quoted, suggest};
use super::{Code, Duration, Network, Rate};
use regex::Regex;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

pub(super) fn validate(root: &Node, source: &Source, found: &mut Diagnostics) {
    let mut validator = Validator { source, found, patterns: BTreeMap::new(), fits: HashMap::new() };
    validator.node(root, Schema::root(), &root.origin, "the configuration");
}

struct Validator<'a> {
    source: &'a Source,
    found: &'a mut Diagnostics,
    patterns: BTreeMap<&'static str, Option<Regex>>,
    /// By address and type: a hundred thousand rules are held against one schema.
    fits: HashMap<(usize, &'static str), Option<Rc<Fit>>>,
}

impl Validator<'_> {
    fn say(&mut self, at: &Origin, code: Code, message: String, help: impl Into<String>) {
        self.found.say(self.source, at, code, message, help);
    }

    /// `holder`: the key that holds the node, where something is missing in it. `name`: the key as
    /// it is said in messages.
    fn node(&mut self, node: &Node, schema: Schema, holder: &Origin, name: &str) {
        let kind = match &node.value {
            Value::Null if schema.takes_null() => return,
            Value::Null | Value::Other(_) => "",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let key = (schema.address(), kind);
        let fit = self.fits.entry(key).or_insert_with(|| Fit::new(schema, kind).map(Rc::new)).clone();
        let Some(fit) = fit else {
            let message = format!("{name} must be {}, not {}", schema.describe(), node.kind());
            return self.say(&node.origin, Code::WrongType, message, hint(node, schema));
        };
        match &node.value {
            Value::Int(number) => self.number(*number, node, fit.schema, name),
            Value::Text(text) => self.text(text, node, &fit, name),
            Value::List(items) => self.list(items, &fit, holder, name),
            Value::Map(entries) => self.table(entries, &fit, holder, name),
            _ => {}
        }
    }

    fn number(&mut self, number: i64, node: &Node, schema: Schema, name: &str) {
        let low = schema.number("minimum").unwrap_or(i64::MIN);
        let format = if schema.str("format") == Some("uint32") { i64::from(u32::MAX) } else { i64::MAX };
        let high = schema.number("maximum").unwrap_or(i64::MAX).min(format);
        if low == high && number != low {
            self.say(&node.origin, Code::OutOfRange, format!("{name} must be {low}"), "");
        } else if number < low || number > high {
            self.say(
                &node.origin,
                Code::OutOfRange,
                format!("{name} is out of range"),
                format!("from {low} to {high}"),
            );
        }
    }

    fn text(&mut self, text: &str, node: &Node, fit: &Fit, name: &str) {
        let (schema, words) = (fit.schema, fit.words.as_slice());
        if !words.is_empty() {
            if !words.contains(&text) {
                let message = format!("{name} must be {}", either(words.iter().copied()));
                let help = super::words::closest(text, words.iter().copied())
                    .map(|word| format!("did you mean {}?", quoted(word)));
                self.say(&node.origin, Code::UnknownWord, message, help.unwrap_or_default());
            }
            return;
        }
        let fits = schema.str("pattern").is_none_or(|pattern| {
            let compiled = self.patterns.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
            compiled.as_ref().is_none_or(|regex| regex.is_match(text))
        });
        // A length can fit the pattern and still be more than a number holds.
        let misfits = (schema.is("Duration") && Duration::parse(text).is_none())
            || (schema.is("Rate") && Rate::parse(text).is_none())
            || (schema.is("Network") && Network::parse(text).is_none());
        if !fits || misfits {
            let help = schema.str("description").map(str::to_owned);
            let help = help.or_else(|| schema.str("pattern").map(|pattern| format!("it must match {pattern}")));
            self.say(
                &node.origin,
                Code::MalformedValue,
                format!("{name} is not well formed"),
                help.unwrap_or_default(),
            );
        }
    }

    fn list(&mut self, items: &[Node], fit: &Fit, holder: &Origin, name: &str) {
        if fit.schema.number("minItems").is_some_and(|least| (items.len() as i64) < least) {
            self.say(holder, Code::EmptyValue, format!("{name} must not be empty"), "");
        }
        if let Some(inner) = fit.items {
            for (index, item) in items.iter().enumerate() {
                self.node(item, inner, &item.origin, &format!("entry {} of {name}", index + 1));
            }
        }
    }

    fn table(&mut self, entries: &[Entry], fit: &Fit, holder: &Origin, name: &str) {
        let known = || fit.properties.iter().map(|(key, _)| *key);
        let mut free = None;
        for entry in entries {
            if self.found.is_full() {
                return;
            }
            match fit.property(&entry.key) {
                Some(inner) => self.node(&entry.node, inner, &entry.key_origin, &quoted(&entry.key)),
                None => {
                    let free = free.get_or_insert_with(|| {
                        known().filter(|key| !entries.iter().any(|other| other.key == *key)).collect::<Vec<_>>()
                    });
                    let message = format!("unknown key {}", quoted(&entry.key));
                    self.say(&entry.key_origin, Code::UnknownKey, message, suggest(&entry.key, free.iter().copied()));
                }
            }
        }
        let missing = fit.required.iter().copied().filter(|key| !entries.iter().any(|entry| entry.key == *key));
        for key in missing {
            let help = if key == "version" {
                "write `version = 1` at the top (`version: 1` in YAML, `\"version\": 1` in JSON)".to_owned()
            } else {
                fit.property(key).and_then(|inner| inner.str("description")).map(first_line).unwrap_or_default()
            };
            self.say(holder, Code::MissingKey, format!("{} is missing in {name}", quoted(key)), help);
        }
        let one = fit.is_choice || fit.schema.number("maxProperties") == Some(1);
        if !one {
            return;
        }
        let given: Vec<&Entry> = entries.iter().filter(|entry| !matches!(entry.node.value, Value::Null)).collect();
        let recognized = given.iter().filter(|entry| known().any(|key| key == entry.key)).count();
        // An unknown key was reported above, and was probably meant to be the one.
        if recognized > 1 || given.is_empty() {
            let at = if let [_, second, ..] = given.as_slice() { &second.key_origin } else { holder };
            self.say(at, Code::ExactlyOneKey, format!("{name} needs exactly one key"), either(known()));
        }
    }
}

/// What to write instead, where that can be told from the type alone.
fn hint(node: &Node, schema: Schema) -> String {
    let types = schema.types();
    match &node.value {
        // A number in quotes would lack its unit.
        _ if schema.is("Duration") => schema.str("description").unwrap_or_default().to_owned(),
        Value::Text(text) if types.contains(&"integer") && text.parse::<i64>().is_ok() => {
            "remove the quotes".to_owned()
        }
        Value::Text(text) if types.contains(&"boolean") && ["true", "false"].contains(&text.as_str()) => {
            "remove the quotes".to_owned()
        }
        Value::Text(_) if schema.is("SecretRef") || schema.alternatives().iter().any(|one| one.is("SecretRef")) => {
            "say where it is kept: { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }".to_owned()
        }
        Value::Text(_) if types.contains(&"array") => "put it in square brackets".to_owned(),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Other(_) if types.contains(&"string") => {
            "put it in quotes".to_owned()
        }
        Value::Null => "remove the key, or give it a value".to_owned(),
        _ => String::new(),
    }
}

fn first_line(text: &str) -> String {
    let sentence = text.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ")
}
