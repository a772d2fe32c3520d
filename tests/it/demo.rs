//! `rosterd demo` tells its story with the real commands, and the README shows what it prints.

use crate::architecture::file;
use crate::world::rosterd::{self, Outcome};
use crate::world::wait_until;
use ::rosterd::demo::{JOINER, LEAVER, MOVER, RENAMED};
use std::path::Path;
use tempfile::TempDir;

fn demo(folder: &Path) -> Outcome {
    rosterd::start(folder, &["demo", "--dir", "acme"], &[]).wait().expect(0)
}

/// What one command printed: from its line, the `nth` of them, to the next one.
fn printed(output: &str, command: &str, nth: usize) -> Vec<String> {
    let start = format!("$ rosterd {command}");
    let mut lines = output.lines().skip_while(|line| *line != start).collect::<Vec<_>>();
    for _ in 0..nth {
        let at = lines.iter().skip(1).position(|line| *line == start).unwrap() + 1;
        lines.drain(..at);
    }
    let end = |line: &&&str| !line.starts_with("$ ") && !line.starts_with("# ");
    lines[1..].iter().take_while(end).filter(|line| !line.is_empty()).map(|line| (*line).to_owned()).collect()
}

#[test]
fn the_demo_shows_a_day_of_a_company_and_a_hold() {
    let folder = TempDir::new().unwrap();
    let outcome = demo(folder.path());
    let out = &outcome.stdout;
    assert!(outcome.stderr.is_empty() && !out.contains('\u{1b}'), "{outcome:#?}");

    let first = printed(out, "plan", 0);
    assert!(first.iter().any(|line| line.contains("complete read of 200 people and 27 groups")), "{first:#?}");
    assert!(first.len() < 20 && first.iter().any(|line| line.ends_with(" more lines")), "{first:#?}");
    assert!(printed(out, "sync", 0).last().unwrap().contains("added=637 changed=0 removed=0"));
    let why = printed(out, &format!("explain user {MOVER}"), 0).join("\n");
    assert!(
        why.contains(&format!("by engineers (rosterd.toml:19), {MOVER} → team-payments → dept-engineering")),
        "{why}"
    );

    let day = printed(out, "plan", 1);
    let has = |parts: &[&str]| {
        assert!(day.iter().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in {day:#?}");
    };
    has(&["- team role", "payments", MOVER]);
    has(&["+ team role", "platform", MOVER]);
    has(&["- user", LEAVER, "suspended"]);
    has(&["+ user", JOINER]);
    has(&["~ team", &format!("{} → {}", RENAMED.0, RENAMED.1)]);
    has(&["4 to add, 1 to change, 4 to remove"]);
    assert_eq!(day.len(), 11, "just that: {day:#?}");
    assert!(printed(out, "sync", 1)[0].contains("added=4 changed=1 removed=4"));
    assert!(printed(out, "sync", 2)[0].contains("changes=0"));

    let held = printed(out, "sync", 3).join("\n");
    assert!(held.contains("HELD (pending): 67 users removed") && held.ends_with("(exit code 4)"), "{held}");
    assert!(printed(out, "holds list", 0)[1].contains("more"), "{out}");
    assert!(printed(out, "sync", 4)[0].contains("read=200 people, 27 groups changes=0"));

    // What it names is there, and as the story left it.
    let acme = folder.path().join("acme");
    let status = rosterd::start(&acme, &["status", "--output", "json"], &[]).wait().expect(0).json();
    assert_eq!((&status["users"]["active"], &status["users"]["suspended"]), (&200.into(), &1.into()));
    rosterd::start(&acme, &["audit", "verify"], &[]).wait().expect(0);
}

#[test]
fn a_folder_that_is_in_use_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rosterd.toml");
    std::fs::write(&path, "mine").unwrap();
    let outcome = rosterd::start(folder.path(), &["demo", "--dir", "."], &[]).wait().expect(1);
    outcome.says("has a rosterd.toml already");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn staying_goes_on_until_it_is_told_to_stop_and_cleans_up() {
    for signal in ["INT", "TERM"] {
        let (folder, temporary) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let here = temporary.path().to_str().unwrap();
        let running = rosterd::start(folder.path(), &["demo", "--stay"], &[("TMPDIR", here)]);
        let made = || std::fs::read_dir(temporary.path()).unwrap().count();
        assert!(wait_until(60, || running.stderr_so_far().contains("nothing to change")), "{running:?}");
        assert_eq!(made(), 1);
        running.signal(signal);
        running.wait().expect(0).says("running; Ctrl-C ends it").says("is removed");
        assert_eq!(made(), 0, "the temporary folder is gone");
    }
}

/// Times, memory and folders differ each time; nothing else does.
fn steady(line: &str) -> String {
    let words = line.split(' ').map(|word| match word {
        _ if word.starts_with("elapsed=") => "elapsed=…".to_owned(),
        _ if word.starts_with("mem=") => "mem=…".to_owned(),
        _ if is_moment(word) => "TIME".to_owned(),
        _ if word.len() > 1 && word.starts_with('/') => "FOLDER".to_owned(),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// Such as `2026-11-21T01:27:31Z`, with or without a sign behind it.
fn is_moment(word: &str) -> bool {
    let word = word.trim_end_matches([':', ',']);
    word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let readme = file("README.md").text;
    let block = readme.split("<!-- demo: begin -->").nth(1).unwrap().split("<!-- demo: end -->").next().unwrap();
    let lines: Vec<&str> = block.lines().filter(|line| !line.is_empty() && !line.starts_with("```")).collect();
    assert!(lines.len() > 20, "the README shows too little of the demo");
    let folder = TempDir::new().unwrap();
    let real: Vec<String> = demo(folder.path()).stdout.lines().map(steady).collect();
    let mut from = 0;
    for line in lines {
        // What the README leaves out, it says.
        if line == "…" {
            continue;
        }
        let found = real[from..].iter().position(|other| *other == steady(line));
        from +=
            found.unwrap_or_else(|| panic!("the demo does not print, or not there: {line}\n{}", real.join("\n"))) + 1;
    }
}
