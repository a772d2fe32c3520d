//! People and groups in YAML (or JSON, which is YAML).
//!
//! ```yaml
//! people:
//!   - { id: "1", login: ana.silva, name: Ana Silva, email: ana@example.org, groups: [sre] }
//! groups:
//!   - { id: g-1, name: sre, members: [ana.silva], groups: [engineering] }
//! ```
//!
//! A file that people write by hand: whatever does not fit is refused with its line and column,
//! and there are no defaults that a forgotten line could fall back to.

use super::{Refused, said};
use crate::providers::Progress;
use rosterd_core::snapshot::{GroupFields, GroupIndex, PersonFields, PersonIndex, SnapshotBuilder};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Location, Spanned};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The whole file. Both lists must be there, so that a file that ends early is noticed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    #[serde(deserialize_with = "list")]
    people: Vec<Person>,
    #[serde(deserialize_with = "list")]
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    /// Never changes, never given to somebody else.
    id: Spanned<String>,
    login: Spanned<String>,
    name: Option<String>,
    email: Option<String>,
    /// Names of groups.
    #[serde(default, deserialize_with = "list")]
    groups: Vec<Spanned<String>>,
    /// As a directory would have them.
    attributes: Option<said::Attributes>,
    /// As a login would bring them.
    claims: Option<said::Claims>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Never changes, never given to another group.
    id: Spanned<String>,
    name: Spanned<String>,
    /// Logins of people.
    #[serde(default, deserialize_with = "list")]
    members: Vec<Spanned<String>>,
    /// Names of groups that this group is in.
    #[serde(default, deserialize_with = "list")]
    groups: Vec<Spanned<String>>,
}

/// A list that is there: a key with nothing behind it may be all that is left of one.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Option::<Vec<T>>::deserialize(deserializer)?;
    list.ok_or_else(|| D::Error::custom("there is nothing here; write [] for an empty list"))
}

/// Claims may be nested; everything else is flat.
const MOST_DEPTH: usize = 64;

/// Reads all people and groups of `file`.
///
/// # Errors
/// The first place where the file breaks its format.
pub(super) fn read(file: &[u8], builder: &mut SnapshotBuilder, progress: &Progress) -> Result<(), Refused> {
    let lists = parse(file)?;
    let mut logins: HashMap<&str, (PersonIndex, Location)> = HashMap::new();
    let mut names: HashMap<&str, (GroupIndex, Location)> = HashMap::new();
    let mut ids = HashMap::new();
    for person in &lists.people {
        unique(&mut ids, &person.id, "the id", ())?;
        let claims = said::text(person.attributes.as_ref(), person.claims.as_ref())
            .map_err(|what| refused(&person.id.referenced, format!("this person has {what}")))?;
        let fields = PersonFields {
            subject: &person.id.value,
            dn: None,
            login: Some(&person.login.value),
            name: person.name.as_deref(),
            email: person.email.as_deref(),
            claims: claims.as_deref(),
        };
        if let Some(index) = builder.person(fields) {
            unique(&mut logins, &person.login, "the login", index)?;
        }
    }
    let mut ids = HashMap::new();
    for group in &lists.groups {
        unique(&mut ids, &group.id, "the id", ())?;
        let fields = GroupFields { subject: &group.id.value, dn: None, name: &group.name.value };
        if let Some(index) = builder.group(fields) {
            unique(&mut names, &group.name, "the group name", index)?;
        }
    }
    for person in &lists.people {
        let at = find(&logins, &person.login, "a person with the login")?;
        for group in &person.groups {
            builder.member(at, find(&names, group, "a group")?);
        }
    }
    for group in &lists.groups {
        let at = find(&names, &group.name, "a group")?;
        for member in &group.members {
            builder.member(find(&logins, member, "a person with the login")?, at);
        }
        for parent in &group.groups {
            builder.nested(at, find(&names, parent, "a group")?);
        }
    }
    progress.add_people(lists.people.len() as u64);
    progress.add_groups(lists.groups.len() as u64);
    Ok(())
}

