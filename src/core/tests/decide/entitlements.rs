//! Roles that rules give, and whom they let act for.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, role};
use rosterd_core::ids::{EntitlementId, Timestamp};
use rosterd_core::mapping::{ConditionSpec, EntitlementSpec, RuleSpec};
use rosterd_core::plan::{Exceeded, Policy};
use rosterd_core::rights::OrgRole;

fn now(second: i64) -> Timestamp {
    Timestamp(1_700_000_000_000 + second * 1000)
}

/// A rule that gives these roles in `Org`, or in every organization.
fn gives(group: &str, org: Option<&str>, entitlements: EntitlementSpec) -> RuleSpec {
    RuleSpec {
        id: group.to_owned(),
        condition: ConditionSpec::Regex(group.to_owned()),
        orgs: org.map(str::to_owned).into_iter().collect(),
        role: None,
        entitlements,
        ..role("", OrgRole::None)
    }
}

fn roles(names: &[&str]) -> EntitlementSpec {
    EntitlementSpec { roles: names.iter().map(|name| (*name).to_owned()).collect(), ..EntitlementSpec::default() }
}

/// A target that knows these roles, by number from 6.
fn knowing(names: &[&str]) -> Target {
    let basic = ["basic:none", "basic:viewer", "basic:editor", "basic:admin", "basic:server_admin"];
    let known = basic.iter().map(|name| (*name, true)).chain(names.iter().map(|name| (*name, false)));
    let mut target = Target::default();
    target.roles.extend((1..).zip(known).map(|(id, (name, basic))| (id, (None, name.to_owned(), basic))));
    target
}

fn sync<'a>(rules: &'a rosterd_core::mapping::RuleSet, policy: &'a Policy, second: i64) -> Sync<'a> {
    Sync { provider: "corp", rules, policy, now: now(second) }
}

fn held(target: &Target) -> Vec<String> {
    target.seen().into_iter().filter(|line| line.contains("holds")).collect()
}

#[test]
fn a_group_gives_a_role_and_takes_it_along() {
    let rules = compiled(&[gives("writers", Some("Org"), roles(&["fixed:reports:writer"]))]);
    let policy = free();
    let mut target = knowing(&["fixed:reports:writer"]);
    sync(&rules, &policy, 1).apply(&mut target, &Directory::of(&["1 ana writers", "2 bob writers", "3 cyd staff"]));
    assert_eq!(
        target.seen(),
        [
            "Org: ana = None",
            "Org: ana holds fixed:reports:writer on * with {}",
            "Org: bob = None",
            "Org: bob holds fixed:reports:writer on * with {}",
            "ana: active",
            "bob: active",
            "cyd: active",
        ]
    );
    sync(&rules, &policy, 2).apply(&mut target, &Directory::of(&["1 ana writers", "2 bob staff", "3 cyd staff"]));
    assert_eq!(held(&target), ["Org: ana holds fixed:reports:writer on * with {}"]);
    // An incomplete reading takes nothing.
    sync(&rules, &policy, 3).apply_reading(&mut target, &Directory::of(&["3 cyd staff"]), false);
    assert_eq!(held(&target), ["Org: ana holds fixed:reports:writer on * with {}"]);
}

#[test]
fn a_scope_and_parameters_are_filled_in_with_what_the_group_is_called() {
    let spec = EntitlementSpec {
        scope: Some("folders:${region}:*".to_owned()),
        parameters: [("region".to_owned(), "${region}".to_owned())].into(),
        ..roles(&["dashboards"])
    };
    let rules = compiled(&[gives("sales-(?<region>.+)", Some("Org"), spec)]);
    let policy = free();
    let mut target = knowing(&["dashboards"]);
    let directory = Directory::of(&["1 ana sales-emea sales-apac", "2 bob sales-emea", "3 eve sales-*"]);
    sync(&rules, &policy, 1).apply(&mut target, &directory);
    assert_eq!(
        held(&target),
        [
            "Org: ana holds dashboards on folders:apac:* with {\"region\":\"apac\"}",
            "Org: ana holds dashboards on folders:emea:* with {\"region\":\"emea\"}",
            "Org: bob holds dashboards on folders:emea:* with {\"region\":\"emea\"}",
        ],
        "and nobody gets everything by the name of a group"
    );
    assert_eq!(target.entitlements.len(), 2);
}

