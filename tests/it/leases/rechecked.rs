//! A directory that has the same people re-checks them: what their login said holds while it lists them.

use super::{DAY, HOUR, RECORDS, RESTS, RULES, SEEN, Sso, said};
use crate::store::{Site, on_both};
use rosterd::providers::Said;
use rosterd::store::{Hold, Leased};
use rosterd::sync::Outcome;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::path::PathBuf;

on_both!(
    who_is_listed_keeps_what_their_login_said_and_nothing_is_written_of_them,
    who_is_gone_from_the_directory_loses_it_at_once,
    who_is_not_linked_is_not_re_checked,
    an_outage_of_the_directory_is_held_until_it_is_read_again,
    past_the_end_that_the_login_itself_said,
    what_the_provider_withdraws_ends_although_the_directory_has_them,
    without_the_key_it_is_as_it_was,
    n6_the_time_of_a_reading_is_written_once_a_day,
    each_tick_asks_for_those_alone_whose_lease_has_ended_since,
);

/// Logins at `sso`, re-checked by the file of `corp`, which lists whoever was last written.
struct Linked {
    sso: Sso,
    people: PathBuf,
    _dir: tempfile::TempDir,
}

/// Linked by login: the file has no addresses.
const SSO: &str =
    "[providers.sso]\ncreate_missing = [\"orgs\", \"teams\"]\nlogin = { protocol = \"oidc\" }\nlink.by = [\"login\"]\n";
const RECHECK: &str = "recheck = \"corp\"\n";

impl Linked {
    async fn new(site: &Site, recheck: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let people = dir.path().join("people.yaml");
        let corp = format!("[providers.corp]\nfile.path = {people:?}\nlink.by = [\"login\"]\n");
        let config = format!("{SSO}{recheck}{corp}{RULES}");
        Self { sso: Sso::new(&site.url, &config, DAY).await, people, _dir: dir }
    }

    /// Whose logins were long ago at that time, and who keep what they have.
    async fn held(site: &Site, now: i64) -> Self {
        let linked = Self::new(site, RECHECK).await;
        linked.logins(&["ann", "ben"]).await;
        linked.list(&["ann", "ben"]);
        linked.sso.set(now);
        linked.read().await;
        linked.sso.settle().await;
        assert!(linked.sso.engine.every_lease_holds("sso").await.unwrap());
        linked
    }

    fn list(&self, people: &[&str]) {
        let line = |who: &&str| format!("  - {{ id: {who}-corp, login: {who}, groups: [] }}\n");
        let lines: String = people.iter().map(line).collect();
        let text = if lines.is_empty() {
            "people: []\ngroups: []\n".to_owned()
        } else {
            format!("people:\n{lines}groups: []\n")
        };
        std::fs::write(&self.people, text).unwrap();
    }

    async fn read(&self) -> Outcome {
        self.sso.engine.run_once("corp", Trigger::Schedule).await.unwrap()
    }

    async fn logins(&self, people: &[&str]) {
        for who in people {
            self.sso.login(who, &["staff"]).await;
        }
    }

    /// How many leases are over, as a tick asks that knows nothing from before.
    async fn over(&self, now: i64) -> u64 {
        let recheck = Some("corp".to_owned());
        let of = Leased { provider: "sso".to_owned(), lease: 30 * DAY, recheck, held: None };
        self.sso.store.ending(&of, Timestamp(now)).await.unwrap().now
    }
}

fn held(outcome: Outcome) -> Hold {
    let Outcome::Held { hold, .. } = outcome else { panic!("it is not held: {outcome:?}") };
    hold
}

async fn who_is_listed_keeps_what_their_login_said_and_nothing_is_written_of_them(site: Site) {
    let linked = Linked::new(&site, RECHECK).await;
    linked.logins(&["ann", "ben"]).await;
    linked.list(&["ann", "ben"]);
    linked.read().await;
    let written = || (site.by_hand(SEEN), site.by_hand(RESTS), site.by_hand(RECORDS));
    let before = written();
    for day in (20..400).step_by(20) {
        linked.sso.set(day * DAY);
        linked.read().await;
        linked.sso.set(day * DAY + HOUR);
        assert_eq!(linked.over(day * DAY + HOUR).await, 0);
        assert!(matches!(linked.sso.run().await, Outcome::Unchanged { .. }));
    }
    assert_eq!(written(), before);
    // A login is one, now as ever.
    linked.logins(&["ann"]).await;
    assert!(site.by_hand(RESTS).contains(&(380 * DAY + HOUR).to_string()));
}

async fn who_is_gone_from_the_directory_loses_it_at_once(site: Site) {
    let linked = Linked::held(&site, 50 * DAY).await;
    linked.list(&["ann"]);
    linked.sso.set(50 * DAY + 1);
    linked.read().await;
    assert!(!linked.sso.engine.every_lease_holds("sso").await.unwrap(), "the next tick finds it");
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|suspended|-\n");
    assert!(linked.sso.engine.every_lease_holds("sso").await.unwrap());
    // Listed again, they have to log in.
    linked.list(&["ann", "ben"]);
    linked.read().await;
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|active|-\n");
    linked.logins(&["ben"]).await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|active|Viewer\n");
}

