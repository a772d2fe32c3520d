//! People who join, move, leave, come back, share a login, or are known to two providers.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, limited, role, teams, with_terms};
use rosterd_core::ids::Timestamp;
use rosterd_core::mapping::{NoMatch, TermsSpec};
use rosterd_core::observed::UserState;
use rosterd_core::plan::{LinkKey, Policy};
use rosterd_core::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 24 * 3600 * 1000;

fn rules() -> rosterd_core::mapping::RuleSet {
    compiled(&[role("staff", OrgRole::Viewer), teams()])
}

fn sync(target: &mut Target, policy: &Policy, day: i64, directory: &Directory) {
    let rules = rules();
    Sync { provider: "corp", rules: &rules, policy, now: Timestamp(day * DAY) }.apply(target, directory);
}

#[test]
fn a_leaver_is_suspended_then_archived_and_found_again() {
    let (mut target, policy) = (Target::default(), free());
    let all = Directory::of(&["1 ana staff", "2 bob staff t-web"]);
    sync(&mut target, &policy, 1, &all);
    let (bob, _) = target.user("bob");
    sync(&mut target, &policy, 2, &all.clone().without("bob"));
    assert_eq!(target.seen(), ["Org: ana = Viewer", "ana: active", "bob: suspended"]);
    assert_eq!(target.suspensions[&(bob, "corp".to_owned())].0, "gone from provider corp");
    sync(&mut target, &policy, 31, &all.clone().without("bob"));
    assert_eq!(target.user("bob").1.state, UserState::Suspended);
    sync(&mut target, &policy, 32, &all.clone().without("bob"));
    assert_eq!(target.user("bob").1.state, UserState::Archived);
    sync(&mut target, &policy, 40, &all);
    assert_eq!(target.user("bob").0, bob);
    assert!(target.suspensions.is_empty());
    assert_eq!(
        target.seen(),
        ["Org/web: bob = member", "Org: ana = Viewer", "Org: bob = Viewer", "ana: active", "bob: active"]
    );
}

#[test]
fn l17_a_recycled_login_is_somebody_new() {
    let (mut target, policy) = (Target::default(), free());
    sync(&mut target, &policy, 1, &Directory::of(&["old ana staff"]));
    let (old, _) = target.user("ana");
    sync(&mut target, &policy, 2, &Directory::of(&["new ana staff"]));
    let (new, _) = target.user("ana");
    assert_ne!(old, new);
    assert_eq!(target.users[&old].login, format!("ana~{old}"));
    assert_eq!(target.users[&old].state, UserState::Suspended);
    assert_eq!(target.seen(), ["Org: ana = Viewer", "ana: active", &format!("ana~{old}: suspended")]);
}

#[test]
fn logins_may_change_places() {
    let (mut target, policy) = (Target::default(), free());
    sync(&mut target, &policy, 1, &Directory::of(&["1 ana staff", "2 bob", "3 cy"]));
    sync(&mut target, &policy, 2, &Directory::of(&["1 bob staff", "2 cy", "3 ana"]));
    let logins: Vec<&str> = target.users.values().map(|u| u.login.as_str()).collect();
    assert_eq!(logins, ["bob", "cy", "ana"]);
    assert_eq!(target.users.values().next().unwrap().email, "bob@x.org");
}

