//! Codes, pages, examples and snapshots belong together.

use super::{bad, block, codes, folder, page, snapshot};
use crate::architecture::{files, none};
use crate::world::rosterd as program;
use rosterd::config::{Code, Diagnostics, Severity};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tempfile::TempDir;

/// Said only by a fault in rosterd itself, so no file shows it; or by a build that is not this one.
const WITHOUT_EXAMPLE: [Code; 2] = [Code::SchemaMismatch, Code::NotInThisBuild];
/// Their examples need a database: [`super::observed`] shows them.
const FROM_THE_DATABASE: [Code; 2] = [Code::GroupNeverSeen, Code::RuleMatchesNobody];

const HEAD: &str = "# Codes of diagnostics

<!-- Made from the pages in this folder by a test; change those and run
     UPDATE=1 cargo test --test it diagnostics -->

Everything that rosterd says of a configuration begins with a code in brackets, such as
`error[unknown-key]`. Codes don't change, so scripts can look for them; in JSON they are the field
`code`. `rosterd explain code unknown-key` prints the page of one, `rosterd explain code` lists all.

Errors stop rosterd (exit code 78). Warnings don't, unless `--deny-warnings` says so (exit code 3).
";

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let pages: BTreeSet<String> = files("docs/diagnostics", ".md")
        .iter()
        .filter_map(|page| page.path.strip_prefix("docs/diagnostics/")?.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(pages, codes);
    for code in Code::ALL {
        let lines = code.page().lines().count();
        assert!(
            code.page().starts_with(&format!("# {code}\n\n")) && (7..=60).contains(&lines),
            "{code}: {lines} lines"
        );
        assert!(code.page().contains("\n## What to do\n"), "{code}");
    }
}

#[test]
fn the_index_is_made_from_the_pages() {
    let mut index = HEAD.to_owned();
    for (title, severity) in [("Errors", Severity::Error), ("Warnings", Severity::Warning)] {
        write!(index, "\n## {title}\n\n| code | means |\n|---|---|\n").unwrap();
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let means: Vec<&str> = code.page().lines().skip(2).take_while(|line| !line.is_empty()).collect();
            writeln!(index, "| [{code}]({code}.md) | {} |", means.join(" ").replace('|', "\\|")).unwrap();
        }
    }
    let path = folder().join("README.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &index).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == index,
        "docs/diagnostics/README.md is not what the pages say: UPDATE=1 cargo test --test it diagnostics"
    );
}

/// The bad example is bad in just this way, and printed as it was; the good one is good.
#[test]
fn every_example_shows_its_code() {
    let pages = files("docs/diagnostics", ".md");
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied().filter(|code| !FROM_THE_DATABASE.contains(code)) {
        let page = page(&pages, code);
        let found = match bad(page) {
            Some(found) => found,
            None if WITHOUT_EXAMPLE.contains(&code) => {
                Diagnostics::of("rosterd.toml", code, "the configuration cannot be used", "what does not fit")
            }
            None => {
                wrong.push(format!("{code}: its page has no bad example"));
                continue;
            }
        };
        let said: BTreeSet<Code> = found.iter().map(|one| one.code).collect();
        if said != BTreeSet::from([code]) {
            wrong.push(format!("{code}: its bad example says {said:?}\n{found}"));
        }
        assert!(found.iter().all(|one| one.severity == code.severity()), "{code}");
        if let Some(good) = block(page, "toml") {
            let said = codes(&good);
            if !said.is_empty() {
                wrong.push(format!("{code}: its good example says {said:?}"));
            }
        }
        snapshot(&format!("{code}.txt"), &found.to_string());
    }
    none(&wrong, "pages and program differ");
}

#[test]
fn every_code_has_a_snapshot() {
    let kept: BTreeSet<String> = files("tests/it/diagnostics/snapshots", ".txt")
        .iter()
        .map(|file| file.path.rsplit('/').next().unwrap().trim_end_matches(".txt").to_owned())
        // Those of all codes, of `super::messages`.
        .filter(|name| name != "messages")
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(kept, codes);
}

#[test]
fn the_program_prints_the_pages() {
    let empty = TempDir::new().unwrap();
    let run = |args: &[&str]| program::start(empty.path(), args, &[]).wait();
    // Without a configuration: who asks this has one that does not work.
    assert_eq!(run(&["explain", "code", "unknown-key"]).expect(0).stdout, Code::UnknownKey.page());
    assert_eq!(run(&["explain", "code", "error[unknown-key]"]).expect(0).stdout, Code::UnknownKey.page());
    let unknown = run(&["explain", "code", "unknow-key"]).expect(64).stderr;
    assert!(unknown.contains("did you mean `unknown-key`?"), "{unknown}");
    let all = run(&["explain", "code"]).expect(0).stdout;
    let json: serde_json::Value =
        serde_json::from_str(&run(&["explain", "code", "-o", "json"]).expect(0).stdout).unwrap();
    assert_eq!(json["codes"].as_array().unwrap().len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(all.contains(&format!("\n{code} ")), "{code}");
    }
}

/// The last line says where codes are explained, once, and by one that was printed.
#[test]
fn a_run_ends_by_saying_where_codes_are_explained() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("rosterd.toml"), "version = 1\ncolour = 1\n[limits]\nwindow = 1\n").unwrap();
    let said = program::start(folder.path(), &["check", "config"], &[]).wait().expect(78).stderr;
    assert!(said.contains("error[unknown-key]: ") && said.contains("error[wrong-type]: "), "{said}");
    assert_eq!(said.matches("rosterd explain code").count(), 1, "{said}");
    assert!(said.ends_with("\nmore about a code: `rosterd explain code unknown-key`\n"), "{said}");
}
