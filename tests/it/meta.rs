//! What describes the program is made from the program.

use crate::world::rosterd;
use tempfile::TempDir;

fn run(args: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    rosterd::start(folder.path(), args, &[]).wait().expect(0).stdout
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        for word in ["explain", "detailed-exitcode", "holds"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages_are_there_for_each_command() {
    let page = run(&["man"]);
    assert!(page.contains(".TH rosterd 1") && page.contains("Exit codes"), "{page}");
    let folder = TempDir::new().unwrap();
    rosterd::start(folder.path(), &["man", "--dir", "."], &[]).wait().expect(0);
    for name in ["rosterd.1", "rosterd-sync.1", "rosterd-explain.1", "rosterd-explain-user.1", "rosterd-demo.1"] {
        let page = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(page.contains(".SH"), "{name}");
    }
}

/// The page and the help name the same codes.
#[test]
fn help_mentions_the_exit_codes() {
    let help = run(&["--help"]);
    let codes = help.split("Exit codes:").nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let page = crate::architecture::file("docs/exit-codes.md").text;
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok());
    let mut seen = 0;
    for code in rows {
        seen += 1;
        assert!(format!(", {codes}").contains(&format!(", {code} ")), "{code} in {codes}");
    }
    assert_eq!(seen, 8);
}
