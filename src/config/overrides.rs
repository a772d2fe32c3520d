//! Settings from outside the file, put into its tree before it is checked: what wins over what is
//! the order in which they are given (environment, then flags).
//!
//! A value is text for a key that takes text; for any other key it is read as JSON. It is never
//! printed: half of what operators put into the environment is secret.

use super::code::Code;
use super::diagnostic::Diagnostics;
use super::schema::Schema;
use super::source::Source;
use super::tree::{Entry, Node, Origin, Value};
use super::words::{quoted, suggest};
use std::sync::Arc;

const PREFIX: &str = "ROSTERD__";

/// One setting from outside.
#[derive(Debug)]
pub(super) struct Override {
    /// The keys from the top, in any case, with `_` for `-`.
    pub(super) path: Vec<String>,
    pub(super) text: String,
    /// How errors call it.
    pub(super) origin: Arc<str>,
}

/// The process's own variables that are settings, for [`super::load`]. Others are not looked at, so
/// what is not UTF-8 among them does no harm.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    let named = |name: &std::ffi::OsString| {
        let name = name.to_str()?;
        name.get(..PREFIX.len()).filter(|head| head.eq_ignore_ascii_case(PREFIX)).map(|_| name.to_owned())
    };
    std::env::vars_os()
        .filter_map(|(name, value)| Some((named(&name)?, value.to_string_lossy().into_owned())))
        .collect()
}

/// The variables that are settings, shortest path first, so that one for a key inside a table
/// adds to one for the whole table.
pub(super) fn from_environment(env: &[(String, String)]) -> Vec<Override> {
    let mut all: Vec<Override> = env
        .iter()
        .filter_map(|(name, text)| {
            let head = name.get(..PREFIX.len())?;
            let path = name.get(PREFIX.len()..).filter(|_| head.eq_ignore_ascii_case(PREFIX))?;
            let path = path.split("__").map(str::to_ascii_lowercase).collect();
            Some(Override { path, text: text.clone(), origin: format!("environment variable {name}").into() })
        })
        .collect();
    all.sort_by(|a, b| (a.path.len(), &a.path, &a.origin).cmp(&(b.path.len(), &b.path, &b.origin)));
    all
}

/// Puts them into the tree.
pub(super) fn apply(root: &mut Node, overrides: &[Override], source: &Source, found: &mut Diagnostics) {
    for (index, one) in overrides.iter().enumerate() {
        let origin = Origin::Override(one.origin.clone());
        if let Some(other) = overrides.iter().take(index).find(|other| other.path == one.path) {
            let help = format!("it is also set by the {}; unset one of the two", other.origin);
            found.say(source, &origin, Code::VariableSetTwice, "a key is set twice", help);
            continue;
        }
        if let Err((code, message, help)) = set(root, Schema::root(), &one.path, &one.text, &origin) {
            found.say(source, &origin, code, message, help);
        }
    }
}

type Refused = (Code, String, String);

fn set(node: &mut Node, schema: Schema, path: &[String], text: &str, origin: &Origin) -> Result<(), Refused> {
    let Some((segment, rest)) = path.split_first() else {
        *node = Node { value: value(schema, text, origin)?, origin: origin.clone() };
        return Ok(());
    };
    let schema = schema.for_type("object").ok_or_else(|| {
        let message = format!("there is no key {}: what it would be in is {}", quoted(segment), schema.describe());
        (Code::VariableUnknownKey, message, "give the whole value as JSON instead".to_owned())
    })?;
    if matches!(node.value, Value::Null) {
        *node = Node { value: Value::Map(Vec::new()), origin: origin.clone() };
    }
    // What is no table here is an error of the file, and reported as that.
    let Value::Map(entries) = &mut node.value else { return Ok(()) };
    let same = |key: &str| key.replace('-', "_").eq_ignore_ascii_case(&segment.replace('-', "_"));
    let known: Vec<String> = match schema.named() {
        // Only the file can introduce a name: a misspelt variable must not become a provider.
        Some(_) => entries.iter().map(|entry| entry.key.clone()).collect(),
        None => schema.properties().into_iter().map(|(key, _)| key.to_owned()).collect(),
    };
    let Some(key) = known.iter().find(|key| same(key)) else {
        let help = suggest(segment, known.iter().map(String::as_str));
        return Err((Code::VariableUnknownKey, format!("there is no key {}", quoted(segment)), help));
    };
    let Some(inner) = schema.property(key).or_else(|| schema.named()) else { return Ok(()) };
    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or(entries.len());
    let new = at == entries.len();
    if new {
        let node = Node { value: Value::Null, origin: origin.clone() };
        entries.push(Entry { key: key.clone(), key_origin: origin.clone(), node });
    }
    let Some(entry) = entries.get_mut(at) else { return Ok(()) };
    if rest.is_empty() {
        entry.key_origin = origin.clone();
    }
    let result = set(&mut entry.node, inner, rest, text, origin);
    // A key without the value that was refused would be a second complaint about the first.
    if result.is_err() && new {
        entries.truncate(at);
    }
    result
}

fn value(schema: Schema, text: &str, origin: &Origin) -> Result<Value, Refused> {
    let types = schema.types();
    let json = !types.contains(&"string") || types.contains(&"array") && text.trim_start().starts_with('[');
    if !json {
        return Ok(Value::Text(text.to_owned()));
    }
    let refuse = |_| {
        let message = format!("the value must be {}, as JSON", schema.describe());
        (Code::VariableNotJson, message, example(&types).to_owned())
    };
    let json: serde_json::Value = serde_json::from_str(text).map_err(refuse)?;
    Ok(from_json(json, origin))
}

fn example(types: &[&str]) -> &'static str {
    match types {
        ["array"] => "such as [\"one\",\"two\"]",
        ["object"] => {
            "such as {\"key\":\"value\"}; a single key has its own variable, with its name behind two underscores"
        }
        _ => "",
    }
}

/// Everything inside the value has the variable's place: one inside its text would help nobody.
fn from_json(json: serde_json::Value, origin: &Origin) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::MAX)), Value::Int)
        }
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(|json| node(json, origin)).collect()),
        serde_json::Value::Object(map) => Value::Map(
            map.into_iter()
                .map(|(key, json)| Entry { key, key_origin: origin.clone(), node: node(json, origin) })
                .collect(),
        ),
    }
}

fn node(json: serde_json::Value, origin: &Origin) -> Node {
    Node { value: from_json(json, origin), origin: origin.clone() }
}
