//! One table of a file that is not the configuration: keys taken one by one, and complaints with their line.

use crate::config::source::Source;
use crate::config::tree::{Node, Origin, Value};
use crate::config::words::{closest, quoted};
use std::collections::BTreeMap;

/// See the module's text.
pub(super) struct Table<'a, 'e> {
    node: &'a Node,
    source: &'a Source,
    pub(super) errors: &'e mut Vec<String>,
}

/// `file:line`.
pub(super) fn place(node: &Node, source: &Source) -> String {
    place_of(&node.origin, source)
}

fn place_of(origin: &Origin, source: &Source) -> String {
    match origin {
        Origin::File(range) => format!("{}:{}", source.name(), source.line(range.start)),
        Origin::Override(name) => name.to_string(),
    }
}

impl<'a, 'e> Table<'a, 'e> {
    /// What is no table is refused, and has no keys then.
    pub(super) fn new(node: &'a Node, source: &'a Source, name: &str, errors: &'e mut Vec<String>) -> Self {
        let mut table = Self { node, source, errors };
        if !matches!(node.value, Value::Map(_)) {
            table.refuse(node, format!("{name} must be a table, not {}", node.kind()));
        }
        table
    }

    pub(super) fn refuse(&mut self, at: &Node, message: String) {
        self.errors.push(format!("{}: {message}", place(at, self.source)));
    }

    /// Refuses all keys but these.
    pub(super) fn only(&mut self, known: &[&str]) {
        for entry in self.node.entries().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let hint = match closest(&entry.key, known.iter().copied()) {
                Some(word) => format!("did you mean {}?", quoted(word)),
                None => format!("there are {}", known.join(", ")),
            };
            let place = place_of(&entry.key_origin, self.source);
            self.errors.push(format!("{place}: unknown key {}; {hint}", quoted(&entry.key)));
        }
    }

    /// What a key says, null too.
    pub(super) fn said(&self, key: &str) -> Option<&'a Node> {
        self.node.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// As [`Self::said`]; its absence is refused.
    pub(super) fn required(&mut self, key: &str) -> Option<&'a Node> {
        let found = self.said(key);
        if found.is_none() && matches!(self.node.value, Value::Map(_)) {
            self.refuse(self.node, format!("{} is missing", quoted(key)));
        }
        found
    }

    /// A text that is not empty and must be there.
    pub(super) fn text(&mut self, key: &str) -> Option<&'a str> {
        let node = self.required(key)?;
        let text = node.text().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let what = if node.text().is_some() { "an empty one" } else { node.kind() };
            self.refuse(node, format!("{} must be a text, not {what}", quoted(key)));
        }
        text
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, key: &str) -> Option<bool> {
        let node = self.said(key)?;
        let Value::Bool(truth) = node.value else {
            self.refuse(node, format!("{} must be true or false, not {}", quoted(key), node.kind()));
            return None;
        };
        Some(truth)
    }

    /// The entries of a list; anything else is refused.
    pub(super) fn items(&mut self, node: &'a Node, key: &str) -> Option<&'a [Node]> {
        if !matches!(node.value, Value::List(_)) {
            self.refuse(node, format!("{} must be a list, not {}", quoted(key), node.kind()));
            return None;
        }
        Some(node.items())
    }

    /// As [`Self::text`], where it may be absent.
    pub(super) fn opt_text(&mut self, key: &str) -> Option<&'a str> {
        self.said(key)?;
        self.text(key)
    }

    /// A list of texts, each with its place; none where the key is not there.
    pub(super) fn texts(&mut self, key: &str) -> Vec<(&'a Node, &'a str)> {
        let Some(node) = self.said(key) else { return Vec::new() };
        let items = self.items(node, key).unwrap_or_default();
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.text().filter(|text| !text.trim().is_empty()) {
                Some(text) => texts.push((item, text)),
                None => self.refuse(item, format!("{} must be a list of texts", quoted(key))),
            }
        }
        texts
    }

    /// A table of texts by name.
    pub(super) fn named_texts(&mut self, key: &str) -> BTreeMap<String, String> {
        let text = |node: &Node| node.text().map(str::to_owned);
        self.named(key, "a text", text)
    }

    /// A table of numbers by name.
    pub(super) fn named_numbers(&mut self, key: &str) -> BTreeMap<String, i64> {
        let number = |node: &Node| if let Value::Int(number) = node.value { Some(number) } else { None };
        self.named(key, "a whole number", number)
    }

    fn named<T>(&mut self, key: &str, what: &str, of: impl Fn(&Node) -> Option<T>) -> BTreeMap<String, T> {
        let Some(node) = self.said(key) else { return BTreeMap::new() };
        if !matches!(node.value, Value::Map(_)) {
            self.refuse(node, format!("{} must be a table, not {}", quoted(key), node.kind()));
        }
        let mut all = BTreeMap::new();
        for entry in node.entries() {
            match of(&entry.node) {
                Some(value) => drop(all.insert(entry.key.clone(), value)),
                None => self
                    .refuse(&entry.node, format!("{} must be {what}, not {}", quoted(&entry.key), entry.node.kind())),
            }
        }
        all
    }

    /// The entries of a list that may be absent.
    pub(super) fn list(&mut self, key: &str) -> &'a [Node] {
        self.said(key).and_then(|node| self.items(node, key)).unwrap_or_default()
    }
}