#[test]
fn an_organization_s_own_role_comes_before_one_of_every_organization() {
    let rules = compiled(&[
        gives("a", Some("Org"), roles(&["custom:x"])),
        gives("b", Some("Other"), roles(&["custom:x"])),
        gives("c", None, roles(&["custom:x"])),
    ]);
    let policy = free();
    let mut target = knowing(&["custom:x"]);
    let base = compiled(&[role("base", OrgRole::Viewer)]);
    sync(&base, &policy, 1).apply(&mut target, &Directory::of(&["1 ana base"]));
    let own = target.org("Org");
    target.roles.insert(7, (Some(own), "custom:x".to_owned(), false));
    sync(&rules, &policy, 2).apply(&mut target, &Directory::of(&["1 ana a b c"]));
    let places: Vec<String> = target.entitlements.values().map(|e| format!("{e:?}")).collect();
    assert_eq!(places.iter().filter(|e| e.contains("role: Some(7)")).count(), 1, "{places:?}");
    assert_eq!(places.iter().filter(|e| e.contains("role: Some(6)")).count(), 2, "{places:?}");
    assert!(held(&target).contains(&"everywhere: ana holds custom:x on * with {}".to_owned()));
}

#[test]
fn an_organization_s_own_role_that_was_made_by_hand_comes_last() {
    let rules = compiled(&[gives("a", Some("Org"), roles(&["custom:x", "custom:y"]))]);
    let policy = free();
    let mut target = knowing(&["custom:x"]);
    let base = compiled(&[role("base", OrgRole::Viewer)]);
    sync(&base, &policy, 1).apply(&mut target, &Directory::of(&["1 ana base"]));
    let own = target.org("Org");
    target.roles.insert(7, (Some(own), "custom:x".to_owned(), false));
    target.roles.insert(8, (Some(own), "custom:y".to_owned(), false));
    target.by_hand = [7, 8].into();
    sync(&rules, &policy, 2).apply(&mut target, &Directory::of(&["1 ana a"]));
    let given: Vec<String> = target.entitlements.values().map(|e| format!("{e:?}")).collect();
    assert!(given.len() == 2 && given[0].contains("role: Some(6)") && given[1].contains("role: Some(8)"), "{given:?}");
}

#[test]
fn whom_a_rule_lets_act_for_is_whoever_has_the_login() {
    let spec = EntitlementSpec { act_for: Some("boss".to_owned()), ..EntitlementSpec::default() };
    let rules = compiled(&[gives("assistants", Some("Org"), spec), role("base", OrgRole::Viewer)]);
    let mut policy = free();
    let mut target = knowing(&[]);
    sync(&rules, &policy, 1).apply(&mut target, &Directory::of(&["1 boss base"]));
    // Somebody else who comes is called so, too, and gets another login.
    let directory = Directory::of(&["1 boss base", "2 ana assistants", "9 boss base"]);
    sync(&rules, &policy, 2).apply(&mut target, &directory);
    assert_eq!(held(&target), ["Org: ana holds for boss on * with {}"]);
    // Nor is it whoever comes with a login that no run gives.
    policy.break_glass = ["boss".to_owned()].into();
    let mut target = knowing(&[]);
    sync(&rules, &policy, 3).apply(&mut target, &Directory::of(&["2 ana assistants", "9 boss base"]));
    assert_eq!(held(&target), [""; 0]);
}

#[test]
fn what_there_is_not_is_noted_and_basic_roles_are_not_given() {
    let rules = compiled(&[gives("a", Some("Org"), roles(&["no-such", "basic:admin"]))]);
    let policy = free();
    let mut target = knowing(&[]);
    let plan = sync(&rules, &policy, 1).plan(&target, Directory::of(&["1 ana a"]).reading(true));
    assert_eq!(plan.notes.len(), 2, "{:?}", plan.notes);
    assert!(plan.notes.iter().all(|note| note.contains("there is no role")), "{:?}", plan.notes);
    sync(&rules, &policy, 1).apply(&mut target, &Directory::of(&["1 ana a"]));
    assert_eq!(held(&target), Vec::<String>::new());
    // As soon as it is there, it is given.
    target.roles.insert(6, (None, "no-such".to_owned(), false));
    sync(&rules, &policy, 2).apply(&mut target, &Directory::of(&["1 ana a"]));
    assert_eq!(held(&target), ["Org: ana holds no-such on * with {}"]);
}

