//! Files of cases for `rosterd test-rules`: whom the rules are asked about, and what they must say.
//!
//! As strict as the configuration: unknown keys, wrong types and keys that stand twice are refused
//! with file and line, all at once. Nothing here asks the rules.

mod case;
mod entitlement;

pub use case::{Case, Expected, Team};

use super::load::text;
use super::read::{self, Format};
use super::source::Source;
use super::table::Table;
use std::path::Path;
use thiserror::Error;

/// Why a file of cases cannot be used: one line for each mistake, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .0.join("\n"))]
pub struct CasesError(Vec<String>);

/// Reads a file of cases: YAML, TOML or JSON, by its name.
///
/// # Errors
/// Every mistake in it.
pub fn load_cases(path: &Path) -> Result<Vec<Case>, CasesError> {
    let name = path.display().to_string();
    let whole = |why: String| CasesError(vec![format!("{name}: {why}")]);
    let format = Format::of(path)
        .ok_or_else(|| whole("its name does not say its format: end it with .yaml, .yml, .toml or .json".to_owned()))?;
    let text = text(path).map_err(|why| whole(format!("it cannot be read: {why}")))?;
    parse_cases(&text, format, &name)
}

/// As [`load_cases`], from a text. `name` is the file in messages.
///
/// # Errors
/// Every mistake in it.
pub fn parse_cases(text: &str, format: Format, name: &str) -> Result<Vec<Case>, CasesError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source::new(name, text.to_owned());
    let root = read::read(&mut source, format).map_err(|found| CasesError(vec![found.to_string()]))?;
    let mut errors = Vec::new();
    let mut cases = Vec::new();
    let mut file = Table::new(&root, &source, "the file", &mut errors);
    if let Some(node) = file.required("cases") {
        let items = file.items(node, "cases");
        if items.is_some_and(<[_]>::is_empty) {
            file.refuse(node, "`cases` is empty: there is nothing to test".to_owned());
        }
        for item in items.unwrap_or_default() {
            cases.extend(case::read(item, &source, file.errors));
        }
    }
    file.only(&["cases"]);
    if errors.is_empty() { Ok(cases) } else { Err(CasesError(errors)) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use rosterd_core::rights::{OrgRole, TeamRole};

    fn refused(text: &str) -> String {
        parse_cases(text, Format::Yaml, "t.yaml").unwrap_err().to_string()
    }

    #[test]
    fn only_what_is_said_is_expected_and_null_is_said() {
        let text = r#"
cases:
  - name: an engineer
    provider: corp
    input: { groups: ["cn=sre,dc=example"] }
    expect:
      denied: false
      account: suspended
      orgs: { "1": Editor, Main: None }
      teams: [{ org: "1", team: sre, role: admin }]
      server_admin: null
  - { name: silent, provider: corp, input: {}, expect: { orgs: null } }
"#;
        let cases = parse_cases(text, Format::Yaml, "t.yaml").unwrap();
        let first = cases[0].expect.clone();
        assert_eq!(cases[0].at, "t.yaml:3");
        assert_eq!(cases[0].input.groups, Some(vec!["cn=sre,dc=example".to_owned()]));
        assert_eq!((first.denied, first.suspended, first.server_admin), (Some(false), Some(true), Some(None)));
        let orgs = first.orgs.unwrap().unwrap();
        assert_eq!(
            orgs.into_iter().collect::<Vec<_>>(),
            [("1".into(), OrgRole::Editor), ("Main".into(), OrgRole::None)]
        );
        let team = Team { org: "1".into(), team: "sre".into(), role: TeamRole::Admin };
        assert_eq!(first.teams, Some(vec![team]));
        let second = cases[1].expect.clone();
        assert_eq!((second.denied, second.orgs, second.teams, second.server_admin), (None, Some(None), None, None));
    }

    #[test]
    fn mistakes_are_found_all_at_once_with_their_lines() {
        let text = "cases:\n  - name: a\n    provder: corp\n    input: {}\n    expect: { orgs: { \"1\": editor } }\n  - name: b\n    provider: corp\n    input: { gruops: [] }\n    expect: {}\n";
        let found = refused(text);
        for line in [
            "t.yaml:3: unknown key `provder`",
            "t.yaml:2: `provider` is missing",
            "t.yaml:5: `1` must be None, Viewer, Editor or Admin",
            "t.yaml:8: `input`: unknown key \"gruops\"",
            "t.yaml:9: `expect` says nothing",
        ] {
            assert!(found.contains(line), "{line} is not in\n{found}");
        }
        assert_eq!(found.lines().count(), 5, "{found}");
    }

    #[test]
    fn what_is_no_file_of_cases_is_refused() {
        assert!(refused("").contains("`cases` is missing"));
        assert!(refused("cases: []\n").contains("nothing to test"));
        assert!(refused("cases: 1\n").contains("t.yaml:1: `cases` must be a list"));
        assert!(refused("cases: []\nother: 1\n").contains("t.yaml:2: unknown key `other`"));
        assert!(refused("cases:\n  - name: a\n    name: b\n").contains("twice"));
        let deep =
            format!("cases:\n  - {{ name: a, provider: p, expect: {{ denied: true }}, input: {}", "{a: ".repeat(200));
        assert!(refused(&deep).contains("nested too deeply"));
        let many = format!(
            "cases:\n  - {{ name: a, provider: p, expect: {{ denied: true }}, input: {{ groups: [{}] }} }}\n",
            "g,".repeat(200_001)
        );
        assert!(refused(&many).contains("more than 200000 values"));
    }
}