fn parse(file: &[u8]) -> Result<Lists, Refused> {
    let text = std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        Refused::line(1 + before.iter().filter(|b| **b == b'\n').count() as u64, "not UTF-8")
    })?;
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    if begins.is_empty() {
        return Err(Refused::file("the file is empty"));
    }
    // JSON that is cut has no closing brace; of YAML's last line nobody knows whether it is whole.
    if !begins.starts_with('{') && !text.ends_with('\n') {
        return Err(Refused::file(
            "the last line has no line end: see whether the file is cut off, then end it with one",
        ));
    }
    let budget = serde_saphyr::budget! {
        max_events: 50_000_000,
        max_nodes: 50_000_000,
        max_total_scalar_bytes: file.len(),
        max_total_comment_bytes: file.len(),
        max_depth: MOST_DEPTH,
        max_documents: 1,
        max_anchors: 0,
        max_aliases: 0,
        max_merge_keys: 0,
    };
    // YAML 1.2: `no` is a text, Norway for instance, and only `false` is false.
    let options = serde_saphyr::options! { budget: budget, with_snippet: false, strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        match error.location() {
            Some(at) if at.line() > 0 => refused(&at, plain(error)),
            _ => Refused::file(plain(error)),
        }
    })
}

/// The parser's text for the writer of the file, without the place, which is said in front.
fn plain(error: &Error) -> String {
    match error {
        Error::NullIntoString { .. } => "there is nothing here; write a text".to_owned(),
        Error::DuplicateMappingKey { key, .. } => {
            format!("a second `{}`", key.as_deref().unwrap_or("key"))
        }
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. } | BudgetBreach::MergeKeys { .. } => {
                "anchors, aliases and merge keys are not read; write it out".to_owned()
            }
            BudgetBreach::Documents { .. } => "a second document; one file holds one".to_owned(),
            BudgetBreach::Depth { .. } => "nested deeper than anything that belongs here".to_owned(),
            other => format!("more than can be read: {other:?}"),
        },
        other => {
            let text = other.to_string();
            text.split(" at line ").next().unwrap_or(&text).to_owned()
        }
    }
}

fn refused(at: &Location, message: String) -> Refused {
    Refused { line: Some(at.line()), column: at.column(), message }
}

/// Notes a key, which nobody else may have.
fn unique<'a, T>(
    all: &mut HashMap<&'a str, (T, Location)>,
    key: &'a Spanned<String>,
    what: &str,
    value: T,
) -> Result<(), Refused> {
    let text = key.value.as_str();
    if text.is_empty() || text.trim() != text {
        return Err(refused(&key.referenced, format!("{what} must not be empty, nor begin or end with a blank")));
    }
    match all.entry(text) {
        Entry::Vacant(free) => {
            free.insert((value, key.referenced));
            Ok(())
        }
        Entry::Occupied(taken) => {
            let line = taken.get().1.line();
            Err(refused(&key.referenced, format!("{what} `{text}` is taken already, in line {line}")))
        }
    }
}

