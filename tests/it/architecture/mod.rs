//! Holds `docs/ARCHITECTURE.md` true: what it names exists, what exists is named, imports go the way
//! it draws, and what it says is nowhere is nowhere.

mod absences;
mod imports;
mod map;
mod secrets;

use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub struct Source {
    /// From the repository's root, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The code without comments, each line with its number from 1. A `//` in a string cuts the
    /// line too: what is searched for here is never behind one.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).map(|(number, line)| (number, line.split("//").next().unwrap_or("")))
    }

    /// The same, up to the unit tests at the end.
    fn code_without_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        // A module in a file of its own is declared among the others, and code follows.
        let is_here = |at: &usize| {
            let module = lines[*at..].iter().find(|line| line.starts_with("mod ") || line.starts_with("pub mod "));
            lines[*at].starts_with("#[cfg(test)]") && module.is_some_and(|line| line.ends_with('{'))
        };
        let end = (0..lines.len()).find(is_here).unwrap_or(lines.len());
        self.code().take(end)
    }
}

/// Every file below `folder` whose name ends in `suffix`, sorted by path.
pub fn files(folder: &str, suffix: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push(source(&path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    Source { path: relative(path), text }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// A file by its path from the root.
pub fn file(path: &str) -> Source {
    source(&root().join(PathBuf::from(path)))
}

/// Fails with all findings at once.
pub fn none(findings: &[String], what_to_do: &str) {
    assert!(findings.is_empty(), "{what_to_do}:\n  {}", findings.join("\n  "));
}
