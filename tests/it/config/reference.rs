//! `docs/configuration.md` is made from the schema, so that it says what is true.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use rosterd::config::json_schema;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "# Configuration reference

<!-- Made from the schema by a test; change src/config and run
     UPDATE=1 cargo test --test it the_reference_page -->

One file, in TOML, YAML or JSON by the end of its name; the keys are the same. `config/rosterd.toml`
shows every key with its default and its reason, `config/examples/` shows whole configurations, and
`config/rosterd.schema.json` is the schema for editors.

* **All errors at once.** `rosterd check config` names each with file, line and column. Unknown keys
  are errors; nothing is converted (`\"389\"` is not a number). YAML anchors, aliases and tags are
  refused.
* **Environment.** `ROSTERD__SECTION__KEY` wins over the file, in any case, with `_` for `-` in
  names: `ROSTERD__PROVIDERS__CORP__LDAP__TIMEOUT=3s`. Text is written as it is, everything else as
  JSON: `ROSTERD__PROVIDERS__CORP__LDAP__URLS='[\"ldaps://a\"]'`. A variable that names no key is an
  error. A provider must be in the file before a variable can change it.
* **Secrets** are never in the file, only where they are kept; see [below](#secrets). They are read
  when they are needed, so a rotated one is found.
* **Paths** that are relative start at the folder of the file.
* **Lengths of time** are a whole number and a unit: `500ms`, `10s`, `5m`, `72h`, `30d`.
";

const SECRETS: &str = "
## Secrets

A secret is a table with exactly one key:
";

fn definition<'a>(schema: &'a Value, value: &'a Value) -> (&'a str, &'a Value) {
    let inner = value.get("anyOf").and_then(|all| all.get(0)).unwrap_or(value);
    let Some(name) = inner.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/")) else {
        return ("", inner);
    };
    (name, &schema["$defs"][name])
}

/// The words of an enum, or nothing.
fn words(value: &Value) -> Vec<String> {
    let plain = value.get("enum").and_then(Value::as_array).into_iter().flatten();
    let consts = value.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(|one| one.get("const"));
    plain.chain(consts).map(|word| format!("`{word}`")).collect()
}

fn kind(schema: &Value, value: &Value) -> String {
    let (name, inner) = definition(schema, value);
    let choice = words(inner);
    match name {
        "Duration" => return "length of time".to_owned(),
        "SecretRef" => return "[secret](#secrets)".to_owned(),
        "OneOrMany" => return "text or list of text".to_owned(),
        "Match" => return "[match](#rulesmatch)".to_owned(),
        "ClaimValue" => return "text, whole number, `true`, `false`".to_owned(),
        _ if !choice.is_empty() => return choice.join(", "),
        _ => {}
    }
    let own = match &inner["type"] {
        Value::Array(all) => all[0].as_str(),
        other => other.as_str(),
    };
    match own {
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => match inner.get("maximum") {
            Some(most) if *most == inner["minimum"] => format!("`{most}`"),
            Some(most) => format!("{} to {most}", inner["minimum"]),
            None => "whole number".to_owned(),
        },
        Some("array") => format!("list of {}", kind(schema, &inner["items"])),
        _ => "table".to_owned(),
    }
}

/// What a key means: its own words, and those of the choices it has.
fn meaning(schema: &Value, value: &Value) -> String {
    let inner = definition(schema, value).1;
    let mut text = value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for one in inner.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(word), Some(about)) = (one.get("const"), one.get("description").and_then(Value::as_str)) {
            write!(text, " `{word}`: {about}").unwrap();
        }
    }
    text.replace('\n', " ").replace('|', "\\|")
}

fn rows(out: &mut String, schema: &Value, table: &Value) {
    out.push_str("\n| key | is | default | meaning |\n|---|---|---|---|\n");
    let alternatives = table.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let required = table["required"].as_array().cloned().unwrap_or_default();
    for one in std::iter::once(table).chain(alternatives) {
        for (key, value) in one.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let default = match value.get("default") {
                _ if required.contains(&Value::from(key.as_str())) => "**required**".to_owned(),
                Some(default) if !default.is_null() && !default.is_object() => {
                    format!("`{}`", default.to_string().replace('|', "\\|"))
                }
                _ => String::new(),
            };
            // A key of a match is described by its alternative.
            let text = meaning(schema, if std::ptr::eq(one, table) { value } else { one });
            writeln!(out, "| `{key}` | {} | {default} | {text} |", kind(schema, value)).unwrap();
        }
    }
}

fn section(out: &mut String, schema: &Value, path: &str, table: &Value) {
    let title = if path.is_empty() { "At the top".to_owned() } else { format!("`{path}`") };
    writeln!(out, "\n## {title}").unwrap();
    if let Some(text) = table.get("description").and_then(Value::as_str).filter(|_| !path.is_empty()) {
        writeln!(out, "\n{text}").unwrap();
    }
    rows(out, schema, table);
    let alternatives = table.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let tables = std::iter::once(table).chain(alternatives);
    let properties = tables.filter_map(|one| one.get("properties").and_then(Value::as_object)).flatten();
    for (key, value) in properties {
        let (value, suffix) = match (value.get("additionalProperties"), value.get("items")) {
            (Some(named), _) if named.is_object() => (named, ".NAME"),
            (_, Some(items)) => (items, "[]"),
            _ => (value, ""),
        };
        let (name, inner) = definition(schema, value);
        // A match can stand in several places and inside itself; it is described where rules are.
        let matches = name == "Match" && key == "match";
        if name != "SecretRef" && (inner.get("properties").is_some() || matches) {
            let dot = if path.is_empty() { "" } else { "." };
            section(out, schema, &format!("{path}{dot}{key}{suffix}"), inner);
        }
    }
}

#[test]
fn the_reference_page_is_made_from_the_schema() {
    let schema = json_schema();
    let mut page = HEAD.to_owned();
    section(&mut page, &schema, "", &schema);
    page.push_str(SECRETS);
    rows(&mut page, &schema, &schema["$defs"]["SecretRef"]);
    for (name, inner) in schema["$defs"].as_object().unwrap() {
        for (key, value) in inner.get("properties").and_then(Value::as_object).into_iter().flatten() {
            assert!(page.contains(&format!("| `{key}` |")), "{name}.{key} is not on the page");
            assert!(value.get("description").is_some(), "{name}.{key} has no description in src/config");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/configuration.md is not what src/config says; rewrite it with\n  \
         UPDATE=1 cargo test --test it the_reference_page"
    );
}
