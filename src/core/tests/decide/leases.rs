//! People who cannot be listed: what a login said holds for a while.

use crate::people::{facts, few, observed, rules};
use crate::target::Target;
use crate::world::{Directory, Sync, free, limited};
use proptest::prelude::*;
use rosterd_core::ids::{ReadingNumber, Timestamp, UserId};
use rosterd_core::plan::{Change, Exceeded, Input, Limits, LinkKey, Plan, Policy, RunFacts, SuspendReason, plan};
use rosterd_core::renewal::Renewal;
use rosterd_core::rights::OrgRole;
use rosterd_core::snapshot::{Reading, SnapshotBuilder};
use rosterd_core::writes::Trigger;

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const LEASE: i64 = 30 * DAY;

pub(crate) fn leased(policy: Policy) -> Policy {
    Policy { lease: Some(LEASE), ..policy }
}

/// Nobody is said to be there or gone.
fn silence() -> Reading {
    let mut builder = SnapshotBuilder::new(1);
    let part = builder.begin("nothing");
    builder.end(part);
    builder.finish_people()
}

/// One person logs in; what they said is `at`, and may end by itself.
pub(crate) fn logs_in(target: &mut Target, person: &str, at: i64, until: Option<i64>) {
    let login = Renewal { at: Timestamp(at), until: until.map(Timestamp) };
    let directory = Directory::of(&[person]);
    let name = person.split(' ').nth(1).unwrap();
    let plan = plan(Input {
        provider: "corp",
        observed: observed(target),
        reading: few(&directory, &[name]),
        rules: rules(),
        policy: &leased(free()),
        number: ReadingNumber(at),
        given: target.given("corp"),
        login: Some(login),
        now: Timestamp(at),
    });
    assert_eq!(plan.exceeded, []);
    target.apply(&plan.into_writes(facts()), Timestamp(at));
}

pub(crate) fn planned(target: &Target, policy: Policy, now: i64) -> Plan {
    let policy = leased(policy);
    let sync = Sync { provider: "corp", rules: rules(), policy: &policy, now: Timestamp(now) };
    sync.plan(target, silence())
}

/// Leases end, as far as limits let them; then nothing is left to be done.
fn end(target: &mut Target, now: i64) {
    let plan = planned(target, free(), now);
    assert_eq!(plan.exceeded, []);
    if !plan.is_empty() {
        let writes = plan.into_writes(RunFacts { trigger: Trigger::Lease, ..facts() });
        target.apply(&writes, Timestamp(now));
    }
    let again = planned(target, free(), now);
    assert!(again.is_empty(), "the second run is not empty: {:?}", again.changes);
}

pub(crate) fn state<'t>(target: &'t Target, login: &str) -> &'t str {
    target.users.values().find(|user| user.login == login).unwrap().state.name()
}

#[test]
fn who_does_not_log_in_for_a_lease_is_suspended_and_nobody_else() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff t-web", 0, None);
    logs_in(&mut target, "2 bob staff", 5 * DAY, None);
    let before = target.seen();
    end(&mut target, LEASE);
    assert_eq!(target.seen(), before, "up to its last moment it holds");
    end(&mut target, LEASE + 1);
    assert_eq!(target.seen(), ["Org: bob = Viewer", "ana: suspended", "bob: active"]);
    assert_eq!(target.suspensions.values().next().unwrap().0, "the lease of provider corp ended: no login renewed it");
    // As somebody who returns.
    logs_in(&mut target, "1 ana staff t-web", LEASE + 2, None);
    assert_eq!(target.seen(), before);
    assert!(target.suspensions.is_empty());
}

#[test]
fn a_login_that_said_when_it_ends_ends_then() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, Some(8 * HOUR));
    logs_in(&mut target, "2 bob staff", 0, None);
    end(&mut target, 8 * HOUR + 1);
    assert_eq!((state(&target, "ana"), state(&target, "bob")), ("suspended", "active"));
}

#[test]
fn n6_logins_that_change_nothing_write_nothing_but_what_renews_a_lease() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, None);
    let (first, audit) = (target.renewals.clone(), target.audit);
    logs_in(&mut target, "1 ana staff", HOUR, None);
    assert_eq!(target.renewals, first);
    logs_in(&mut target, "1 ana staff", DAY, None);
    assert_eq!(target.renewals.values().next().unwrap().renewal.at, Timestamp(DAY));
    assert_eq!(target.audit, audit, "nothing has changed");
}

#[test]
fn n9_an_older_login_neither_prolongs_nor_shortens() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 10 * DAY, None);
    let stored = target.renewals.clone();
    let older = Renewal { at: Timestamp(2 * DAY), until: Some(Timestamp(3 * DAY)) };
    let directory = Directory::of(&["1 ana staff"]);
    let late = plan(Input {
        provider: "corp",
        observed: observed(&target),
        reading: few(&directory, &["ana"]),
        rules: rules(),
        policy: &leased(free()),
        number: ReadingNumber(11 * DAY),
        given: target.given("corp"),
        login: Some(older),
        now: Timestamp(11 * DAY),
    });
    target.apply(&late.into_writes(facts()), Timestamp(11 * DAY));
    assert_eq!(target.renewals, stored);
}

#[test]
fn n9_somebody_of_whom_a_later_reading_spoke_is_left_alone() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 5, None);
    let policy = leased(free());
    let plan = plan(Input {
        provider: "corp",
        observed: target.observe("corp", Timestamp(0)),
        reading: silence(),
        rules: rules(),
        policy: &policy,
        // Drawn before the login's.
        number: ReadingNumber(0),
        given: target.given("corp"),
        login: None,
        now: Timestamp(2 * LEASE),
    });
    assert_eq!(plan.changes, []);
}