#[test]
fn a_renamed_group_renames_its_team() {
    let (mut target, policy) = (Target::default(), limited());
    let people = ["1 ana t-web", "2 bob t-web", "3 cy t-web", "4 dee t-web"];
    sync(&mut target, &policy, 1, &Directory::of(&people));
    let before = target.teams.clone();
    sync(&mut target, &policy, 2, &Directory::of(&people).renamed("t-web", "t-frontend"));
    assert_eq!(target.teams.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(target.teams.values().next().unwrap().1, "frontend");
    assert_eq!(target.team_members.len(), 4);
}

#[test]
fn what_people_gave_by_hand_stays() {
    let (mut target, policy) = (Target::default(), free());
    let all = Directory::of(&["1 ana staff", "2 bob"]);
    sync(&mut target, &policy, 1, &all);
    let (ana, bob, org) = (target.user("ana").0, target.user("bob").0, target.org("Org"));
    target.org_members.get_mut(&(ana, org)).unwrap().1 = Some(OrgRole::Editor);
    target.org_members.insert((bob, org), (None, Some(OrgRole::Viewer)));
    sync(&mut target, &policy, 2, &Directory::of(&["1 ana", "2 bob staff"]));
    assert_eq!(target.org_members[&(ana, org)], (None, Some(OrgRole::Editor)));
    assert_eq!(target.org_members[&(bob, org)], (Some(OrgRole::Viewer), Some(OrgRole::Viewer)));
    sync(&mut target, &policy, 3, &Directory::of(&["1 ana"]));
    assert_eq!(target.org_members[&(bob, org)], (None, Some(OrgRole::Viewer)));
}

#[test]
fn damage_by_hand_is_repaired() {
    let (mut target, policy) = (Target::default(), free());
    let all = Directory::of(&["1 ana staff t-web", "2 bob staff"]);
    sync(&mut target, &policy, 1, &all);
    let (good, ana, bob, org) = (target.seen(), target.user("ana").0, target.user("bob").0, target.org("Org"));
    target.org_members.remove(&(bob, org));
    target.org_members.get_mut(&(ana, org)).unwrap().0 = Some(OrgRole::Editor);
    target.team_members.clear();
    target.users.get_mut(&ana).unwrap().login = "anna".to_owned();
    for (user, manual) in [(bob, false), (ana, true)] {
        let user = target.users.get_mut(&user).unwrap();
        (user.synced_admin, user.manual_admin) = (true, manual);
    }
    sync(&mut target, &policy, 2, &all);
    assert!(target.users[&ana].manual_admin && !target.users[&ana].synced_admin);
    target.users.get_mut(&ana).unwrap().manual_admin = false;
    assert_eq!(target.seen(), good);
}

#[test]
fn on_no_match_keeps_defaults_denies_or_suspends() {
    let all = Directory::of(&["1 ana staff", "2 bob staff"]);
    let moved = Directory::of(&["1 ana staff", "2 bob other"]);
    let after = |on_no_match: NoMatch| {
        let default = Some(("Guests".to_owned(), OrgRole::None));
        let rules =
            with_terms(&[role("staff", OrgRole::Viewer)], &TermsSpec { on_no_match, default, ..TermsSpec::default() });
        let (mut target, policy) = (Target::default(), free());
        for (day, directory) in [(1, &all), (2, &moved)] {
            let sync = Sync { provider: "corp", rules: &rules, policy: &policy, now: Timestamp(day * DAY) };
            sync.apply(&mut target, directory);
        }
        target.seen().into_iter().filter(|line| line.contains("bob")).collect::<Vec<_>>()
    };
    assert_eq!(after(NoMatch::Keep), ["Org: bob = Viewer", "bob: active"]);
    assert_eq!(after(NoMatch::Deny), ["bob: active"]);
    assert_eq!(after(NoMatch::Suspend), ["bob: suspended"]);
    assert_eq!(after(NoMatch::Nothing), ["bob: active"]);
    assert_eq!(after(NoMatch::Default), ["Guests: bob = None", "bob: active"]);
}

/// Two providers; both verify e-mail addresses unless `keys` is empty.
fn two(keys: &[LinkKey]) -> Policy {
    let keys: BTreeSet<LinkKey> = keys.iter().copied().collect();
    let names = ["corp", "partner"];
    Policy {
        precedence: BTreeMap::from([("corp".to_owned(), 1), ("partner".to_owned(), 2)]),
        link_by: names.iter().map(|name| ((*name).to_owned(), keys.clone())).collect(),
        ..free()
    }
}

fn sync_as(target: &mut Target, provider: &str, policy: &Policy, directory: &Directory) {
    let rules = rules();
    Sync { provider, rules: &rules, policy, now: Timestamp(DAY) }.apply(target, directory);
}

#[test]
fn o23_people_are_linked_only_by_configured_keys_and_never_to_a_server_admin() {
    let people = Directory::of(&["1 ana staff"]);
    for (keys, admin, users) in [(&[][..], false, 2), (&[LinkKey::Email], false, 1), (&[LinkKey::Email], true, 2)] {
        let (mut target, policy) = (Target::default(), two(keys));
        sync_as(&mut target, "corp", &policy, &people);
        target.users.values_mut().next().unwrap().manual_admin = admin;
        sync_as(&mut target, "partner", &policy, &people);
        assert_eq!(target.users.len(), users, "{keys:?} {admin}");
        if users == 2 {
            assert_eq!(target.user("ana@partner").1.state, UserState::Active);
        }
    }
}

#[test]
fn a_linked_person_keeps_what_the_other_provider_gives() {
    let (mut target, policy) = (Target::default(), two(&[LinkKey::Email]));
    sync_as(&mut target, "corp", &policy, &Directory::of(&["c1 ana staff"]));
    sync_as(&mut target, "partner", &policy, &Directory::of(&["p1 ana staff t-web"]));
    assert_eq!(target.seen(), ["Org/web: ana = member", "Org: ana = Viewer", "ana: active"]);
    sync_as(&mut target, "corp", &policy, &Directory::of(&[]));
    assert_eq!(target.seen(), ["Org/web: ana = member", "Org: ana = Viewer", "ana: active"]);
    sync_as(&mut target, "partner", &policy, &Directory::of(&[]));
    assert_eq!(target.seen(), ["ana: suspended"]);
}

#[test]
fn two_new_people_with_one_key_are_linked_to_nobody() {
    let (mut target, policy) = (Target::default(), two(&[LinkKey::Login]));
    sync_as(&mut target, "corp", &policy, &Directory::of(&["c1 ana staff"]));
    sync_as(&mut target, "partner", &policy, &Directory::of(&["p1 ana staff", "p2 ana staff"]));
    assert_eq!(target.users.len(), 3);
}

#[test]
fn nobody_takes_a_login_that_means_somebody_else() {
    let (mut target, policy) = (Target::default(), free());
    sync(&mut target, &policy, 1, &Directory::of(&["1 ana staff", "2 #1 staff", "3 service:1:ci staff"]));
    let logins: Vec<_> = target.users.values().map(|user| user.login.as_str()).collect();
    assert_eq!(logins, ["ana", "#1@corp", "service:1:ci@corp"]);
    // Nor later.
    sync(&mut target, &policy, 2, &Directory::of(&["1 #2 staff", "2 #1 staff", "3 service:1:ci staff"]));
    assert_eq!(target.user("#2@corp").0, rosterd_core::ids::UserId(1));
}
