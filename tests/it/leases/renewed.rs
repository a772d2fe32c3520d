//! Logins renew leases, in their own order and not more often than need be.

use super::{DAY, HOUR, RECORDS, RESTS, RULES, SEEN, SSO, Sso, said};
use crate::store::{Site, on_both};
use rosterd::providers::Said;
use rosterd::sync::Finding;
use rosterd_core::ids::Timestamp;

on_both!(
    who_logs_in_stays,
    n6_a_login_that_changes_nothing_writes_nothing_new_for_a_thirtieth_of_the_lease,
    n9_an_older_login_neither_prolongs_nor_shortens_a_lease,
    also_a_login_that_says_nothing_of_groups_renews,
    a_clock_that_was_wrong_is_corrected_by_the_next_login,
);

fn config() -> String {
    format!("{SSO}{RULES}")
}

async fn who_logs_in_stays(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    for day in (1..100).step_by(9) {
        sso.set(day * DAY);
        sso.settle().await;
        sso.login("ann", &["staff"]).await;
    }
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\n");
}

async fn n6_a_login_that_changes_nothing_writes_nothing_new_for_a_thirtieth_of_the_lease(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    let (rests, records) = (site.by_hand(RESTS), site.by_hand(RECORDS));
    for hour in 1..24 {
        sso.set(DAY + hour * HOUR);
        assert_eq!(sso.login("ann", &["staff"]).await, Finding::Unchanged);
        assert_eq!(site.by_hand(RESTS), rests);
    }
    sso.set(2 * DAY);
    assert_eq!(sso.login("ann", &["staff"]).await, Finding::Unchanged);
    assert_eq!(site.by_hand(RESTS), format!("{}||\n", 2 * DAY));
    assert_eq!(site.by_hand(RECORDS), records, "it is no run, and nothing of it is recorded");
}

async fn n9_an_older_login_neither_prolongs_nor_shortens_a_lease(site: Site) {
    let sso = Sso::new(&site.url, &config(), 10 * DAY).await;
    sso.login("ann", &["staff"]).await;
    let rests = site.by_hand(RESTS);
    sso.set(20 * DAY);
    let (at, until) = (Some(Timestamp(9 * DAY)), Some(Timestamp(21 * DAY)));
    sso.said(Said { at, until, ..said("ann", &["staff"]) }).await;
    assert_eq!(site.by_hand(RESTS), rests);
    // Its own time counts, not when it arrives.
    sso.said(Said { at: Some(Timestamp(15 * DAY)), ..said("ann", &["staff"]) }).await;
    assert_eq!(site.by_hand(RESTS), format!("{}||\n", 15 * DAY));
}

async fn also_a_login_that_says_nothing_of_groups_renews(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    sso.set(25 * DAY);
    let finding = sso.said(Said { groups: None, ..said("ann", &[]) }).await;
    assert!(matches!(finding, Finding::Incomplete(_)), "{finding:?}");
    sso.set(40 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\n");
}

async fn a_clock_that_was_wrong_is_corrected_by_the_next_login(site: Site) {
    let sso = Sso::new(&site.url, &config(), 900 * DAY).await;
    sso.login("ann", &["staff"]).await;
    sso.set(DAY);
    sso.login("ann", &["staff"]).await;
    assert_eq!(site.by_hand(RESTS), format!("{DAY}||\n"));
}