async fn who_is_not_linked_is_not_re_checked(site: Site) {
    let linked = Linked::new(&site, RECHECK).await;
    linked.logins(&["ann", "ben", "cleo", "dora"]).await;
    linked.list(&["ann", "cleo", "dora"]);
    linked.read().await;
    linked.sso.set(31 * DAY);
    linked.read().await;
    linked.sso.set(31 * DAY + 1);
    assert_eq!(linked.over(31 * DAY + 1).await, 1);
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|suspended|-\ncleo|active|Viewer\ndora|active|Viewer\n");
}

async fn an_outage_of_the_directory_is_held_until_it_is_read_again(site: Site) {
    let linked = Linked::new(&site, RECHECK).await;
    linked.logins(&["ann", "ben"]).await;
    linked.list(&["ann", "ben"]);
    linked.read().await;
    std::fs::remove_file(&linked.people).unwrap();
    linked.sso.set(20 * DAY);
    linked.logins(&["cleo"]).await;
    linked.sso.engine.run_once("corp", Trigger::Schedule).await.unwrap_err();
    linked.sso.set(31 * DAY);
    linked.sso.settle().await;
    let before = site.by_hand(SEEN);
    linked.sso.set(31 * DAY + 1);
    assert_eq!(linked.over(31 * DAY + 1).await, 2);
    let hold = held(linked.sso.run().await);
    let why = "what re-checks the people of provider sso was not read completely for a whole lease, \
               and has 2 of those whose leases would end: it looks like an outage";
    assert!(hold.reasons.iter().any(|reason| reason == why), "{:?}", hold.reasons);
    assert!(!linked.sso.engine.every_lease_holds("sso").await.unwrap(), "each tick says so");
    assert_eq!(held(linked.sso.run().await).id, hold.id, "the same again is the same");
    assert_eq!(site.by_hand(SEEN), before);
    linked.list(&["ann", "ben"]);
    linked.read().await;
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), before);
}

async fn past_the_end_that_the_login_itself_said(site: Site) {
    let linked = Linked::new(&site, RECHECK).await;
    for who in ["ann", "ben"] {
        linked.sso.said(Said { until: Some(Timestamp(DAY + 8 * HOUR)), ..said(who, &["staff"]) }).await;
    }
    linked.list(&["ann"]);
    linked.read().await;
    linked.sso.set(2 * DAY);
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|suspended|-\n");
}

async fn what_the_provider_withdraws_ends_although_the_directory_has_them(site: Site) {
    let linked = Linked::held(&site, 40 * DAY).await;
    let now = Timestamp(40 * DAY);
    let withdrawn = async || linked.sso.store.end_lease("sso", "ben-id", now, now).await.unwrap();
    assert!(withdrawn().await && !withdrawn().await, "once");
    linked.sso.set(40 * DAY + 1);
    assert!(!linked.sso.engine.every_lease_holds("sso").await.unwrap());
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|active|-\n", "the directory still has the account");
    // The next login is the provider's word again, and re-checked as ever.
    linked.logins(&["ben"]).await;
    linked.sso.set(80 * DAY);
    linked.read().await;
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|Viewer\nben|active|Viewer\n");
}

async fn without_the_key_it_is_as_it_was(site: Site) {
    let linked = Linked::new(&site, "").await;
    linked.logins(&["ann", "ben"]).await;
    linked.list(&["ann", "ben"]);
    linked.sso.set(31 * DAY + 1);
    linked.read().await;
    assert_eq!(site.by_hand("SELECT count(*) FROM providers WHERE read_at IS NOT NULL"), "0\n");
    linked.sso.settle().await;
    assert_eq!(site.by_hand(SEEN), "ann|active|-\nben|active|-\n");
}

async fn n6_the_time_of_a_reading_is_written_once_a_day(site: Site) {
    let linked = Linked::new(&site, RECHECK).await;
    linked.logins(&["ann"]).await;
    linked.list(&["ann"]);
    linked.read().await;
    let noted = || site.by_hand("SELECT read_at FROM providers WHERE name = 'corp'");
    let state = || site.by_hand("SELECT generation, audit_seq FROM state");
    let (first, before) = (noted(), state());
    assert_eq!(first, format!("{DAY}\n"));
    for hour in 1..24 {
        linked.sso.set(DAY + hour * HOUR);
        assert!(matches!(linked.read().await, Outcome::Unchanged { .. }));
        assert_eq!(noted(), first);
    }
    linked.sso.set(2 * DAY);
    assert!(matches!(linked.read().await, Outcome::Unchanged { .. }));
    assert_eq!((noted(), state()), (format!("{}\n", 2 * DAY), before), "it is no run, and nothing of it is recorded");
}

async fn each_tick_asks_for_those_alone_whose_lease_has_ended_since(site: Site) {
    let linked = Linked::held(&site, 40 * DAY).await;
    // Behind everybody's back: what was held a moment ago is not asked for again, until everybody is gone through.
    site.by_hand("UPDATE identities SET gone_at = 1 WHERE subject = 'ben-corp'");
    linked.sso.set(40 * DAY + HOUR / 2);
    assert!(linked.sso.engine.every_lease_holds("sso").await.unwrap());
    assert_eq!(linked.over(40 * DAY + HOUR / 2).await, 1);
    linked.sso.set(40 * DAY + HOUR);
    assert!(!linked.sso.engine.every_lease_holds("sso").await.unwrap(), "once an hour");
}
