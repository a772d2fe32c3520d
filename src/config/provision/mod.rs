//! Provisioning files: which there are, and what they say.
//!
//! As strict as the configuration: unknown keys, wrong types and keys that stand twice are refused with file and line,
//! all at once, in all files. Nothing of them counts while anything is wrong with one. Nothing here compares files
//! with a database.

mod find;
mod held;
mod keys;
mod people;
mod role;

pub use keys::PROVISION_KEYS;

use super::load::text;
use super::read::{self, Format};
use super::source::Source;
use super::table::{Table, place};
use super::tree::Node;
use rosterd_core::provision::{self, At, Declared, Place};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The most files that are read.
const MOST: usize = 10_000;

/// Why provisioning files cannot be used: one line for each mistake, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.join("\n"))]
pub struct ProvisionError(pub Vec<String>);

/// Reads the files that these names stand for. May wait for files.
///
/// # Errors
/// Every mistake in any of them, and every one that cannot be read.
pub fn load_provision(names: &[PathBuf]) -> Result<Declared, ProvisionError> {
    let mut errors = Vec::new();
    let (files, unfit) = find::find(names, &mut errors);
    if files.len() > MOST {
        errors.push(format!("there are more than {MOST} provisioning files"));
        return Err(ProvisionError(errors));
    }
    let mut declared = Declared { files: files.len(), unfit, ..Declared::default() };
    for path in &files {
        file(path, &mut declared, &mut errors);
    }
    if errors.is_empty() {
        errors = provision::check(&declared);
    }
    if errors.is_empty() { Ok(declared) } else { Err(ProvisionError(errors)) }
}

/// As [`load_provision`], from one text. `name` is the file in messages.
///
/// # Errors
/// Every mistake in it.
pub fn parse_provision(text: &str, format: Format, name: &str) -> Result<Declared, ProvisionError> {
    let (mut declared, mut errors) = (Declared { files: 1, ..Declared::default() }, Vec::new());
    parse(text, format, name, &mut declared, &mut errors);
    if errors.is_empty() {
        errors = provision::check(&declared);
    }
    if errors.is_empty() { Ok(declared) } else { Err(ProvisionError(errors)) }
}

fn file(path: &Path, declared: &mut Declared, errors: &mut Vec<String>) {
    let name = path.display().to_string();
    let Some(format) = Format::of(path) else {
        errors.push(format!("{name}: its name does not say its format: end it with .yaml, .yml, .toml or .json"));
        return;
    };
    match text(path) {
        Ok(text) => parse(&text, format, &name, declared, errors),
        Err(why) => errors.push(format!("{name}: it cannot be read: {why}")),
    }
}

/// Adds what a text says. `name` is the file in messages.
fn parse(text: &str, format: Format, name: &str, declared: &mut Declared, errors: &mut Vec<String>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source::new(name, text.to_owned());
    let root = match read::read(&mut source, format) {
        Ok(root) => root,
        Err(found) => return errors.extend(found.iter().map(|one| one.in_a_line())),
    };
    control_characters(&root, &source, errors);
    let known = [
        ("orgs", people::org as Reader),
        ("teams", people::team),
        ("members", people::members),
        ("roles", role::role),
        ("assignments", held::assignment),
        ("delegations", held::delegation),
        ("limits", people::limits),
        ("service_accounts", people::account),
        ("templates", held::template),
    ];
    let mut top = Table::new(&root, &source, "the file", errors);
    top.only(&known.map(|(key, _)| key));
    for (key, read) in known {
        for node in top.list(key) {
            read(node, &source, declared, top.errors);
        }
    }
}

/// Refuses texts and keys that hold control characters: databases differ in what they make of them, and so do
/// terminals. A text may have several lines.
fn control_characters(node: &Node, source: &Source, errors: &mut Vec<String>) {
    let found = |text: &str| text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    let mut refuse = |at: &Node, c: char| {
        errors.push(format!("{}: a text with a control character (U+{:04X})", place(at, source), u32::from(c)));
    };
    if let Some(c) = node.text().and_then(found) {
        refuse(node, c);
    }
    for entry in node.entries() {
        if let Some(c) = found(&entry.key) {
            refuse(&entry.node, c);
        }
    }
    node.entries().iter().map(|entry| &entry.node).chain(node.items()).for_each(|one| {
        control_characters(one, source, errors);
    });
}

/// Reads one table.
type Reader = fn(&Node, &Source, &mut Declared, &mut Vec<String>);

fn at<T>(what: T, node: &Node, source: &Source) -> At<T> {
    At { what, at: Place::new(&place(node, source)) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests;
