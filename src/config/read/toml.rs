//! TOML, by toml_edit's tree with spans. Syntax errors are the library's, one at a time.

use super::Fault;
use crate::config::code::Code;
use crate::config::tree::{DEEPEST, Entry, Node, Origin, Value};
use std::ops::Range;
use toml_edit::{Item, TableLike};

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let document = toml_edit::Document::parse(text).map_err(|error| {
        Fault::new(error.span().unwrap_or(0..0), code(error.message()), message(error.message()), "")
    })?;
    table(document.as_table(), 0..0, 0)
}

/// The library tells the kinds of its errors apart by their messages only.
fn code(message: &str) -> Code {
    if message.starts_with("duplicate key") { Code::DuplicateKey } else { Code::Syntax }
}

/// The library's message on one line.
fn message(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn table(table: &dyn TableLike, at: Range<usize>, depth: usize) -> Result<Node, Fault> {
    if depth > DEEPEST {
        return Err(Fault::deep(at));
    }
    let mut entries = Vec::with_capacity(table.len());
    for (name, inner) in table.iter() {
        let key = table.key(name).and_then(toml_edit::Key::span).unwrap_or_else(|| at.clone());
        entries.push(Entry {
            key: name.to_owned(),
            node: item(inner, key.clone(), depth + 1)?,
            key_origin: Origin::File(key),
        });
    }
    Ok(Node { value: Value::Map(entries), origin: Origin::File(at) })
}

fn item(item: &Item, key: Range<usize>, depth: usize) -> Result<Node, Fault> {
    match item {
        Item::None => Ok(Node { value: Value::Null, origin: Origin::File(key) }),
        Item::Value(inner) => value(inner, key, depth),
        Item::Table(inner) => table(inner, inner.span().filter(|span| !span.is_empty()).unwrap_or(key), depth),
        Item::ArrayOfTables(tables) => {
            let items = tables
                .iter()
                .map(|inner| table(inner, inner.span().unwrap_or_else(|| key.clone()), depth + 1))
                .collect::<Result<_, _>>()?;
            Ok(Node { value: Value::List(items), origin: Origin::File(key) })
        }
    }
}

fn value(value: &toml_edit::Value, key: Range<usize>, depth: usize) -> Result<Node, Fault> {
    let at = value.span().unwrap_or(key);
    let read = match value {
        toml_edit::Value::String(text) => Value::Text(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Int(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::Bool(*truth.value()),
        toml_edit::Value::Datetime(_) => Value::Other("a date or time"),
        toml_edit::Value::InlineTable(inner) => return table(inner, at, depth),
        toml_edit::Value::Array(_) if depth > DEEPEST => return Err(Fault::deep(at)),
        toml_edit::Value::Array(items) => {
            Value::List(items.iter().map(|item| self::value(item, at.clone(), depth + 1)).collect::<Result<_, _>>()?)
        }
    };
    Ok(Node { value: read, origin: Origin::File(at) })
}
