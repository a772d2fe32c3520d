//! From a file and the environment to a [`Config`], or to every reason why not.

use super::check::{self, Report};
use super::diagnostic::Diagnostics;
use super::overrides;
use super::places::Places;
use super::read::{self, Format};
use super::source::Source;
use super::tree::{Node, Value as Tree};
use super::{Code, Config, paths, validate};
use rosterd_core::text::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The largest file that is read, in bytes: some 100,000 rules.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    /// What is allowed, but probably not meant.
    pub warnings: Diagnostics,
    /// SHA-256, in hexadecimal, of the configuration with its defaults and overrides, as JSON
    /// with sorted keys. Relative paths count as they are written.
    pub hash: String,
    pub places: Places,
}

/// Reads a file, puts the environment's `ROSTERD__…` settings over it, and checks the whole.
/// Relative paths in it then start at the file's folder.
pub fn load(path: &Path, env: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let (root, source) = open(path)?;
    let mut loaded = finish(root, &source, env)?;
    paths::resolve(&mut loaded.config, folder(path));
    Ok(loaded)
}

/// Other rules, to be tried: a whole configuration, or a file without `providers`, to which `base`
/// adds every section that it does not have.
pub fn load_rules(path: &Path, base: &Path, env: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let (mut root, source) = open(path)?;
    let whole = root.get("providers").is_some();
    if let (false, Tree::Map(entries)) = (whole, &mut root.value) {
        let (rest, _) = open(base)?;
        let from: Arc<str> = base.display().to_string().into();
        let Tree::Map(rest) = rest.moved_to(&from).value else { return load(path, env) };
        let new: Vec<_> =
            rest.into_iter().filter(|entry| !entries.iter().any(|other| other.key == entry.key)).collect();
        entries.extend(new);
    }
    let mut loaded = finish(root, &source, env)?;
    paths::resolve(&mut loaded.config, folder(if whole { path } else { base }));
    Ok(loaded)
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn open(path: &Path) -> Result<(Node, Source), Diagnostics> {
    let name = path.display().to_string();
    let format = Format::of(path).ok_or_else(|| {
        Diagnostics::of(
            &name,
            Code::FileFormat,
            "the file's name does not say its format",
            "end it with .toml, .yaml, .yml or .json",
        )
    })?;
    let text = text(path)
        .map_err(|why| Diagnostics::of(&name, Code::FileUnreadable, "the configuration file cannot be read", why))?;
    tree(&text, format, &name)
}

/// The whole text of a file that a person wrote.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| error.to_string();
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|b| **b == b'\n').count() + 1;
        format!("line {line} is not UTF-8: save it in that encoding")
    })
}

/// As [`load`], from a text. Paths stay as they are written. `name` is the file in messages.
pub fn parse(text: &str, format: Format, name: &str, env: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let (root, source) = tree(text, format, name)?;
    finish(root, &source, env)
}

fn tree(text: &str, format: Format, name: &str) -> Result<(Node, Source), Diagnostics> {
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source::new(name, text.to_owned());
    let root = read::read(&mut source, format)?;
    Ok((root, source))
}

/// Checks the whole of a tree.
fn finish(mut root: Node, source: &Source, env: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let mut found = Diagnostics::default();
    overrides::apply(&mut root, &overrides::from_environment(env), source, &mut found);
    validate::validate(&root, source, &mut found);
    check::check(&root, &mut Report { source, found: &mut found });
    let found = found.sorted();
    if found.has_errors() {
        return Err(found);
    }
    // The tree fits the schema, which is made from these structs: what is left is a schema that
    // promises more than they take.
    let config: Config = serde_json::from_value(root.to_json()).map_err(|error| {
        Diagnostics::of(source.name(), Code::SchemaMismatch, "the configuration cannot be used", error.to_string())
    })?;
    let hash = hash(&config).map_err(|error| {
        Diagnostics::of(source.name(), Code::SchemaMismatch, "the configuration cannot be written", error)
    })?;
    Ok(Loaded { places: Places::of(&root, source), config, warnings: found, hash })
}

fn hash(config: &Config) -> Result<String, String> {
    let value = serde_json::to_value(config).map_err(|error| error.to_string())?;
    let digest = Sha256::digest(sorted(value).to_string());
    Ok(hex(&digest))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            map.into_iter().collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}
