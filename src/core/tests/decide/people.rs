//! A plan for a few people touches them and nobody else, and takes no more than it may.

use crate::target::Target;
use crate::world::{Directory, Sync, compiled, free, limited, role, teams};
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::mapping::RuleSet;
use rosterd_core::observed::{Observed, Scope};
use rosterd_core::plan::{Exceeded, Form, Input, Plan, Policy, RunFacts, plan};
use rosterd_core::rights::OrgRole;
use rosterd_core::snapshot::{PersonIndex, Reading, SnapshotBuilder};
use rosterd_core::writes::Trigger;
use std::sync::OnceLock;

/// Compiled once: the races plan thousands of times.
pub(crate) fn rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| compiled(&[role("staff", OrgRole::Viewer), role("chiefs", OrgRole::Admin), teams()]))
}

/// What is said of these people alone.
pub(crate) fn few(directory: &Directory, logins: &[&str]) -> Reading {
    let reading = directory.reading(true);
    let snapshot = reading.snapshot();
    let people: Vec<PersonIndex> = (0u32..)
        .zip(&snapshot.people)
        .filter(|(_, person)| logins.contains(&snapshot.texts.get(person.login)))
        .map(|(at, _)| PersonIndex(at))
        .collect();
    reading.only(&people)
}

/// What a store shows of them; here everybody, who must be left alone all the same.
pub(crate) fn observed(target: &Target) -> Observed {
    Observed { scope: Scope::People, ..target.observe("corp", Timestamp(0)) }
}

pub(crate) fn planned(target: &Target, policy: &Policy, number: i64, reading: Reading) -> Plan {
    plan(Input {
        provider: "corp",
        observed: observed(target),
        reading,
        rules: rules(),
        policy,
        number: ReadingNumber(number),
        given: target.given("corp"),
        login: None,
        now: Timestamp(number),
    })
}

pub(crate) fn facts() -> RunFacts {
    RunFacts { trigger: Trigger::Login, started_at: Timestamp(1), hold: None, epoch: None }
}

fn look(target: &mut Target, number: i64, directory: &Directory, logins: &[&str]) {
    let plan = planned(target, &free(), number, few(directory, logins));
    assert_eq!(plan.exceeded, []);
    target.apply(&plan.into_writes(facts()), Timestamp(number));
    let again = planned(target, &free(), number, few(directory, logins));
    assert!(again.is_empty(), "the second look is not empty: {}", again.render(Form::Text));
}

fn synced(policy: &Policy, directory: &Directory) -> Target {
    let mut target = Target::default();
    Sync { provider: "corp", rules: rules(), policy, now: Timestamp(1) }.apply(&mut target, directory);
    target
}

#[test]
fn n9_a_look_says_nothing_about_anybody_else() {
    let before = Directory::of(&["1 ana staff", "2 bob staff t-web", "3 eve chiefs"]);
    let mut target = synced(&free(), &before);
    // Everybody changes; one person is looked at.
    let after = Directory::of(&["1 ana t-web", "2 bob", "4 new staff"]);
    look(&mut target, 2, &after, &["ana"]);
    let expected = [
        "Org/web: ana = member",
        "Org/web: bob = member",
        "Org: ana = None",
        "Org: bob = Viewer",
        "Org: eve = Admin",
        "ana: active",
        "bob: active",
        "eve: active",
    ];
    assert_eq!(target.seen(), expected);
    // Somebody new is made; nobody who was not found is gone.
    look(&mut target, 3, &after, &["new", "nobody"]);
    assert!(target.seen().contains(&"Org: new = Viewer".to_owned()));
    assert_eq!(target.seen().len(), expected.len() + 2);
}

/// A feed named them, the provider was asked and did not have them.
#[test]
fn who_is_said_to_be_gone_is_and_nobody_else() {
    let before = Directory::of(&["1 ana staff", "2 bob staff t-web", "3 eve chiefs"]);
    let mut target = synced(&free(), &before);
    let gone = || {
        let mut builder = SnapshotBuilder::new(1);
        builder.gone("2");
        builder.gone("nobody knows this one");
        builder.group_gone("t-web");
        let part = builder.begin("people");
        builder.end(part);
        builder.finish_people()
    };
    let plan = planned(&target, &free(), 2, gone());
    target.apply(&plan.into_writes(facts()), Timestamp(2));
    let expected = ["Org: ana = Viewer", "Org: eve = Admin", "ana: active", "bob: suspended", "eve: active"];
    assert_eq!(target.seen(), expected);
    assert!(planned(&target, &free(), 2, gone()).is_empty(), "the second time does nothing");
    // A later reading has said something else: that stays.
    look(&mut target, 9, &before, &["bob"]);
    assert!(planned(&target, &free(), 3, gone()).changes.is_empty(), "an older reading");
    // Because of what is incomplete nobody is gone.
    let doubted = gone().doubted("referral", "elsewhere");
    assert!(planned(&target, &free(), 10, doubted).changes.is_empty());
}