#[test]
fn n3_what_somebody_gave_by_hand_stays() {
    let rules = compiled(&[gives("a", Some("Org"), roles(&["x"]))]);
    let policy = free();
    let mut target = knowing(&["x"]);
    sync(&rules, &policy, 1).apply(&mut target, &Directory::of(&["1 ana a", "2 bob b"]));
    let (ana, bob) = (target.user("ana").0, target.user("bob").0);
    let entitlement = EntitlementId(1);
    target.holders.insert((ana, entitlement), (true, true));
    target.holders.insert((bob, entitlement), (false, true));
    sync(&rules, &policy, 2).apply(&mut target, &Directory::of(&["1 ana b", "2 bob b"]));
    assert_eq!(target.holders, [((ana, entitlement), (false, true)), ((bob, entitlement), (false, true))].into());
    sync(&rules, &policy, 3).apply(&mut target, &Directory::of(&["1 ana b", "2 bob a"]));
    assert_eq!(target.holders[&(bob, entitlement)], (true, true));
}

#[test]
fn a_rule_lets_somebody_act_for_somebody() {
    let spec = EntitlementSpec { act_for: Some("${who}".to_owned()), ..EntitlementSpec::default() };
    let rules = compiled(&[gives("assistants-of-(?<who>.+)", Some("Org"), spec), role("base", OrgRole::Viewer)]);
    let policy = free();
    let mut target = knowing(&[]);
    let directory = Directory::of(&["1 boss base", "2 ana assistants-of-boss", "3 bob assistants-of-nobody"]);
    // In the first run already, whoever is new.
    sync(&rules, &policy, 2).apply(&mut target, &directory);
    assert_eq!(held(&target), ["Org: ana holds for boss on * with {}"]);
    // Whoever acts for somebody in an organization is not in it by that.
    assert!(!target.seen().contains(&"Org: ana = None".to_owned()));
}

#[test]
fn what_went_with_a_purged_person_is_given_to_nobody() {
    let spec = EntitlementSpec { act_for: Some("boss".to_owned()), ..EntitlementSpec::default() };
    let rules = compiled(&[gives("assistants", Some("Org"), spec), role("base", OrgRole::Viewer)]);
    let policy = free();
    let mut target = knowing(&[]);
    sync(&rules, &policy, 1).apply(&mut target, &Directory::of(&["1 boss base", "2 ana assistants"]));
    assert_eq!(held(&target), ["Org: ana holds for boss on * with {}"]);
    // As a purge leaves it; what was given stands in the identity still.
    (target.entitlements, target.holders) = Default::default();
    sync(&rules, &policy, 2).apply_reading(&mut target, &Directory::of(&["1 boss base"]), false);
    assert_eq!(held(&target), Vec::<String>::new());
}

#[test]
fn n10_taking_many_roles_at_once_is_held() {
    let rules = compiled(&[gives("a", Some("Org"), roles(&["x"])), role("base", OrgRole::Viewer)]);
    let people: Vec<String> = (0..40).map(|n| format!("{n} p{n} a base")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let mut target = knowing(&["x"]);
    let (free, limited) = (free(), crate::world::limited());
    sync(&rules, &free, 1).apply(&mut target, &Directory::of(&people));
    let left: Vec<String> = (0..40).map(|n| format!("{n} p{n} base")).collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let plan = sync(&rules, &limited, 2).plan(&target, Directory::of(&left).reading(true));
    assert!(
        plan.exceeded.iter().any(|e| matches!(e, Exceeded::Removals { removed: 40, of: 80, .. })),
        "{:?}",
        plan.exceeded
    );
}
