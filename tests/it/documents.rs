//! What the pages show works: configurations are ones, commands and flags are there.

use crate::architecture::{Source, file, files, none};
use rosterd::config::Config;
use serde_json::{Map, Value};
use std::process::Command;
use toml_edit::{Document, Item, TableLike};

fn pages() -> Vec<Source> {
    let mut pages = files("docs", ".md");
    pages.push(file("README.md"));
    pages
}

/// Fenced blocks of a language, each with the line it begins at.
fn blocks(page: &Source, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside: Option<(usize, String, bool)> = None;
    for (number, line) in (1..).zip(page.text.lines()) {
        match (&mut inside, line.strip_prefix("```")) {
            (None, Some(named)) => inside = Some((number + 1, String::new(), named == language)),
            (Some(_), Some(_)) => {
                let (start, text, wanted) = inside.take().unwrap();
                found.extend(wanted.then_some((start, text)));
            }
            (Some((_, text, _)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn json(item: &Item) -> Value {
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| object(table)).collect();
    }
    match item.as_table_like() {
        Some(table) => object(table),
        None => scalar(item.as_value().unwrap()),
    }
}

fn object(table: &dyn TableLike) -> Value {
    Value::Object(table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect::<Map<_, _>>())
}

fn scalar(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => text.value().as_str().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(truth) => (*truth.value()).into(),
        toml_edit::Value::Array(list) => list.iter().map(scalar).collect(),
        toml_edit::Value::InlineTable(table) => object(table),
        other => panic!("a configuration has no {}", other.type_name()),
    }
}

/// Only through the structs: what the whole check says of files is `config`'s own test.
#[test]
fn every_configuration_the_pages_show_is_one() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for (line, text) in blocks(&page, "toml").iter().filter(|(_, text)| text.starts_with("version = 1\n")) {
            seen += 1;
            let parsed = Document::parse(text.as_str()).map_err(|error| error.to_string()).and_then(|document| {
                serde_json::from_value::<Config>(json(document.as_item())).map_err(|e| e.to_string())
            });
            if let Err(error) = parsed {
                wrong.push(format!("{}:{line}: {error}", page.path));
            }
        }
    }
    none(&wrong, "these are not configurations");
    assert!(seen >= 2, "the pages show {seen} configurations; were the blocks found?");
}

/// The reference shows parts; each is completed with a provider and held to the whole check.
#[test]
fn every_part_of_the_mapping_language_is_accepted() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (page, least) in [("docs/rules.md", 7), ("docs/how-to/try-rules.md", 1)] {
        let page = file(page);
        let parts = blocks(&page, "toml");
        assert!(parts.len() >= least, "{} shows {} parts; were the blocks found?", page.path, parts.len());
        for (line, text) in parts {
            let version = if text.starts_with("version") { "" } else { "version = 1\n" };
            let provider =
                if text.contains("[providers.") { "" } else { "[providers.corp]\nfile.path = \"people.yaml\"\n" };
            let (first, rest) = text.split_at(if version.is_empty() { text.find('\n').unwrap() + 1 } else { 0 });
            let whole = format!("{version}{first}{provider}{rest}");
            match rosterd::config::parse(&whole, rosterd::config::Format::Toml, &page.path, &[]) {
                Ok(loaded) => {
                    for provider in loaded.config.providers.keys() {
                        if let Err(error) = rosterd::sync::rules_for(&loaded.config, provider) {
                            wrong.push(format!("{}:{line}: {error}", page.path));
                        }
                    }
                    seen += 1;
                }
                Err(error) => wrong.push(format!("{}:{line}: {error}", page.path)),
            }
        }
    }
    none(&wrong, "these are not accepted");
    assert!(seen > 0);
}