#[test]
fn groups_that_were_not_asked_for_are_not_gone() {
    let directory = Directory::of(&["1 ana staff t-web", "2 bob t-ops"]).nested("t-ops", "staff");
    let mut target = synced(&free(), &directory);
    look(&mut target, 2, &directory, &["ana"]);
    Sync { provider: "corp", rules: rules(), policy: &free(), now: Timestamp(3) }.apply(&mut target, &directory);
    assert!(target.seen().contains(&"Org: bob = Viewer".to_owned()), "through the other group");
}

#[test]
fn n9_an_older_reading_does_not_overwrite_a_newer_one() {
    let old = Directory::of(&["1 ana staff t-web", "2 bob staff", "9 boss chiefs"]);
    let new = Directory::of(&["1 ana chiefs", "2 bob staff", "9 boss chiefs"]);
    let mut target = synced(&free(), &old);
    look(&mut target, 9, &new, &["ana"]);
    let seen = target.seen();
    assert!(seen.contains(&"Org: ana = Admin".to_owned()), "{seen:?}");
    // A full reading that was begun before; somebody else's change in it counts.
    let sync = |target: &mut Target, number: i64, directory: &Directory| {
        Sync { provider: "corp", rules: rules(), policy: &free(), now: Timestamp(number) }.apply(target, directory);
    };
    sync(&mut target, 5, &Directory::of(&["1 ana staff t-web", "2 bob", "9 boss chiefs"]));
    assert!(target.seen().contains(&"Org: ana = Admin".to_owned()), "{:?}", target.seen());
    assert!(!target.seen().iter().any(|line| line.starts_with("Org: bob")), "{:?}", target.seen());
    // In an older one she was not there at all.
    sync(&mut target, 6, &Directory::of(&["2 bob", "9 boss chiefs"]));
    assert!(target.seen().contains(&"ana: active".to_owned()));
    sync(&mut target, 10, &old);
    assert!(target.seen().contains(&"Org: ana = Viewer".to_owned()), "a later one counts again");
}

#[test]
fn what_a_reading_is_silent_about_does_not_resume_anybody() {
    use crate::world::with_terms;
    use rosterd_core::mapping::{NoMatch, TermsSpec};
    let rules = with_terms(
        &[role("staff", OrgRole::Viewer)],
        &TermsSpec { on_no_match: NoMatch::Suspend, ..TermsSpec::default() },
    );
    let sync = Sync { provider: "corp", rules: &rules, policy: &free(), now: Timestamp(1) };
    let mut target = Target::default();
    sync.apply(&mut target, &Directory::of(&["1 ana staff", "2 bob other"]));
    assert!(target.seen().contains(&"bob: suspended".to_owned()));
    sync.apply_reading(&mut target, &Directory::of(&["1 ana staff"]), false);
    assert!(target.seen().contains(&"bob: suspended".to_owned()), "{:?}", target.seen());
}

#[test]
fn shares_are_of_what_everybody_has() {
    let many: Vec<String> = (0..60).map(|n| format!("{n} p{n:02} staff")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let target = synced(&limited(), &Directory::of(&many));
    let loses = |n: usize| {
        let after: Vec<String> =
            (0..60).map(|at| format!("{at} p{at:02}{}", if at < n { "" } else { " staff" })).collect();
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        let logins: Vec<String> = (0..n).map(|at| format!("p{at:02}")).collect();
        let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
        planned(&target, &limited(), 2, few(&Directory::of(&after), &logins))
    };
    // 20 % of 60.
    assert_eq!(loses(12).exceeded, []);
    assert!(matches!(loses(13).exceeded.as_slice(), [Exceeded::Removals { removed: 13, of: 60, .. }, ..]));
}

#[test]
fn n4_the_last_admin_stays_whoever_looks() {
    let mut target = synced(&free(), &Directory::of(&["1 ana chiefs", "2 bob staff"]));
    look(&mut target, 2, &Directory::of(&["1 ana", "2 bob staff"]), &["ana"]);
    assert!(target.seen().contains(&"Org: ana = Admin".to_owned()));
}
