//! Imports go one way, and core stays pure.

use super::{Source, file, files, none};
use std::collections::BTreeMap;

/// What each module at the top of `src` may import from the others. Core is a crate of its own and
/// is everybody's.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("random", &[]),
    ("fault", &[]),
    ("demo", &[]),
    ("telemetry", &["config", "clock"]),
    ("config", &[]),
    ("import", &["config"]),
    ("jose", &["config"]),
    ("fetch", &["jose"]),
    ("saml", &["config"]),
    ("providers", &["config", "jose", "saml", "fetch", "clock", "random", "telemetry"]),
    ("store", &["config", "clock", "random", "fault", "telemetry"]),
    ("sync", &["config", "providers", "store", "clock", "random", "fault", "telemetry"]),
    ("lifecycle", &["config", "clock"]),
    ("worker", &["config", "providers", "store", "sync", "lifecycle", "clock", "random", "telemetry"]),
    ("hooks", &["config", "jose", "fetch", "providers", "store", "sync", "worker", "clock", "random", "telemetry"]),
    ("seal", &["config", "random"]),
    ("logins", &["config", "fetch", "providers", "store", "sync", "hooks", "seal", "random", "telemetry"]),
    ("signals", &["config", "jose", "fetch", "providers", "store", "sync", "hooks", "logins", "telemetry"]),
    ("explain", &["config", "store", "sync"]),
    ("http", &["config", "store", "sync", "explain", "worker", "hooks", "logins", "clock", "random", "telemetry"]),
    (
        "daemon",
        &[
            "config",
            "providers",
            "store",
            "sync",
            "worker",
            "hooks",
            "logins",
            "signals",
            "http",
            "lifecycle",
            "clock",
            "random",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "config",
            "providers",
            "store",
            "sync",
            "worker",
            "hooks",
            "signals",
            "daemon",
            "import",
            "clock",
            "random",
            "demo",
            "telemetry",
            "http",
            "explain",
        ],
    ),
];

/// What makes code impure, and what it would be.
const IMPURE: &[(&str, &str)] = &[
    ("std::fs", "files"),
    ("std::net", "sockets"),
    ("std::env", "the environment"),
    ("std::process", "processes"),
    ("std::thread", "threads"),
    ("std::io", "input and output"),
    ("SystemTime", "a clock"),
    ("Instant", "a clock"),
    ("RandomState", "a random number"),
    ("tokio", "a runtime"),
    ("async fn", "a runtime"),
    ("sqlx", "a database"),
    ("rusqlite", "a database"),
    ("println!", "a terminal"),
    ("eprintln!", "a terminal"),
];

/// Crates that core may be built from: none of them does input or output.
const CORE_CRATES: &[&str] =
    &["jmespath", "memchr", "regex", "serde", "serde_json", "sha2", "siphasher", "thiserror", "unicode-normalization"];

/// The names that follow `crate::` on a line; `crate::{a, b::c}` gives both.
fn imported(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(first_word(rest)),
            Some(list) => {
                let mut depth = 0;
                for part in list.split_inclusive(['{', ',', '}']) {
                    if depth == 0 {
                        names.push(first_word(part.trim_start()));
                    }
                    depth += match part.chars().last() {
                        Some('{') => 1,
                        Some('}') => -1,
                        _ => 0,
                    };
                }
            }
        }
    }
    // Without the empty ends of lists.
    names.retain(|name| !name.is_empty());
    names
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
}

/// `src/store/sqlite/mod.rs` is in `store`.
fn module(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap_or("").trim_end_matches(".rs")
}

/// How many `super::` lead from a file's own code to the top of the crate.
fn depth(path: &str) -> usize {
    let parts = path.trim_start_matches("src/").trim_end_matches("/mod.rs").trim_end_matches(".rs");
    parts.split('/').count()
}

/// The name that a chain of `super::` reaches at the top, if it climbs that far.
fn climbed(path: &str, line: &str) -> Option<String> {
    let start = line.find("super::")?;
    let rest = line[start..].trim_start_matches("super::");
    let steps = (line.len() - start - rest.len()) / "super::".len();
    (steps >= depth(path)).then(|| first_word(rest).to_owned())
}

#[test]
fn imports_go_one_way() {
    let may: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut against = Vec::new();
    let own_crates = ["src/core/", "src/xmldsig/"];
    for source in files("src", ".rs").iter().filter(|s| !own_crates.iter().any(|own| s.path.starts_with(own))) {
        let from = module(&source.path);
        if from == "lib" || from == "main" {
            continue;
        }
        let Some(allowed) = may.get(from) else {
            against.push(format!("{}: {from} is not in the list of this test", source.path));
            continue;
        };
        for (number, line) in joined(source) {
            let climbed = climbed(&source.path, &line);
            for to in imported(&line).into_iter().chain(climbed.as_deref()) {
                if to != from && may.contains_key(to) && !allowed.contains(&to) {
                    against.push(format!("{}:{number}: {from} imports {to}", source.path));
                }
            }
        }
    }
    none(&against, "imports go core <- config <- providers, store <- sync <- worker <- cli <- main");
}

/// Statements on one line each, so that a list over several lines is one import. Only `use` is
/// joined: everything else names its path on one line.
fn joined(source: &Source) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in source.code() {
        if open && let Some((_, last)) = lines.last_mut() {
            last.push_str(line.trim());
        } else {
            lines.push((number, line.trim().to_owned()));
            open = line.trim_start().trim_start_matches("pub ").starts_with("use ");
        }
        open = open && !line.contains(';');
    }
    lines
}

#[test]
fn core_is_pure() {
    let mut impure = Vec::new();
    for source in files("src/core", ".rs") {
        for (number, line) in source.code_without_tests() {
            for (word, what) in IMPURE.iter().filter(|(word, _)| line.contains(word)) {
                impure.push(format!("{}:{number}: {word} ({what})", source.path));
            }
        }
    }
    none(&impure, "core decides from its arguments alone; hand these over as parameters");
}

#[test]
fn core_depends_on_nothing_that_does_input_or_output() {
    let manifest = file("src/core/Cargo.toml");
    let mut section = "";
    let mut others = Vec::new();
    for line in manifest.text.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section == "[dependencies]"
            && let Some((name, _)) = line.split_once([' ', '.', '='])
            && !CORE_CRATES.contains(&name)
            && !name.starts_with('#')
        {
            others.push(name.to_owned());
        }
    }
    none(&others, "core must stay pure: see what these crates do before they join the list of this test");
}

#[test]
fn reads_imports_as_they_are_written() {
    assert_eq!(imported("use crate::config::Ldap;"), ["config"]);
    assert_eq!(imported("use crate::{config::{Ldap, File}, store};"), ["config", "store"]);
    assert_eq!(imported("let a = crate::sync::run(crate::store::open());"), ["sync", "store"]);
    assert_eq!(climbed("src/store/sqlite/mod.rs", "use super::super::sync::x;").as_deref(), Some("sync"));
    assert_eq!(climbed("src/store/sqlite/mod.rs", "use super::shared::x;"), None);
    assert_eq!(climbed("src/clock.rs", "use super::config;").as_deref(), Some("config"));
}
