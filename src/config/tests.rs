//! Holds `config/rosterd.toml` to its promise: every key, each default as it is.

#![cfg(test)]
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::read::{Format, read};
use super::schema::{Schema, json_schema};
use super::source::Source;
use super::tree::{Node, Origin, Value};
use super::{parse, validate};
use proptest::prelude::*;
use std::collections::BTreeSet;

const TEXT: &str = include_str!("../../config/rosterd.toml");

/// The file with its settings switched on; what stands where does not change.
fn switched_on() -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') || setting_continues(line) => {
            format!(" {}", line.get(1..).unwrap())
        }
        _ => line.to_owned(),
    };
    TEXT.lines().map(on).collect::<Vec<_>>().join("\n")
}

/// Inside a list that is switched off.
fn setting_continues(line: &str) -> bool {
    line.starts_with("#    ")
}

/// (definition, key)
type Keys = BTreeSet<(String, String)>;

fn walk(node: &Node, schema: Schema, source: &Source, seen: &mut Keys, defaults: &mut usize) {
    match &node.value {
        Value::Map(entries) => {
            let Some(schema) = schema.for_type("object") else { return };
            for entry in entries {
                let Some(inner) = schema.property(&entry.key).or_else(|| schema.named()) else { continue };
                seen.insert((schema.name(), entry.key.clone()));
                walk(&entry.node, inner, source, seen, defaults);
                let Origin::File(at) = &entry.key_origin else { continue };
                let line = TEXT.lines().nth(source.line(at.start) - 1).unwrap();
                let default = schema.default_of(&entry.key).filter(|default| !default.is_null());
                let off = line.starts_with('#') && !line.starts_with("#[");
                // Rules are examples, and so is what stands in a list or table that is empty by
                // default.
                let empty = |default: &serde_json::Value| {
                    default.as_array().is_some_and(Vec::is_empty)
                        || default.as_object().is_some_and(serde_json::Map::is_empty)
                };
                let example = schema.name() == "Rule" || default.is_some_and(empty);
                if let (true, Some(default)) = (off && !example, default) {
                    assert_eq!(&entry.node.to_json(), default, "what config/rosterd.toml says is off: {line}");
                    *defaults += 1;
                }
            }
        }
        Value::List(items) => {
            let inner = schema.for_type("array").and_then(Schema::items);
            if let Some(inner) = inner {
                items.iter().for_each(|item| walk(item, inner, source, seen, defaults));
            }
        }
        _ => {}
    }
}

fn all_keys() -> Keys {
    let schema = json_schema();
    let defs = schema.get("$defs").unwrap().as_object().unwrap();
    let mut keys = Keys::new();
    let mut add = |name: &str, value: &serde_json::Value| {
        let alternatives = value.get("oneOf").and_then(serde_json::Value::as_array).into_iter().flatten();
        for one in std::iter::once(value).chain(alternatives) {
            let properties = one.get("properties").and_then(serde_json::Value::as_object).into_iter().flatten();
            keys.extend(properties.map(|(key, _)| (name.to_owned(), key.clone())));
        }
    };
    add("", &schema);
    defs.iter().for_each(|(name, value)| add(name, value));
    keys
}

#[test]
fn the_file_has_every_key_and_its_default() {
    let mut source = Source::new("config/rosterd.toml", switched_on());
    let root = read(&mut source, Format::Toml).map_err(|wrong| wrong.to_string()).unwrap();
    let mut found = super::Diagnostics::default();
    validate::validate(&root, &source, &mut found);
    assert!(found.is_empty(), "{found}");
    let (mut seen, mut defaults) = (Keys::new(), 0);
    walk(&root, Schema::root(), &source, &mut seen, &mut defaults);
    // A password has one of the three; the other is shown in a comment.
    assert!(TEXT.contains("{ credential = "));
    seen.insert(("SecretRef".to_owned(), "credential".to_owned()));
    let missing: Vec<_> = all_keys().difference(&seen).cloned().collect();
    assert!(missing.is_empty(), "config/rosterd.toml does not mention {missing:?}");
    assert!(defaults > 30, "only {defaults} defaults were compared");
}

#[test]
fn the_file_works_as_it_stands() {
    let loaded = parse(TEXT, Format::Toml, "config/rosterd.toml", &[]).map_err(|wrong| wrong.to_string()).unwrap();
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// N8: whatever is done to the file, reading it ends with a configuration or with reasons that
    /// can be printed.
    #[test]
    fn n8_a_damaged_file_never_panics(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..40, ".{0,6}"), 1..6),
        file in 0_usize..4,
    ) {
        let text = match file {
            0 => TEXT.to_owned(),
            1 => switched_on(),
            2 => include_str!("../../config/examples/openldap.yaml").to_owned(),
            _ => include_str!("../../config/examples/openldap.json").to_owned(),
        };
        let mut text: Vec<char> = text.chars().collect();
        for (at, length, new) in cuts {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        for format in [Format::Toml, Format::Yaml, Format::Json] {
            match parse(&text, format, "x", &[]) {
                Ok(loaded) => prop_assert_eq!(loaded.hash.len(), 64),
                Err(found) => prop_assert!(found.to_string().contains("-->")),
            }
        }
    }
}
