//! Organizations that the configuration declares by key, and claims that are stored with people.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, role, with_terms};
use rosterd_core::ids::{OrgId, Timestamp};
use rosterd_core::mapping::{ClaimTest, ConditionSpec, OrgName, RuleSet, RuleSpec, Scalar, TermsSpec};
use rosterd_core::plan::{Change, Policy};
use rosterd_core::rights::OrgRole;

/// The group `staff` gives Viewer in `org`.
fn staff(org: &str) -> RuleSpec {
    RuleSpec { orgs: vec![org.to_owned()], ..role("staff", OrgRole::Viewer) }
}

/// These rules over organizations declared as (key, name).
fn declared(rules: &[RuleSpec], orgs: &[(&str, &str)]) -> RuleSet {
    let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let orgs = orgs.iter().map(|(key, n)| OrgName { key: Some((*key).to_owned()), name: name(n) }).collect();
    with_terms(rules, &TermsSpec { orgs, ..TermsSpec::default() })
}

fn applied(target: &mut Target, rules: &RuleSet, policy: &Policy) {
    let sync = Sync { provider: "corp", rules, policy, now: Timestamp(1) };
    sync.apply(target, &Directory::of(&["1 ana staff"]));
}

#[test]
fn a_key_survives_renames_on_both_sides() {
    let policy = Policy { create_orgs: false, ..free() };
    let mut target = Target::default();
    // Made although rules may not make organizations: this one is declared.
    applied(&mut target, &declared(&[staff("1")], &[("1", "Main")]), &policy);
    assert_eq!(target.seen(), ["Main: ana = Viewer", "ana: active"]);
    // Renamed in the configuration; the rule may use the key or the new name.
    for text in ["1", "Head"] {
        applied(&mut target, &declared(&[staff(text)], &[("1", "Head")]), &policy);
        assert_eq!(target.seen(), ["Head: ana = Viewer", "ana: active"], "{text}");
    }
    // Renamed in the database: the configuration's name comes back, or none is said.
    target.orgs.insert(OrgId(1), "Elsewhere".to_owned());
    applied(&mut target, &declared(&[staff("1")], &[("1", "")]), &policy);
    assert_eq!(target.seen(), ["Elsewhere: ana = Viewer", "ana: active"]);
    applied(&mut target, &declared(&[staff("1")], &[("1", "Head")]), &policy);
    assert_eq!(target.seen(), ["Head: ana = Viewer", "ana: active"]);
    assert_eq!(target.orgs.len(), 1);
}

#[test]
fn what_was_there_before_it_was_declared_gets_its_key_without_a_change() {
    let mut target = Target::default();
    applied(&mut target, &compiled(&[staff("Main")]), &free());
    let rules = declared(&[staff("Main")], &[("1", "Main")]);
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    let plan = sync.plan(&target, Directory::of(&["1 ana staff"]).reading(true));
    assert!(plan.changes.is_empty() && !plan.is_empty());
    let audited = target.audit;
    applied(&mut target, &rules, &policy);
    assert_eq!((target.org_keys.get(&OrgId(1)).map(String::as_str), target.audit), (Some("1"), audited));
}

#[test]
fn every_org_is_every_org_once_while_names_move() {
    let mut target = Target::default();
    applied(&mut target, &declared(&[staff("1"), staff("2")], &[("1", "A"), ("2", "B")]), &free());
    target.orgs.insert(OrgId(3), "Plain".to_owned());
    // The names swap; `*` means what is there, under the new names, and one that is declared only.
    let rules = declared(&[staff("*")], &[("1", "B"), ("2", "A"), ("4", "New"), ("5", "")]);
    applied(&mut target, &rules, &free());
    let roles = ["A: ana = Viewer", "B: ana = Viewer", "New: ana = Viewer", "Plain: ana = Viewer", "ana: active"];
    assert_eq!(target.seen(), roles);
    assert_eq!((target.org("A"), target.org("B")), (OrgId(2), OrgId(1)));
    // A key that is declared no longer is only a name's.
    applied(&mut target, &declared(&[staff("*")], &[("main", "A")]), &free());
    assert_eq!(target.seen(), roles);
    assert_eq!(target.org_keys.get(&OrgId(2)).map(String::as_str), Some("main"));
}

#[test]
fn a_declared_org_without_name_or_row_gives_nothing() {
    let rules = declared(&[staff("1")], &[("1", "")]);
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    let plan = sync.plan(&Target::default(), Directory::of(&["1 ana staff"]).reading(true));
    assert!(plan.changes.iter().all(|change| matches!(change, Change::CreateUser { .. })), "{:?}", plan.changes);
    assert_eq!(plan.notes, ["the organization \"1\" is declared without a name: it is not created"]);
}

#[test]
fn claims_that_come_with_people_decide() {
    let test = ClaimTest::OneOf(vec![Scalar::Text("Sales".to_owned())]);
    let condition = ConditionSpec::Claim { path: "department".to_owned(), test };
    let rules = compiled(&[RuleSpec { condition, ..role("sales", OrgRole::Editor) }]);
    let mut directory = Directory::of(&["1 ana staff", "2 bob staff"]);
    let mut target = Target::default();
    let policy = free();
    let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(1) };
    r#"{"attributes":{"department":["Ops","Sales"]}}"#.clone_into(&mut directory.people[0].claims);
    sync.apply(&mut target, &directory);
    assert_eq!(target.seen(), ["Org: ana = Editor", "ana: active", "bob: active"]);
    // What cannot be read is unknown: nothing is taken, and it is said.
    "{".clone_into(&mut directory.people[0].claims);
    let plan = sync.plan(&target, directory.reading(true));
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
    assert!(
        plan.notes.iter().any(|note| note.contains("of 1 people besides groups cannot be read")),
        "{:?}",
        plan.notes
    );
    r#"{"attributes":{"department":["Ops"]}}"#.clone_into(&mut directory.people[0].claims);
    sync.apply(&mut target, &directory);
    assert_eq!(target.seen(), ["ana: active", "bob: active"]);
}
