//! The demo's company is what the demo says it is.

#![expect(clippy::unwrap_used, reason = "a test says what it expected")]

use rosterd::config::{self, Config, Match};
use rosterd::demo;
use rosterd::providers::file::FileDirectory;
use rosterd::providers::{Directory, Progress, ReadRequest};
use rosterd_core::snapshot::{GroupIndex, PersonIndex, Reading, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

async fn read(ldif: String) -> Reading {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("company.ldif");
    std::fs::write(&path, ldif).unwrap();
    let request =
        ReadRequest { seed: 1, now: rosterd_core::ids::Timestamp(0), progress: Arc::new(Progress::default()) };
    FileDirectory::new(&config::File { path, attributes: Vec::new() }).read(&request).await.unwrap()
}

/// Names of all groups somebody is in, those above included, with how many steps up they are.
fn groups_of(s: &Snapshot, person: PersonIndex) -> BTreeMap<&str, u32> {
    let mut all = BTreeMap::new();
    let mut next: Vec<(GroupIndex, u32)> = s.groups_of(person).map(|g| (g, 1)).collect();
    while let Some((group, level)) = next.pop() {
        all.insert(s.texts.get(s.groups[group.0 as usize].name), level);
        next.extend(s.nested.iter().filter(|(child, _)| *child == group).map(|(_, parent)| (*parent, level + 1)));
    }
    all
}

/// login → teams
fn teams(s: &Snapshot) -> BTreeMap<&str, BTreeSet<&str>> {
    (0u32..)
        .zip(&s.people)
        .map(|(at, p)| {
            let groups = groups_of(s, PersonIndex(at));
            (s.texts.get(p.login), groups.into_keys().filter_map(|g| g.strip_prefix("team-")).collect())
        })
        .collect()
}

/// group name → id
fn group_ids(s: &Snapshot) -> BTreeMap<&str, &str> {
    s.groups.iter().map(|g| (s.texts.get(g.name), s.texts.get(g.subject))).collect()
}

#[tokio::test]
async fn two_hundred_people_each_in_one_team_three_levels_below_all_staff() {
    assert_eq!(demo::company(), demo::company());
    let reading = read(demo::company()).await;
    assert!(matches!(reading, Reading::Complete(_)), "{:?}", reading.gaps());
    let s = reading.snapshot();
    assert_eq!((s.people.len(), s.groups.len(), s.strangers), (demo::PEOPLE, 27, 0));
    assert_eq!(teams(s).len(), demo::PEOPLE, "logins are unique");
    for at in 0u32..200 {
        let groups = groups_of(s, PersonIndex(at));
        assert_eq!(groups.get("all-staff"), Some(&3), "{groups:?}");
    }
    assert!(teams(s).values().all(|teams| teams.len() == 1));
    assert!(s.people.iter().any(|p| s.texts.get(p.name) == "Zoë Lindqvist"));
}

#[tokio::test]
async fn the_day_brings_a_mover_a_leaver_a_joiner_and_a_renamed_team() {
    let (before, after) = (read(demo::company()).await, read(demo::after_changes()).await);
    assert!(matches!(after, Reading::Complete(_)));
    let (b, a) = (before.snapshot(), after.snapshot());
    let (mut was, is) = (teams(b), teams(a));
    assert_eq!(was.remove(demo::LEAVER), Some(BTreeSet::from(["sales-emea"])));
    was.insert(demo::JOINER, BTreeSet::from(["security"]));
    assert_eq!(was.insert(demo::MOVER, BTreeSet::from(["platform"])), Some(BTreeSet::from(["payments"])));
    let (old, new) = demo::RENAMED;
    for teams in was.values_mut() {
        if teams.remove(old) {
            teams.insert(new);
        }
    }
    assert_eq!(was, is);
    let (mut ids, old, new) = (group_ids(b), format!("team-{old}"), format!("team-{new}"));
    let id = ids.remove(old.as_str()).unwrap();
    ids.insert(&new, id);
    assert_eq!(ids, group_ids(a));
    assert_eq!(a.strangers, 0);
}

/// Only a limit can stop this one: the file says nothing wrong, only less.
#[tokio::test]
async fn the_truncated_file_reads_well_and_lacks_most_of_the_company() {
    let reading = read(demo::truncated()).await;
    assert!(matches!(reading, Reading::Complete(_)));
    let s = reading.snapshot();
    assert!((100..150).contains(&s.people.len()) && s.groups.is_empty(), "{} people", s.people.len());
    assert!(demo::after_changes().starts_with(&demo::truncated()));
}

#[tokio::test]
async fn the_rules_name_groups_that_there_are() {
    let document: toml_edit::Document<String> = demo::RULES.parse().unwrap();
    let config: Config = serde_json::from_value(json(document.as_item())).unwrap();
    assert_eq!(config.rules.len(), 7);
    let reading = read(demo::company()).await;
    let groups = group_ids(reading.snapshot());
    fn names(matches: &Match) -> Vec<&str> {
        match matches {
            Match::Group(name) => vec![name],
            Match::Any(all) | Match::All(all) | Match::None(all) => all.iter().flat_map(names).collect(),
            _ => Vec::new(),
        }
    }
    for rule in &config.rules {
        for name in names(&rule.matches) {
            assert!(groups.contains_key(name), "{name} in rule {}", rule.id);
        }
    }
}

fn json(item: &toml_edit::Item) -> serde_json::Value {
    use serde_json::Value;
    if let Some(table) = item.as_table_like() {
        return table.iter().map(|(key, item)| (key.to_owned(), json(item))).collect::<serde_json::Map<_, _>>().into();
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables.iter().map(|table| json(&toml_edit::Item::Table(table.clone()))).collect();
    }
    if let Some(array) = item.as_array() {
        return array.iter().map(|value| json(&toml_edit::Item::Value(value.clone()))).collect();
    }
    item.as_str()
        .map(Value::from)
        .or_else(|| item.as_integer().map(Value::from))
        .or_else(|| item.as_bool().map(Value::from))
        .unwrap_or(Value::Null)
}
