//! `ldap.toml`: tables, keys and values with their lines.

use crate::import::{Problem, Text};
use std::ops::Range;
use toml_edit::{Item, TableLike};

/// A table and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) line: usize,
    pub(crate) keys: Vec<Key>,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Bool(bool),
    Texts(Vec<String>),
    Table(Table),
    Tables(Vec<Table>),
    /// Nothing that this file has.
    Other,
}

impl Table {
    /// A key, whatever its case: so Grafana's reader finds it.
    pub(crate) fn get(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name.eq_ignore_ascii_case(name))
    }
}

/// The file as one table.
pub(crate) fn tables(file: &Text) -> Result<Table, Vec<Problem>> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let lines = Lines::of(text);
    let document = toml_edit::Document::parse(text).map_err(|error| {
        let line = lines.at(error.span().unwrap_or(0..0));
        // The library's own message quotes nothing of the file, so no secret can be in it.
        vec![Problem::at(&file.name, line, format!("this is not TOML: {}", error.message().replace('\n', "; ")))]
    })?;
    Ok(table(document.as_table(), 1, &lines))
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    fn at(&self, span: Range<usize>) -> usize {
        self.0.partition_point(|start| *start <= span.start).max(1)
    }
}

fn table(table: &dyn TableLike, line: usize, lines: &Lines) -> Table {
    let keys = table
        .iter()
        .map(|(name, item)| {
            let span = table.key(name).and_then(toml_edit::Key::span);
            let line = span.map_or(line, |span| lines.at(span));
            Key { name: name.to_owned(), line, value: value(item, line, lines) }
        })
        .collect();
    Table { line, keys }
}

fn value(item: &Item, line: usize, lines: &Lines) -> Value {
    if let Some(list) = item.as_array_of_tables() {
        let inner = |one: &toml_edit::Table| table(one, one.span().map_or(line, |span| lines.at(span)), lines);
        return Value::Tables(list.iter().map(inner).collect());
    }
    if let Some(inner) = item.as_table_like() {
        return Value::Table(table(inner, line, lines));
    }
    match item.as_value() {
        Some(toml_edit::Value::String(text)) => Value::Text(text.value().clone()),
        Some(toml_edit::Value::Integer(number)) => Value::Int(*number.value()),
        Some(toml_edit::Value::Boolean(truth)) => Value::Bool(*truth.value()),
        Some(toml_edit::Value::Array(items)) => {
            let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            // Inline tables in a list are as good as [[…]].
            let inner: Option<Vec<Table>> =
                items.iter().map(|item| Some(table(item.as_inline_table()?, line, lines))).collect();
            match (texts, inner) {
                (Some(texts), _) => Value::Texts(texts),
                (None, Some(inner)) => Value::Tables(inner),
                (None, None) => Value::Other,
            }
        }
        _ => Value::Other,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

    use super::*;

    fn file(text: &str) -> Text {
        Text { name: "ldap.toml".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "\n[[servers]]\nhost = \"h\"\n[[servers.group_mappings]]\ngroup_dn = \"*\"\n";
        let root = tables(&file(text)).unwrap();
        let Value::Tables(servers) = &root.get("Servers").unwrap().value else { panic!("no servers") };
        assert_eq!((servers[0].line, servers[0].get("host").unwrap().line), (2, 3));
        let Value::Tables(mappings) = &servers[0].get("group_mappings").unwrap().value else { panic!("no mappings") };
        assert_eq!((mappings[0].line, mappings[0].get("group_dn").unwrap().line), (4, 5));
    }

    #[test]
    fn a_mistake_has_its_line() {
        let problems = tables(&file("a = 1\nb = \n")).unwrap_err();
        assert!(problems[0].to_string().starts_with("ldap.toml:2: this is not TOML"), "{problems:?}");
    }
}