/// Every key of provisioning files is explained in their reference, and every file it shows is one.
#[test]
fn provisioning_files_are_explained_whole() {
    let page = file("docs/provisioning.md");
    let mut missing = Vec::new();
    for (table, keys) in rosterd::config::PROVISION_KEYS {
        let named = |key: &&&str| page.text.contains(&format!("`{key}`"));
        missing.extend(keys.iter().filter(|key| !named(key)).map(|key| format!("{table}: {key}")));
    }
    none(&missing, "docs/provisioning.md does not explain these");
    let mut wrong = Vec::new();
    for page in [page, file("docs/how-to/declare-roles.md")] {
        for (line, text) in blocks(&page, "toml").iter().filter(|(_, text)| !text.starts_with("version")) {
            if let Err(error) = rosterd::config::parse_provision(text, rosterd::config::Format::Toml, &page.path) {
                wrong.push(format!("{}:{line}: {error}", page.path));
            }
        }
    }
    none(&wrong, "these are no provisioning files");
}

/// Every key of the language is explained in its reference.
#[test]
fn the_mapping_language_is_explained_whole() {
    let page = file("docs/rules.md").text;
    let schema = rosterd::config::json_schema();
    let mut missing = Vec::new();
    for name in ["Rule", "Match", "ClaimMatch", "Claims", "DirectRole", "Org", "DefaultGrant"] {
        let part = &schema["$defs"][name];
        let alternatives = part["oneOf"].as_array().into_iter().flatten();
        let keys = std::iter::once(part).chain(alternatives).filter_map(|one| one["properties"].as_object());
        let keys: Vec<&String> = keys.flat_map(|properties| properties.keys()).collect();
        assert!(!keys.is_empty(), "{name} has no keys");
        let named = |key: &&&String| page.contains(&format!("`{key}`")) || page.contains(&format!("{key} = "));
        missing.extend(keys.iter().filter(|key| !named(key)).map(|key| format!("{name}: {key}")));
    }
    none(&missing, "docs/rules.md does not explain these");
}

/// Cases that the pages show are read as `test-rules` reads them.
#[test]
fn every_file_of_cases_the_pages_show_is_one() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for (line, text) in blocks(&page, "yaml").iter().filter(|(_, text)| text.starts_with("cases:")) {
            seen += 1;
            if let Err(error) = rosterd::config::parse_cases(text, rosterd::config::Format::Yaml, &page.path) {
                wrong.push(format!("{}:{line}: {error}", page.path));
            }
        }
    }
    none(&wrong, "these are no files of cases");
    assert!(seen >= 1);
}

/// Each command line that a page shows: whole lines in `sh` blocks, and what stands in backticks.
fn commands(page: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, text) in blocks(page, "sh") {
        found.extend((start..).zip(text.lines()).map(|(number, line)| (number, line.to_owned())));
    }
    for (number, line) in (1..).zip(page.text.lines()) {
        found.extend(line.split('`').skip(1).step_by(2).map(|word| (number, word.to_owned())));
    }
    found.retain(|(_, line)| line.starts_with("rosterd "));
    found
}

/// `rosterd holds approve 1 --plan 5f0c` is `["holds", "approve"]`, an argument, a flag and its value:
/// a word must be a command as long as the help of the words before it lists commands.
#[test]
fn every_command_and_flag_the_pages_show_is_there() {
    let mut wrong = Vec::new();
    for page in pages() {
        for (number, line) in commands(&page) {
            if let Err(word) = follow(&line) {
                wrong.push(format!("{}:{number}: `{}`: no {word}", page.path, line.trim()));
            }
        }
    }
    none(&wrong, "these commands are not as the pages say");
}

/// Goes through a command line with the program's own help; the first word that is not in it fails.
fn follow(line: &str) -> Result<(), &str> {
    let mut path: Vec<&str> = Vec::new();
    let mut help = help(&path);
    let mut words = line.split('#').next().unwrap().split_whitespace().skip(1);
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            if !help.contains(word) {
                return Err(word);
            }
            if help.contains(&format!("{word} <")) {
                words.next();
            }
        } else if lists(&help, word) {
            path.push(word);
            help = self::help(&path);
        } else if help.is_empty() || help.contains("\nCommands:\n") {
            return Err(word);
        }
    }
    Ok(())
}

fn help(path: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rosterd")).args(path).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a help text lists a command: two blanks, its name, and a blank or the line's end.
fn lists(help: &str, word: &str) -> bool {
    help.lines()
        .filter_map(|line| line.strip_prefix("  "))
        .any(|line| line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}