fn find<T: Copy>(all: &HashMap<&str, (T, Location)>, key: &Spanned<String>, what: &str) -> Result<T, Refused> {
    let text = key.value.as_str();
    if let Some((found, _)) = all.get(text) {
        return Ok(*found);
    }
    // The smallest name among equally near ones: a map's order must not show.
    let near = all.keys().map(|name| (strsim::osa_distance(name, text), *name)).min();
    let advice = match near {
        Some((distance, name)) if distance <= 2 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    };
    Err(refused(
        &key.referenced,
        format!("there is no {} `{text}` in this file{advice}", what.trim_start_matches("a ")),
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::testing::{refusal, show, yaml};
    use proptest::prelude::*;

    const COMPANY: &str = "\
people:
  - { id: 07, login: ana.silva, name: Ana Silvão, email: ana@example.org, groups: [sre] }
  - id: p-2
    login: no
groups:
  - { id: g-1, name: sre, members: [no], groups: [engineering] }
  - { id: g-2, name: engineering }
";

    const SHOWN: &str = "07 ana.silva Ana Silvão ana@example.org: sre\np-2 no  : sre\nsre < engineering";

    #[test]
    fn reads_people_groups_and_members() {
        assert_eq!(show(&yaml(COMPANY.as_bytes()).unwrap()), SHOWN);
        assert_eq!(show(&yaml(COMPANY.replace('\n', "\r\n").as_bytes()).unwrap()), SHOWN);
    }

    #[test]
    fn json_is_yaml_and_needs_no_line_end() {
        let json = r#"{"people": [{"id": "1", "login": "a", "email": null}], "groups": []}"#;
        assert_eq!(show(&yaml(json.as_bytes()).unwrap()), "1 a  : ");
        for end in 0..json.len() {
            assert!(yaml(&json.as_bytes()[..end]).is_err(), "{}", &json[..end]);
        }
    }

    #[test]
    fn an_empty_list_is_said_not_implied() {
        assert_eq!(show(&yaml(b"people: []\ngroups: []\n").unwrap()), "");
        for file in [
            "",
            "\n",
            "---\n",
            "people: []\n",
            "people:\ngroups: []\n",
            "people: []\ngroups:\n",
            "people: []\ngroups: ~\n",
            "# x\n",
            "{}",
        ] {
            assert!(yaml(file.as_bytes()).is_err(), "{file:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (from, to, says) in [
            ("login: no\n", "login: no\n    team: x\n", "f:5:5: unknown field `team`"),
            ("    login: no\n", "", "f:3:5: missing field `login`"),
            ("    login: no\n", "    login: null\n", "f:4:12: there is nothing here; write a text"),
            ("    login: no\n", "    login:\n", "f:4:"),
            ("    login: no\n", "    login: ''\n", "f:4:12: the login must not be empty"),
            ("    login: no\n", "    login: [no]\n", "f:4:12: "),
            ("login: no\n", "login: no\n    login: x\n", "f:5:5: a second `login`"),
            ("id: p-2", "id: 07", "f:3:9: the id `07` is taken already, in line 2"),
            ("login: no", "login: ana.silva", "f:4:12: the login `ana.silva` is taken already, in line 2"),
            ("id: g-2", "id: g-1", "f:7:11: the id `g-1` is taken already, in line 6"),
            ("engineering }", "sre }", "f:7:22: the group name `sre` is taken already, in line 6"),
            ("groups: [sre]", "groups: [sra]", "f:2:84: there is no group `sra` in this file; did you mean `sre`?"),
            ("[no]", "[nobody]", "f:6:37: there is no person with the login `nobody` in this file"),
            ("[engineering]", "[eng]", "f:6:51: there is no group `eng` in this file"),
            ("login: no", "login: &a no", "f:4:15: anchors, aliases and merge keys"),
            ("login: no", "<<: {login: x}", "f:4:5: anchors, aliases and merge keys"),
            ("people:", "---\npeople: []\ngroups: []\n---\npeople:", "f:4:1: a second document"),
            ("    login: no\n", "   login: no\n", "f:"),
            ("[no]", "", "f:6:34: there is nothing here; write []"),
        ] {
            let message = refusal(yaml(COMPANY.replacen(from, to, 1).as_bytes()));
            assert!(message.starts_with(says), "{to:?}: {message}");
        }
        assert!(refusal(yaml(b"people: []\n\xff\n")).starts_with("f:2: not UTF-8"));
    }

    #[test]
    fn a_file_that_is_cut_inside_a_line_is_refused() {
        for end in 0..COMPANY.len() {
            let cut = &COMPANY.as_bytes()[..end];
            if !cut.ends_with(b"\n") {
                assert!(yaml(cut).is_err(), "{end}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("people: {}\n", "[".repeat(100_000));
        assert!(yaml(deep.as_bytes()).is_err());
        let bomb = "people: &a [x, x]\ngroups: [*a, *a]\n";
        assert!(yaml(bomb.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn the_order_of_entries_does_not_show(
            people in Just(COMPANY.lines().skip(1).take(3).collect::<Vec<_>>()),
            swap in any::<bool>(), swap_groups in any::<bool>()
        ) {
            let mut people = [people[0].to_owned(), people[1..].join("\n")];
            let mut groups: Vec<&str> = COMPANY.lines().skip(5).collect();
            if swap { people.reverse(); }
            if swap_groups { groups.reverse(); }
            let file = format!("groups:\n{}\npeople:\n{}\n", groups.join("\n"), people.join("\n"));
            prop_assert_eq!(show(&yaml(file.as_bytes()).unwrap()), SHOWN);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..COMPANY.len(), byte in any::<u8>()) {
            let _ = yaml(&bytes);
            let mut file = COMPANY.as_bytes().to_vec();
            file[at] = byte;
            let _ = yaml(&file);
        }
    }
}
