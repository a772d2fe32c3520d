//! People who cannot be listed, and another provider that lists them: what their login said holds while it does.

use crate::leases::{DAY, HOUR, LEASE, leased, logs_in, planned, state};
use crate::people::{facts, rules};
use crate::target::Target;
use crate::world::{Directory, Sync, free, limited};
use proptest::prelude::*;
use rosterd_core::ids::{IdentityId, Timestamp};
use rosterd_core::plan::{Exceeded, Limits, LinkKey, Policy, RunFacts};
use rosterd_core::writes::Trigger;

/// `corp`, where people log in, is re-checked at `ldap`.
fn linked(policy: Policy) -> Policy {
    let link_by = ["corp", "ldap"].map(|name| (name.to_owned(), [LinkKey::Login].into())).into();
    Policy { link_by, recheck: Some("ldap".to_owned()), ..policy }
}

/// `ldap` is read: whoever is named, `ID LOGIN`, is there.
fn reads(target: &mut Target, at: i64, people: &[&str], complete: bool) {
    let policy = Policy { recheck: None, rechecks: Some(LEASE), ..linked(free()) };
    let sync = Sync { provider: "ldap", rules: rules(), policy: &policy, now: Timestamp(at) };
    let plan = sync.plan(target, Directory::of(people).reading(complete));
    if !plan.is_empty() {
        return target.apply(&plan.into_writes(facts()), Timestamp(at));
    }
    // What a store notes of a run that changes nothing.
    if let Some(at) = plan.read_at() {
        target.reads.insert("ldap".to_owned(), at);
    }
}

/// Leases end; then nothing is left to be done.
fn end(target: &mut Target, now: i64) {
    let plan = planned(target, linked(free()), now);
    assert_eq!(plan.exceeded, []);
    if !plan.is_empty() {
        target.apply(&plan.into_writes(RunFacts { trigger: Trigger::Lease, ..facts() }), Timestamp(now));
    }
    let again = planned(target, linked(free()), now);
    assert!(again.is_empty(), "the second run is not empty: {:?}", again.changes);
}

/// Whether somebody has what their login gave.
fn has(target: &Target, login: &str) -> bool {
    target.seen().contains(&format!("Org: {login} = Viewer"))
}

const BOTH: [&str; 2] = ["8 ana", "9 bob"];

/// Both have logged in, and both are listed.
fn two() -> Target {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, None);
    logs_in(&mut target, "2 bob staff", 0, None);
    reads(&mut target, 1, &BOTH, true);
    target
}

#[test]
fn who_is_listed_elsewhere_keeps_what_their_login_said_without_a_word_written() {
    let mut target = two();
    let before = (target.seen(), target.renewals.clone(), target.audit);
    for month in 1..20 {
        reads(&mut target, month * LEASE, &BOTH, true);
        let plan = planned(&target, linked(free()), month * LEASE + DAY);
        assert!(plan.is_empty() && plan.exceeded.is_empty(), "{:?}", plan.changes);
    }
    assert_eq!((target.seen(), target.renewals.clone(), target.audit), before);
}

#[test]
fn also_when_the_login_said_that_it_ends_sooner() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, Some(8 * HOUR));
    reads(&mut target, 1, &BOTH, true);
    end(&mut target, DAY);
    assert_eq!(state(&target, "ana"), "active");
}

#[test]
fn once_a_complete_reading_has_them_no_more_the_lease_ends_as_the_login_says() {
    let mut target = two();
    reads(&mut target, LEASE, &BOTH, true);
    reads(&mut target, 2 * LEASE, &BOTH[..1], false);
    end(&mut target, 2 * LEASE - DAY);
    assert_eq!(state(&target, "bob"), "active", "an incomplete reading says of nobody that they are gone");
    reads(&mut target, 2 * LEASE, &BOTH[..1], true);
    end(&mut target, 2 * LEASE + 1);
    assert_eq!((state(&target, "ana"), state(&target, "bob")), ("active", "suspended"));
    // Back in the list: that gives nothing that has ended.
    reads(&mut target, 2 * LEASE + 2, &BOTH, true);
    end(&mut target, 2 * LEASE + 3);
    assert!(has(&target, "ana") && !has(&target, "bob"));
}

#[test]
fn who_has_just_logged_in_and_is_gone_from_the_list_keeps_their_login() {
    let mut target = two();
    logs_in(&mut target, "2 bob staff", DAY, None);
    reads(&mut target, 2 * DAY, &BOTH[..1], true);
    end(&mut target, LEASE + DAY);
    assert_eq!(state(&target, "bob"), "active");
    reads(&mut target, LEASE + DAY, &BOTH[..1], true);
    end(&mut target, LEASE + DAY + 1);
    assert_eq!((state(&target, "ana"), state(&target, "bob")), ("active", "suspended"));
}

#[test]
fn who_is_not_linked_is_not_re_checked() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, None);
    logs_in(&mut target, "2 bob staff", 0, None);
    reads(&mut target, 1, &["8 ana"], true);
    reads(&mut target, LEASE, &["8 ana"], true);
    end(&mut target, LEASE + 1);
    assert_eq!((state(&target, "ana"), state(&target, "bob")), ("active", "suspended"));
}

#[test]
fn what_the_provider_itself_has_withdrawn_no_list_prolongs() {
    let mut target = two();
    reads(&mut target, LEASE, &BOTH, true);
    target.withdrawn.insert(IdentityId(2));
    end(&mut target, LEASE + 1);
    assert!(has(&target, "ana") && !has(&target, "bob"));
}

