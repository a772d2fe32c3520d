//! Many leases that end at once, and an outage that looks like that, wait for a person.

use super::{DAY, RULES, SEEN, SSO, Sso};
use crate::store::{Site, on_both};
use rosterd::store::{Hold, HoldDecision};
use rosterd::sync::Outcome;
use rosterd_core::ids::Timestamp;

on_both!(
    n10_many_leases_that_end_at_once_are_held_as_a_whole,
    where_nobody_logged_in_for_a_lease_it_is_held_and_can_be_approved,
    r31_a_clock_that_jumps_ahead_ends_nobody,
    of_two_people_nothing_can_be_told_and_their_leases_end,
    who_logs_in_while_a_plan_waits_is_not_in_the_next,
    n4_the_last_admin_stays,
);

fn config() -> String {
    format!("{SSO}{RULES}")
}

async fn people(url: &str, count: i64, at: i64) -> Sso {
    let sso = Sso::new(url, &config(), at).await;
    for n in 0..count {
        sso.login(&format!("p{n:02}"), &["staff"]).await;
    }
    sso
}

fn held(outcome: Outcome) -> Hold {
    let Outcome::Held { hold, .. } = outcome else { panic!("it is not held: {outcome:?}") };
    hold
}

async fn n10_many_leases_that_end_at_once_are_held_as_a_whole(site: Site) {
    let sso = people(&site.url, 12, DAY).await;
    sso.set(20 * DAY);
    sso.login("zoe", &["staff"]).await;
    sso.set(32 * DAY);
    let before = site.by_hand(SEEN);
    let hold = held(sso.run().await);
    assert!(hold.reasons.iter().any(|why| why.starts_with("12 users removed, of 13")), "{:?}", hold.reasons);
    assert!(!hold.reasons.iter().any(|why| why.contains("outage")), "{:?}", hold.reasons);
    assert_eq!(held(sso.run().await).id, hold.id, "the same again is the same");
    assert_eq!(site.by_hand(SEEN), before, "not eleven of twelve");
}

async fn where_nobody_logged_in_for_a_lease_it_is_held_and_can_be_approved(site: Site) {
    let sso = people(&site.url, 4, DAY).await;
    sso.set(32 * DAY);
    let before = site.by_hand(SEEN);
    let hold = held(sso.run().await);
    let why = "nobody of the 4 people of provider sso has logged in for a whole lease: it looks like an outage";
    assert!(hold.reasons.iter().any(|reason| reason == why), "{:?}", hold.reasons);
    assert_eq!(site.by_hand(SEEN), before);
    let approved = HoldDecision { id: hold.id, plan_hash: hold.plan_hash, approve: true, by: "test".to_owned() };
    sso.store.decide(&approved, Timestamp(32 * DAY)).await.unwrap();
    sso.set(33 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand("SELECT count(*) FROM users WHERE state = 'active'"), "0\n");
    assert_eq!(site.by_hand("SELECT count(*) FROM org_members"), "0\n");
}

async fn r31_a_clock_that_jumps_ahead_ends_nobody(site: Site) {
    let sso = people(&site.url, 20, DAY).await;
    let before = site.by_hand(SEEN);
    sso.set(9000 * DAY);
    held(sso.run().await);
    sso.set(2 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), before);
}

async fn of_two_people_nothing_can_be_told_and_their_leases_end(site: Site) {
    let sso = people(&site.url, 2, DAY).await;
    sso.set(32 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "p00|suspended|-\np01|suspended|-\n");
}

async fn who_logs_in_while_a_plan_waits_is_not_in_the_next(site: Site) {
    let sso = people(&site.url, 15, DAY).await;
    sso.set(32 * DAY);
    let first = held(sso.run().await);
    sso.login("p00", &["staff"]).await;
    let next = held(sso.run().await);
    assert_ne!(next.id, first.id);
    assert!(next.reasons.iter().any(|why| why.starts_with("14 users removed, of 15")), "{:?}", next.reasons);
}

async fn n4_the_last_admin_stays(site: Site) {
    let boss = "[[rules]]\nid = \"boss\"\nmatch.group = \"boss\"\norg = \"Main\"\nrole = \"Admin\"\n";
    let sso = Sso::new(&site.url, &format!("{SSO}{RULES}{boss}"), DAY).await;
    sso.login("ann", &["boss"]).await;
    sso.set(32 * DAY);
    sso.run().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Admin\n");
    // Somebody else becomes one: what was withheld is done.
    sso.login("ben", &["boss"]).await;
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\nben|active|Admin\n");
}
