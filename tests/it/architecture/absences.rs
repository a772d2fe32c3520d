//! What is said to be nowhere is nowhere.

use super::{files, none};

/// The most lines a file under `src` may have. Split by idea before that.
const LONGEST: usize = 400;

/// Where the environment may be read: it is the operator's word there, or a test's.
const READS_ENVIRONMENT: &[&str] =
    &["src/config/", "src/cli/", "src/lifecycle/systemd.rs", "src/main.rs", "src/fault.rs"];

/// Findings of `word` in code under `src`, outside the places named.
fn outside(word: &str, allowed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in files("src", ".rs") {
        if allowed.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for (number, _) in source.code_without_tests().filter(|(_, line)| line.contains(word)) {
            found.push(format!("{}:{number}: {word}", source.path));
        }
    }
    found
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = files("src", ".rs")
        .iter()
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&long, "split these by idea");
}

/// `expect` fails when what it expects is gone; `allow` stays for ever.
#[test]
fn no_lint_is_silenced_for_good() {
    let needles = [["#[", "allow("].concat(), ["#![", "allow("].concat()];
    let mut silenced = Vec::new();
    for source in files("src", ".rs")
        .iter()
        .chain(&files("tests", ".rs"))
        .chain(&files("benches", ".rs"))
        .chain(&files("fuzz", ".rs"))
    {
        for (number, line) in source.code() {
            if needles.iter().any(|needle| line.contains(needle)) {
                silenced.push(format!("{}:{number}", source.path));
            }
        }
    }
    none(&silenced, "write #[expect(lint, reason = \"…\")] instead");
}

#[test]
fn every_folder_opens_with_what_it_does() {
    let silent: Vec<String> = files("src", ".rs")
        .iter()
        .filter(|s| s.path.ends_with("/mod.rs") || s.path.ends_with("/lib.rs") || s.path.matches('/').count() == 1)
        .filter(|s| !s.text.starts_with("//!"))
        .map(|s| s.path.clone())
        .collect();
    none(&silent, "begin these with //! and what the module does, and what must never be in it");
}

#[test]
fn only_the_operators_side_reads_the_environment() {
    let mut found = outside("env::var", READS_ENVIRONMENT);
    found.extend(outside("env::vars", READS_ENVIRONMENT));
    none(&found, "hand the value over as a parameter");
}

/// N3: rosterd reads people's own grants; the statements that set them are people's.
#[test]
fn n3_no_statement_writes_a_manual_column() {
    let mut found = Vec::new();
    // What a person gives and takes back is theirs.
    let by_hand = "src/store/roles/";
    for source in files("src", ".rs").iter().chain(&files("src", ".sql")) {
        if source.path.starts_with(by_hand) {
            continue;
        }
        for (number, line) in source.code_without_tests() {
            let line: String = line.split_whitespace().collect();
            if ["manual_role=excluded", "manual_admin=excluded", "SETmanual_", ",manual_role=", ",manual_admin="]
                .iter()
                .any(|write| line.contains(write))
            {
                found.push(format!("{}:{number}", source.path));
            }
        }
    }
    none(&found, "what rosterd did not grant, it does not take");
}

/// N5: one place appends to the audit chain, so that one place can be held to its order.
#[test]
fn n5_only_the_store_writes_audit_records() {
    let found: Vec<String> = ["INTO audit", "COPY audit", "UPDATE audit", "FROM audit"]
        .iter()
        .flat_map(|statement| outside(statement, &["src/store/"]))
        .collect();
    none(&found, "audit records are written and read by the store");
    let mut changed = outside("UPDATE audit", &[]);
    changed.extend(outside("DELETE FROM audit", &[]));
    none(&changed, "nothing ever changes an audit record");
}

/// The libraries of one folder are nobody else's: a second way to the wire is a second set of limits.
#[test]
fn databases_are_spoken_to_by_the_store_alone() {
    let mut found = outside("sqlx::", &["src/store/"]);
    found.extend(outside("rusqlite::", &["src/store/"]));
    none(&found, "go through the trait Store");
}

/// Printing is for `cli`: everything else hands over what there is to say.
#[test]
fn only_commands_print() {
    let mut found = outside("println!", &["src/cli/", "src/main.rs"]);
    found.extend(outside("print!", &["src/cli/", "src/main.rs"]));
    none(&found, "return it, or log one line by tracing");
}