#[test]
fn an_outage_of_the_list_is_held_however_few_would_end() {
    let mut target = two();
    // Somebody else logs in all the while: the provider itself is not down.
    logs_in(&mut target, "3 eve staff", LEASE, None);
    assert!(planned(&target, linked(free()), LEASE + 1).is_empty(), "up to its last moment a reading counts");
    let held = planned(&target, linked(free()), LEASE + 2);
    assert_eq!(held.exceeded, [Exceeded::NotRechecked { people: 2 }]);
    assert!(held.sentence(&held.exceeded[0]).contains("it looks like an outage"));
    // An incomplete reading is none.
    reads(&mut target, LEASE + 3, &BOTH, false);
    assert_eq!(planned(&target, linked(free()), LEASE + 4).exceeded, [Exceeded::NotRechecked { people: 2 }]);
    reads(&mut target, LEASE + 5, &BOTH, true);
    assert!(planned(&target, linked(free()), LEASE + 6).is_empty());
}

#[test]
fn a_list_that_was_never_read_is_an_outage_too() {
    let mut target = two();
    target.reads.clear();
    assert_eq!(planned(&target, linked(free()), LEASE + 1).exceeded, [Exceeded::NotRechecked { people: 2 }]);
}

#[test]
fn who_is_re_checked_has_as_good_as_logged_in() {
    let mut target = Target::default();
    let people: Vec<String> = (0..12).map(|n| format!("{n} p{n} staff")).collect();
    for person in &people {
        logs_in(&mut target, person, 0, None);
    }
    let listed: Vec<String> = (0..11).map(|n| format!("x{n} p{n}")).collect();
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    reads(&mut target, LEASE, &listed, true);
    let policy = || Policy { limits: Limits { emptied_at_least: 3, ..free().limits }, ..linked(free()) };
    let plan = planned(&target, policy(), LEASE + 1);
    assert_eq!(
        (plan.exceeded.as_slice(), plan.changes.is_empty()),
        ([].as_slice(), false),
        "one ends, and it is no outage"
    );
    // Nobody of them is listed: as without a list.
    let held = planned(&target, Policy { recheck: Some("hr".to_owned()), ..policy() }, LEASE + 1);
    assert!(held.exceeded.contains(&Exceeded::NobodyRenewed { people: 12 }), "{:?}", held.exceeded);
}

#[test]
fn n10_many_who_are_gone_at_once_are_over_the_limits_here_too() {
    let mut target = Target::default();
    let names: Vec<String> = (0..40).map(|n| format!("{n} p{n} staff")).collect();
    let listed: Vec<String> = (0..40).map(|n| format!("x{n} p{n}")).collect();
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    names.iter().for_each(|person| logs_in(&mut target, person, 0, None));
    reads(&mut target, 1, &listed, true);
    reads(&mut target, LEASE, &listed[..25], true);
    let held = planned(&target, linked(limited()), LEASE + 1);
    assert!(
        held.exceeded.iter().any(|one| matches!(one, Exceeded::Removals { removed: 15, .. })),
        "{:?}",
        held.exceeded
    );
}

#[test]
fn n6_when_a_list_was_read_is_noted_as_seldom_as_a_login_is() {
    let mut target = two();
    let first = target.reads["ldap"];
    reads(&mut target, HOUR, &BOTH, true);
    assert_eq!(target.reads["ldap"], first);
    reads(&mut target, 1 + DAY, &BOTH, true);
    assert_eq!(target.reads["ldap"], Timestamp(1 + DAY));
    reads(&mut target, 3 * DAY, &BOTH, false);
    assert_eq!(target.reads["ldap"], Timestamp(1 + DAY), "an incomplete one never");
    // A clock that was wrong is corrected.
    reads(&mut target, 900 * DAY, &BOTH, true);
    reads(&mut target, 4 * DAY, &BOTH, true);
    assert_eq!(target.reads["ldap"], Timestamp(4 * DAY));
    // Where nobody's lease rests on it, it is never.
    let sync = Sync { provider: "ldap", rules: rules(), policy: &linked(free()), now: Timestamp(99 * DAY) };
    assert_eq!(sync.plan(&target, Directory::of(&BOTH).reading(true)).read_at(), None);
}

#[test]
fn what_was_ended_stays_so_where_the_provider_is_retired() {
    let target = two();
    let policy = leased(linked(free()));
    let retired = Sync { provider: "corp", rules: rules(), policy: &policy, now: Timestamp(9 * LEASE) };
    let plan = retired.plan(&target, Directory::default().reading(true));
    assert!(!plan.exceeded.iter().any(|one| matches!(one, Exceeded::NotRechecked { .. })), "{:?}", plan.exceeded);
}

proptest! {
    /// Whoever ends is whose login is a lease ago and who is not listed by a reading that is newer than that.
    #[test]
    fn exactly_those_end_whom_neither_a_login_nor_a_list_holds(
        logins in proptest::collection::vec(0..80 * DAY, 4),
        listed in proptest::collection::vec(any::<bool>(), 4),
        now in 80 * DAY..100 * DAY,
    ) {
        let mut target = Target::default();
        let mut order: Vec<usize> = (0..4).collect();
        order.sort_by_key(|who| logins[*who]);
        for who in order {
            logs_in(&mut target, &format!("{who} p{who} staff"), logins[who], None);
        }
        let there: Vec<String> = (0..4).filter(|who| listed[*who]).map(|who| format!("x{who} p{who}")).collect();
        reads(&mut target, 80 * DAY, &there.iter().map(String::as_str).collect::<Vec<_>>(), true);
        end(&mut target, now);
        for who in 0..4 {
            let holds = listed[who] || logins[who] + LEASE >= now;
            prop_assert_eq!(state(&target, &format!("p{who}")) == "active", holds);
        }
    }
}
