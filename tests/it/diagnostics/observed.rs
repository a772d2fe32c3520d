//! `rosterd check rules`: what only the database can tell of rules.

use super::{block, page, snapshot};
use crate::architecture::files;
use crate::world::rosterd as program;
use rosterd::config::Code;
use tempfile::TempDir;

const PEOPLE: &str = "\
people:
  - id: u1
    login: ann
groups:
  - id: g1
    name: sre
    members: [ann]
  - id: g2
    name: contractor-empty
";

/// A folder with these rules and the people above, read once.
fn site(config: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let config = config.replacen("version = 1\n", "version = 1\n[database]\nurl = \"sqlite:rosterd.db\"\n", 1);
    std::fs::write(folder.path().join("rosterd.toml"), config).unwrap();
    std::fs::write(folder.path().join("people.yaml"), PEOPLE).unwrap();
    folder
}

fn run(folder: &TempDir, args: &[&str]) -> program::Outcome {
    program::start(folder.path(), args, &[]).wait()
}

#[test]
fn the_pages_examples_are_said_after_a_run() {
    let pages = files("docs/diagnostics", ".md");
    for code in [Code::GroupNeverSeen, Code::RuleMatchesNobody] {
        let folder = site(&block(page(&pages, code), "toml bad").unwrap());
        let before = run(&folder, &["check", "rules"]).expect(0);
        assert_eq!(before.stdout, "rosterd.toml: nothing to say of its rules\n", "nothing was read yet");
        run(&folder, &["sync"]).expect(0);
        let after = run(&folder, &["check", "rules"]).expect(0);
        snapshot(&format!("{code}.txt"), &after.stdout);
        assert_eq!(after.stdout.matches("warning[").count(), 1, "{}", after.stdout);
        assert!(after.stdout.starts_with(&format!("warning[{code}]: ")), "{}", after.stdout);
        run(&folder, &["check", "rules", "--deny-warnings"]).expect(3);
        let json = run(&folder, &["check", "rules", "-o", "json"]).expect(0).stdout;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["warnings"][0]["code"], &json["providers_read"][0]), (&code.as_str().into(), &"corp".into()));
    }
}

/// Neither what has people, nor what needs more than groups, nor a group that is only empty.
#[test]
fn what_it_does_not_say() {
    let rules = |matches: &str| {
        format!(
            "version = 1\n[providers.corp]\nfile.path = \"people.yaml\"\n[[rules]]\nid = \"r\"\nmatch.{matches}\n\
             org = \"o\"\nteam = \"t\"\n"
        )
    };
    for (matches, said) in [
        ("group = 'SRE'", ""),
        ("group_exact = 'sre'", ""),
        ("group = '*'", ""),
        ("none = [{ group = 'sre' }]", ""),
        ("any = [{ group = 'sre' }, { group_glob = 'x*' }]", ""),
        ("claim = { path = 'department', equals = 'x' }", ""),
        ("group = 'contractor-empty'", "rule-matches-nobody"),
        ("all = [{ group = 'sre' }, { group = 'contractor-empty' }]", "rule-matches-nobody"),
        ("none = [{ group = 'srx' }]", "group-never-seen"),
        ("any = [{ group = 'sre' }, { group = 'cn=sre,dc=x' }]", "group-never-seen"),
    ] {
        let folder = site(&rules(matches));
        run(&folder, &["sync"]).expect(0);
        let found = run(&folder, &["check", "rules"]).expect(0).stdout;
        let expected = if said.is_empty() { "rosterd.toml: nothing".to_owned() } else { format!("warning[{said}]") };
        assert!(found.starts_with(&expected), "{matches}\n{found}");
    }
}

/// The lints of the file come first, as `check config` says them.
#[test]
fn it_says_what_check_config_says_as_well() {
    let folder = site("version = 1\n[[rules]]\nid = \"r\"\nmatch.group = \"*\"\nserver_admin = true\n");
    let said = run(&folder, &["check", "rules", "--deny-warnings"]).expect(3);
    assert!(said.stdout.contains("warning[admin-for-everybody]"), "{}", said.stdout);
    assert_eq!(said.stdout.matches("rosterd explain code").count(), 1);
}
