//! What holds for all directories, rules and states: tried on many small ones.

use crate::target::Target;
use crate::world::{Directory, Group, Person, Sync, compiled, free, role, teams};
use proptest::prelude::*;
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::{ConditionSpec, RuleSet, RuleSpec};
use rosterd_core::plan::{Effect, Form};
use rosterd_core::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};

const GROUPS: [&str; 6] = ["staff", "devs", "t-web", "t-ops", "x", "y"];

fn directory() -> impl Strategy<Value = Directory> {
    let some = proptest::collection::vec(proptest::sample::select(GROUPS.to_vec()), 0..4);
    let people = proptest::collection::btree_map(0..9u8, some.clone(), 0..9);
    let parents = proptest::collection::vec(some, GROUPS.len());
    (people, parents).prop_map(|(people, parents)| {
        let own = |names: Vec<&str>| -> Vec<String> {
            let names: BTreeSet<&str> = names.into_iter().collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let people = people.into_iter().map(|(i, groups)| Person {
            id: format!("id{i}"),
            login: format!("u{i}"),
            groups: own(groups),
            claims: String::new(),
        });
        let groups = GROUPS.iter().zip(parents).map(|(name, parents)| Group {
            id: (*name).to_owned(),
            name: (*name).to_owned(),
            parents: own(parents),
        });
        Directory { people: people.collect(), groups: groups.collect() }
    })
}

fn some_rules() -> Vec<RuleSpec> {
    let group = |name: &str| ConditionSpec::Group(name.to_owned());
    let mut both = role("", OrgRole::Editor);
    both.id = "both".to_owned();
    both.condition = ConditionSpec::All(vec![group("x"), ConditionSpec::None(vec![group("y")])]);
    let mut other = role("devs", OrgRole::Viewer);
    other.id = "other".to_owned();
    other.orgs = vec!["Other".to_owned()];
    vec![role("staff", OrgRole::Viewer), role("devs", OrgRole::Editor), both, other, teams()]
}

/// What the rules above come to, worked out without any of the code under test.
fn expected(directory: &Directory) -> Vec<String> {
    let parents: BTreeMap<&str, &Vec<String>> = directory.groups.iter().map(|g| (g.id.as_str(), &g.parents)).collect();
    let mut lines = Vec::new();
    for person in &directory.people {
        let mut all: BTreeSet<&str> = person.groups.iter().map(String::as_str).collect();
        loop {
            let more: BTreeSet<&str> = all.iter().flat_map(|g| parents[g].iter().map(String::as_str)).collect();
            if more.is_subset(&all) {
                break;
            }
            all.extend(more);
        }
        let has = |name: &str| all.contains(name);
        let teams: Vec<&str> = all.iter().filter_map(|g| g.strip_prefix("t-")).collect();
        let editor = has("devs") || (has("x") && !has("y"));
        let role = if editor {
            Some("Editor")
        } else if has("staff") {
            Some("Viewer")
        } else {
            (!teams.is_empty()).then_some("None")
        };
        let login = &person.login;
        lines.extend(role.map(|role| format!("Org: {login} = {role}")));
        lines.extend(has("devs").then(|| format!("Other: {login} = Viewer")));
        lines.extend(teams.iter().map(|team| format!("Org/{team}: {login} = member")));
        lines.push(format!("{login}: active"));
    }
    lines.sort();
    lines
}

fn sync_with(target: &mut Target, provider: &str, rules: &RuleSet, directory: &Directory) {
    let policy = free();
    Sync { provider, rules, policy: &policy, now: Timestamp(1) }.apply(target, directory);
}

fn active(target: &Target) -> Vec<String> {
    target.seen().into_iter().filter(|line| !line.ends_with(": suspended")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// apply(plan(a, b)) on b is a, whatever b was; and the run after that is empty (N6).
    #[test]
    fn any_state_becomes_what_the_directory_says(before in directory(), after in directory()) {
        let rules = compiled(&some_rules());
        let mut target = Target::default();
        sync_with(&mut target, "corp", &rules, &before);
        prop_assert_eq!(target.seen(), expected(&before));
        sync_with(&mut target, "corp", &rules, &after);
        prop_assert_eq!(active(&target), expected(&after));
    }

    #[test]
    fn the_order_of_rules_does_not_matter(directory in directory(), order in Just(some_rules()).prop_shuffle()) {
        let mut target = Target::default();
        sync_with(&mut target, "corp", &compiled(&order), &directory);
        prop_assert_eq!(target.seen(), expected(&directory));
    }

    #[test]
    fn the_order_of_entries_does_not_matter(directory in directory(), seed in any::<u64>()) {
        let rules = compiled(&some_rules());
        let policy = free();
        let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
        let mut mixed = directory.clone();
        let key = |text: &str| text.bytes().fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        mixed.people.sort_by_key(|p| key(&p.id));
        mixed.groups.sort_by_key(|g| key(&g.id));
        for person in &mut mixed.people {
            person.groups.sort_by_key(|g| key(g));
        }
        let target = Target::default();
        let (one, other) = (sync.plan(&target, directory.reading(true)), sync.plan(&target, mixed.reading(true)));
        prop_assert_eq!(one.render(Form::Text), other.render(Form::Text));
        prop_assert_eq!(one.hash("c"), other.hash("c"));
    }

    /// Merging what providers give is commutative, and idempotent.
    #[test]
    fn the_order_of_providers_does_not_matter(a in directory(), b in directory()) {
        let rules = compiled(&some_rules());
        let keys = BTreeSet::from([rosterd_core::plan::LinkKey::Login]);
        let link_by = BTreeMap::from([("a".to_owned(), keys.clone()), ("b".to_owned(), keys)]);
        let policy = rosterd_core::plan::Policy { link_by, ..free() };
        let merged = |order: &[(&str, &Directory)]| {
            let mut target = Target::default();
            for (provider, directory) in order {
                Sync { provider, rules: &rules, policy: &policy, now: Timestamp(1) }.apply(&mut target, directory);
            }
            target.seen()
        };
        let one = merged(&[("a", &a), ("b", &b)]);
        prop_assert_eq!(&one, &merged(&[("b", &b), ("a", &a)]));
        prop_assert_eq!(&one, &merged(&[("a", &a), ("b", &b), ("a", &a), ("b", &b)]));
    }

    /// N1: an incomplete reading takes nothing from anybody, whatever is in it.
    #[test]
    fn unknown_removes_nothing(before in directory(), partial in directory()) {
        let rules = compiled(&some_rules());
        let mut target = Target::default();
        sync_with(&mut target, "corp", &rules, &before);
        let policy = free();
        let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(2) };
        let plan = sync.plan(&target, partial.reading(false));
        for change in &plan.changes {
            prop_assert!(!matches!(change.effect(), Effect::Remove | Effect::Lower), "{:?}", change);
        }
        sync.apply_reading(&mut target, &partial, false);
        sync.apply(&mut target, &before);
        prop_assert_eq!(active(&target), expected(&before));
    }

    /// N3: what people gave by hand is there afterwards as it was.
    #[test]
    fn manual_roles_stay(before in directory(), after in directory(), by_hand in proptest::collection::vec(0..9u8, 0..4)) {
        let rules = compiled(&some_rules());
        let mut target = Target::default();
        sync_with(&mut target, "corp", &rules, &before);
        let org = rosterd_core::ids::OrgId(99);
        target.orgs.insert(org, "Hand".to_owned());
        let mut given = Vec::new();
        for i in by_hand {
            let login = format!("u{i}");
            let found = target.users.iter().find(|(_, u)| u.login == login).map(|(id, _)| *id);
            if let Some(user) = found {
                target.org_members.insert((user, org), (None, Some(OrgRole::Editor)));
                given.push(user);
            }
        }
        sync_with(&mut target, "corp", &rules, &after);
        for user in given {
            prop_assert_eq!(target.org_members.get(&(user, org)), Some(&(None, Some(OrgRole::Editor))));
        }
    }
}
