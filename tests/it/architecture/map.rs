//! The pages and the tree say the same.

use super::{file, files, none, relative, root};
use std::collections::BTreeSet;
use std::fs;

/// Where a path in backticks begins, if it is one of ours.
const TOP: &[&str] =
    &["src/", "tests/", "docs/", "config/", "migrations/", "scripts/", ".ci/", "deploy/", "benches/", "fuzz/"];
/// Files at the top that the pages name.
const TOP_FILES: &[&str] =
    &["Makefile", "Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "CHANGELOG.md", "deny.toml", "clippy.toml"];

/// What stands in backticks on a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(word: &str) -> bool {
    let ours = TOP.iter().any(|top| word.starts_with(top)) || TOP_FILES.contains(&word);
    ours && !word.contains([' ', '*', '<', '{'])
}

#[test]
fn every_path_the_pages_name_exists() {
    let mut pages = files("docs", ".md");
    pages.push(file("README.md"));
    let mut missing = Vec::new();
    for page in &pages {
        for (number, line) in (1..).zip(page.text.lines()) {
            for word in quoted(line).filter(|word| is_path(word)) {
                if !root().join(word).exists() {
                    missing.push(format!("{}:{number}: {word}", page.path));
                }
            }
        }
    }
    none(&missing, "these pages name what is not there");
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let mut pages = files("docs", ".md");
    pages.push(file("README.md"));
    pages.push(file("CHANGELOG.md"));
    let mut broken = Vec::new();
    for page in &pages {
        let here = root().join(&page.path);
        for (number, line) in (1..).zip(page.text.lines()) {
            for rest in line.split("](").skip(1) {
                let target = rest.split([')', '#']).next().unwrap_or("");
                let local = !target.is_empty() && !target.contains("://");
                if local && !here.parent().unwrap().join(target).exists() {
                    broken.push(format!("{}:{number}: {target}", page.path));
                }
            }
        }
    }
    none(&broken, "these links lead nowhere");
}

#[test]
fn every_folder_and_every_file_at_the_top_of_src_is_on_the_map() {
    let map = file("docs/ARCHITECTURE.md").text;
    let named: BTreeSet<&str> = map.lines().flat_map(quoted).map(|word| word.trim_end_matches('/')).collect();
    let mut folders = vec![root().join("src")];
    let mut unnamed = Vec::new();
    while let Some(folder) = folders.pop() {
        let at_the_top = folder == root().join("src");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = relative(&path);
            if (path.is_dir() || at_the_top) && !named.contains(name.as_str()) {
                unnamed.push(name);
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    none(&unnamed, "say in docs/ARCHITECTURE.md what these are for");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| -> Vec<String> {
        files(folder, ".sql").iter().map(|f| f.path.rsplit('/').next().unwrap_or("").to_owned()).collect()
    };
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, names("migrations/postgres"));
    for (number, name) in (1..).zip(&sqlite) {
        assert!(name.starts_with(&format!("{number:04}_")), "{name} is not number {number}");
    }
}

/// The makefile's own list is what `make help` prints; a page must not promise another target.
#[test]
fn every_make_target_the_pages_name_exists() {
    let makefile = file("Makefile").text;
    let mut missing = Vec::new();
    let mut pages = files("docs", ".md");
    pages.push(file("README.md"));
    for page in &pages {
        for (number, line) in (1..).zip(page.text.lines()) {
            let commands = quoted(line).chain(std::iter::once(line));
            for target in commands.filter_map(|word| word.strip_prefix("make ")) {
                let target = target.split_whitespace().next().unwrap_or("");
                if !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))) {
                    missing.push(format!("{}:{number}: make {target}", page.path));
                }
            }
        }
    }
    none(&missing, "these targets are not in the Makefile");
}