#[test]
fn who_was_known_before_there_were_leases_has_one_from_then_on() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, None);
    target.renewals.clear();
    let before = target.seen();
    end(&mut target, 100 * DAY);
    end(&mut target, 100 * DAY + LEASE);
    assert_eq!(target.seen(), before);
    end(&mut target, 100 * DAY + LEASE + 1);
    assert_eq!(state(&target, "ana"), "suspended");
}

#[test]
fn where_people_can_be_listed_nothing_ends() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana staff", 0, None);
    let plan =
        Sync { provider: "corp", rules: rules(), policy: &free(), now: Timestamp(9 * LEASE) }.plan(&target, silence());
    assert!(plan.is_empty(), "{:?}", plan.changes);
}

#[test]
fn what_others_give_and_what_people_gave_stays() {
    let mut target = Target::default();
    let policy =
        Policy { link_by: ["corp", "ldap"].map(|name| (name.to_owned(), [LinkKey::Login].into())).into(), ..free() };
    logs_in(&mut target, "1 ana staff", 0, None);
    logs_in(&mut target, "2 bob staff", 0, None);
    // Another provider has one of them, too; a person gave something to the other.
    let ldap = Sync { provider: "ldap", rules: rules(), policy: &policy, now: Timestamp(1) };
    ldap.apply(&mut target, &Directory::of(&["8 ana t-web"]));
    let org = *target.orgs.keys().next().unwrap();
    target.org_members.get_mut(&(UserId(2), org)).unwrap().1 = Some(OrgRole::Editor);
    end(&mut target, LEASE + 2);
    let seen = target.seen();
    for line in ["Org/web: ana = member", "Org: ana = None", "ana: active", "bob: suspended"] {
        assert!(seen.iter().any(|seen| seen == line), "{line} in {seen:?}");
    }
    assert_eq!(target.org_members[&(UserId(2), org)], (None, Some(OrgRole::Editor)));
}

#[test]
fn where_nobody_was_renewed_for_a_lease_it_is_held() {
    let mut target = Target::default();
    for (at, person) in (0i64..).zip(["1 ana staff", "2 bob staff", "3 eve staff"]) {
        logs_in(&mut target, person, at, None);
    }
    let policy = || Policy { limits: Limits { emptied_at_least: 3, ..free().limits }, ..free() };
    let held = planned(&target, policy(), LEASE + 9);
    let outage = Exceeded::NobodyRenewed { people: 3 };
    assert!(held.exceeded.contains(&outage), "{:?}", held.exceeded);
    let lapsed = |change: &Change| matches!(change, Change::Suspend { reason: SuspendReason::Lease, .. });
    assert_eq!(held.changes.iter().filter(|change| lapsed(change)).count(), 3);
    // As long as somebody logs in, it is no outage.
    logs_in(&mut target, "2 bob staff", LEASE, None);
    assert!(!planned(&target, policy(), LEASE + 9).exceeded.contains(&outage));
    // Of two people nothing can be told: what they had ends.
    let mut two = Target::default();
    logs_in(&mut two, "1 ana staff", 0, None);
    logs_in(&mut two, "2 bob staff", 0, None);
    assert_eq!(planned(&two, policy(), LEASE + 9).exceeded, []);
}

#[test]
fn r31_many_at_once_are_over_the_limits_also_when_the_clock_jumps() {
    let mut target = Target::default();
    for n in 0..60 {
        logs_in(&mut target, &format!("{n} p{n} staff"), DAY + n, None);
    }
    logs_in(&mut target, "99 last staff", 2 * DAY, None);
    let held = planned(&target, limited(), 2 * DAY + LEASE);
    assert!(held.exceeded.iter().any(|one| matches!(one, Exceeded::Removals { removed: 60, of: 61, .. })));
    let jumped = planned(&target, limited(), 999 * DAY);
    assert!(jumped.exceeded.contains(&Exceeded::NobodyRenewed { people: 61 }));
}

#[test]
fn n4_the_last_admin_stays() {
    let mut target = Target::default();
    logs_in(&mut target, "1 ana chiefs", 0, None);
    let plan = planned(&target, free(), 2 * LEASE);
    assert!(
        !plan.withheld.is_empty() && plan.changes.iter().all(|change| change.user().is_none()),
        "{:?}",
        plan.changes
    );
}

proptest! {
    /// Whoever ends is whose last login is longer ago than a lease; and a second run finds nothing.
    #[test]
    fn exactly_those_end_whose_lease_is_over(
        logins in proptest::collection::vec((0..5usize, 0..60 * DAY), 1..12),
        now in 60 * DAY..100 * DAY,
    ) {
        let mut logins = logins;
        logins.sort_by_key(|(_, at)| *at);
        let mut target = Target::default();
        let mut last = std::collections::BTreeMap::new();
        for (who, at) in &logins {
            logs_in(&mut target, &format!("{who} p{who} staff"), *at, None);
            last.insert(*who, *at);
        }
        end(&mut target, now);
        for (who, at) in last {
            let ended = state(&target, &format!("p{who}")) == "suspended";
            // What was not written is less than a day.
            if now > at + LEASE { prop_assert!(ended) }
            if now < at + LEASE - DAY { prop_assert!(!ended) }
        }
    }
}
