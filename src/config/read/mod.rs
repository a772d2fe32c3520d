//! From text to tree: one reader a format, each with places, none with an opinion on keys.
//!
//! All three refuse duplicate keys and deep nesting; YAML anchors, aliases and tags are refused
//! altogether, because what a file says should be read in one place of it.

mod json;
mod toml;
mod yaml;

use super::code::Code;
use super::diagnostic::Diagnostics;
use super::source::Source;
use super::tree::{Node, Origin, sounds_secret};
use std::ops::Range;
use std::path::Path;

/// How a configuration file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    /// By the end of the file's name: `.toml`, `.yaml`, `.yml`, `.json`.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Why a text could not be read, and where.
#[derive(Debug)]
struct Fault {
    code: Code,
    at: Range<usize>,
    message: String,
    help: String,
}

impl Fault {
    fn new(at: Range<usize>, code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, at, message: message.into(), help: help.into() }
    }

    fn deep(at: Range<usize>) -> Self {
        Self::new(
            at,
            Code::TooDeep,
            "the file is nested too deeply",
            format!("at most {} levels", super::tree::DEEPEST),
        )
    }

    fn duplicate(at: Range<usize>, key: &str) -> Self {
        Self::new(
            at,
            Code::DuplicateKey,
            format!("{} is there twice", super::words::quoted(key)),
            "remove one of the two",
        )
    }
}

/// Reads the text of a source, and tells it what not to show.
pub(super) fn read(source: &mut Source, format: Format) -> Result<Node, Diagnostics> {
    let read = match format {
        Format::Toml => toml::read(source.text()),
        Format::Yaml => yaml::read(source.text()),
        Format::Json => json::read(source),
    };
    match read {
        Ok(node) => {
            source.hide(node.secrets());
            Ok(node)
        }
        Err(fault) => {
            source.hide(lines_with_secrets(source.text()));
            let mut list = Diagnostics::default();
            list.say(source, &Origin::File(fault.at), fault.code, fault.message, fault.help);
            Err(list)
        }
    }
}

/// Without a tree, whatever follows a word that sounds like a secret may be one; if little does,
/// it may be on the next line.
fn lines_with_secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let end = start + content.len();
        if continued && !content.is_empty() {
            found.push(start..end);
            continued = false;
        } else if sounds_secret(line) || line.contains("://") && line.contains('@') {
            let value = content.find(['=', ':']).map_or(0, |at| at + 1);
            continued = content.get(value..).unwrap_or_default().trim().len() <= 3;
            found.push(start + value..end);
        }
        start += line.len();
    }
    found.retain(|range| !range.is_empty());
    found
}
