//! Whose lease is over is gone, and nobody else.

use super::{DAY, HOUR, RECORDS, RULES, SEEN, SSO, Sso, said};
use crate::store::{Site, on_both};
use rosterd::store::Leased;
use rosterd::sync::{Finding, Outcome};
use rosterd_core::ids::Timestamp;

on_both!(
    who_does_not_log_in_for_a_lease_loses_what_the_provider_gave_until_the_next_login,
    a_login_that_says_when_it_ends_ends_then,
    another_lease_in_the_configuration_counts_at_once,
    what_other_providers_and_people_gave_stays,
    who_was_known_before_there_were_leases_has_one_from_the_first_run_on,
    the_database_is_asked_for_no_more_than_the_leases_that_end,
    who_is_gone_is_archived_and_purged_with_all_that_is_kept_of_them,
);

fn config() -> String {
    format!("{SSO}{RULES}")
}

async fn who_does_not_log_in_for_a_lease_loses_what_the_provider_gave_until_the_next_login(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff", "t-red"]).await;
    sso.set(20 * DAY);
    sso.login("ben", &["staff"]).await;
    let before = site.by_hand(SEEN);
    sso.set(31 * DAY);
    assert!(matches!(sso.run().await, Outcome::Unchanged { .. }), "up to its last moment it holds");
    sso.set(31 * DAY + 1);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\nben|active|Viewer\n");
    assert_eq!(site.by_hand("SELECT count(*) FROM team_members"), "0\n");
    assert_eq!(
        site.by_hand("SELECT count(*) FROM grants g JOIN users u ON u.id = g.user_id WHERE u.login = 'ann'"),
        "0\n"
    );
    let why = site.by_hand("SELECT origin, reason FROM user_suspensions");
    assert_eq!(why, "sso|the lease of provider sso ended: no login renewed it\n");
    assert_eq!(site.by_hand("SELECT trigger FROM runs ORDER BY id DESC LIMIT 1"), "lease\n");
    let audit = site.by_hand("SELECT body FROM audit ORDER BY seq DESC LIMIT 1");
    assert!(audit.contains(r#"["suspend_user","lease"]"#), "{audit}");
    // Another login, and all is back.
    assert_eq!(sso.login("ann", &["staff", "t-red"]).await, Finding::Applied);
    assert_eq!(site.by_hand(SEEN), before);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), before);
}

async fn a_login_that_says_when_it_ends_ends_then(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.said(rosterd::providers::Said { until: Some(Timestamp(DAY + 8 * HOUR)), ..said("ann", &["staff"]) }).await;
    sso.said(rosterd::providers::Said { until: Some(Timestamp(900 * DAY)), ..said("ben", &["staff"]) }).await;
    sso.set(DAY + 8 * HOUR + 1);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\nben|active|Viewer\n");
    // Never later than the configuration says.
    sso.set(31 * DAY + 1);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\nben|suspended|-\n");
}

async fn another_lease_in_the_configuration_counts_at_once(site: Site) {
    let mut sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    sso.set(9 * DAY);
    sso.settle().await;
    sso.configure(&config().replace("\"oidc\"", "\"oidc\", lease = \"7d\""));
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\n");
}

async fn what_other_providers_and_people_gave_stays(site: Site) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people.yaml");
    std::fs::write(&file, "people:\n  - { id: a1, login: ann, groups: [g] }\ngroups:\n  - { id: g, name: g }\n")
        .unwrap();
    let linked = SSO.replace("login =", "link.by = [\"login\"]\nlogin =");
    let corp = format!(
        "[providers.corp]\nfile.path = {file:?}\nlink.by = [\"login\"]\ncreate_missing = [\"orgs\"]\n\
         [[rules]]\nid = \"corp\"\nprovider = \"corp\"\nmatch.group = \"g\"\norg = \"Other\"\nrole = \"Editor\"\n"
    );
    let sso = Sso::new(&site.url, &format!("{linked}{RULES}{corp}"), DAY).await;
    sso.engine.run_once("corp", rosterd_core::writes::Trigger::Command).await.unwrap();
    sso.login("ann", &["staff", "t-red"]).await;
    sso.login("ben", &["staff"]).await;
    site.by_hand(
        "UPDATE org_members SET manual_role = 'Editor' WHERE user_id = (SELECT id FROM users WHERE login = 'ben')",
    );
    sso.set(31 * DAY + 1);
    sso.settle().await;
    let rights = "SELECT u.login, u.state, o.name, m.role FROM org_members m JOIN users u ON u.id = m.user_id
         JOIN orgs o ON o.id = m.org_id ORDER BY u.login";
    assert_eq!(site.by_hand(rights), "ann|active|Other|Editor\nben|suspended|Main|Editor\n");
}

async fn who_was_known_before_there_were_leases_has_one_from_the_first_run_on(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    site.by_hand("DELETE FROM renewals");
    sso.set(500 * DAY);
    let records = site.by_hand(RECORDS);
    sso.settle().await;
    assert_eq!((site.by_hand(SEEN).as_str(), site.by_hand(RECORDS)), ("ann|active|Viewer\n", records));
    sso.set(530 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\n");
    sso.set(530 * DAY + 1);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|suspended|-\n");
}

async fn the_database_is_asked_for_no_more_than_the_leases_that_end(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    assert!(!sso.engine.every_lease_holds("sso").await.unwrap(), "everybody is gone through at first");
    sso.settle().await;
    assert!(sso.engine.every_lease_holds("sso").await.unwrap());
    sso.set(DAY + HOUR);
    assert!(!sso.engine.every_lease_holds("sso").await.unwrap(), "and once an hour");
    sso.set(31 * DAY);
    sso.settle().await;
    assert!(sso.engine.every_lease_holds("sso").await.unwrap());
    let lease = 30 * DAY;
    let ending = async |at: i64| {
        let of = Leased { provider: "sso".to_owned(), lease, recheck: None, held: None };
        let ending = sso.store.ending(&of, Timestamp(at)).await.unwrap();
        (ending.now, ending.day, ending.week)
    };
    assert_eq!(ending(24 * DAY).await, (0, 0, 0));
    assert_eq!(ending(24 * DAY + 1).await, (0, 0, 1));
    assert_eq!(ending(31 * DAY).await, (0, 1, 1));
    assert_eq!(ending(31 * DAY + 1).await, (1, 1, 1));
    sso.set(31 * DAY + 1);
    assert!(!sso.engine.every_lease_holds("sso").await.unwrap());
    sso.settle().await;
    assert_eq!(ending(99 * DAY).await, (0, 0, 0));
}

async fn who_is_gone_is_archived_and_purged_with_all_that_is_kept_of_them(site: Site) {
    let sso = Sso::new(&site.url, &config(), DAY).await;
    sso.login("ann", &["staff"]).await;
    sso.set(32 * DAY);
    sso.settle().await;
    sso.set(62 * DAY);
    sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|archived|-\n");
    assert!(sso.store.purge("ann", "test", Timestamp(62 * DAY)).await.unwrap());
    assert_eq!(site.by_hand("SELECT count(*) FROM renewals"), "0\n");
}
