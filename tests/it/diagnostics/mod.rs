//! Everything that rosterd says of a configuration has a code, a page that shows it happen, and a
//! printed form that changes only on purpose.

mod agree;
mod hostile;
mod lints;
mod messages;
mod observed;
mod pages;

use crate::architecture::Source;
use rosterd::config::{Code, Diagnostics, Format, load, parse};
use std::path::{Path, PathBuf};

/// Where the pages are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics")
}

/// What is said of a text.
fn found(text: &str, format: Format, env: &[(String, String)]) -> Diagnostics {
    match parse(text, format, "rosterd.toml", env) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    }
}

/// The same in short, for TOML: each code once, in the order of the codes.
fn codes(text: &str) -> Vec<Code> {
    let mut codes: Vec<Code> = found(text, Format::Toml, &[]).iter().map(|one| one.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// A fenced block of a page: what stands behind the fence, and its lines.
fn block(page: &str, fence: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("```{fence}\n"))?;
    Some(rest.split_once("```")?.0.to_owned())
}

/// What the bad example of a page makes rosterd say, or nothing where the page has none that is
/// loaded.
fn bad(page: &str) -> Option<Diagnostics> {
    for (language, format) in [("toml", Format::Toml), ("yaml", Format::Yaml), ("json", Format::Json)] {
        if let Some(text) = block(page, &format!("{language} bad")) {
            return Some(found(&text, format, &[]));
        }
    }
    let shell = block(page, "sh bad")?;
    if let Some(file) = shell.trim().strip_prefix("rosterd check config --config ") {
        return load(Path::new(file), &[]).err();
    }
    let env: Vec<(String, String)> = shell
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Some(found("version = 1\n", Format::Toml, &env))
}

/// Holds a text against a file beside this one.
#[track_caller]
fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/diagnostics/snapshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{name} is not what is printed now:\n{text}\nif it should be:\n  UPDATE=1 cargo test --test it diagnostics"
    );
}

/// The page of a code.
fn page(pages: &[Source], code: Code) -> &str {
    let name = format!("docs/diagnostics/{code}.md");
    &pages.iter().find(|page| page.path == name).unwrap_or_else(|| panic!("{name} is missing")).text
}
