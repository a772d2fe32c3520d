//! The same through the program: planned, carried out, explained.

use super::{DAY, RULES, SSO, Sso};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::site::Site;
use rosterd::clock::{Clock as _, SystemClock};

/// Whoever is named has logged in so many days ago.
fn logged_in(site: &Site, people: &[(&str, i64)]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let now = SystemClock.now().0;
        let sso = Sso::new(&site.database.url(), &format!("{SSO}{RULES}"), now).await;
        for (who, days) in people {
            sso.set(now - days * DAY);
            sso.login(who, &["staff"]).await;
        }
    });
}

#[test]
fn an_end_is_planned_carried_out_and_explained() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let site = Site::new(backend, &format!("{SSO}{RULES}"));
        logged_in(&site, &[("ann", 40), ("ben", 3)]);
        let before = site.database.fingerprint();
        let plan = site.run(&["plan", "--detailed-exitcode"]).expect(2);
        assert!(plan.stdout.contains("ann") && !plan.stdout.contains("ben"), "{}", plan.stdout);
        assert_eq!(site.database.fingerprint(), before, "a plan writes nothing");
        site.run(&["explain", "user", "ben"]).expect(0).says("the lease ends on").says("last login");
        site.run(&["plan", "--out", "plan.json"]).expect(0);
        site.run(&["apply", "plan.json"]).expect(0);
        let tables = site.tables();
        assert_eq!((tables.state("ann"), tables.state("ben")), (Some("suspended"), Some("active")));
        let said = site.run(&["explain", "user", "ann"]).expect(0);
        said.says("the lease ended on").says("last login").says("no login renewed it");
        invariants::check(&site);
    }
}

#[test]
fn an_outage_is_held_until_somebody_decides() {
    let site = Site::new(Backend::Sqlite, &format!("{SSO}{RULES}"));
    logged_in(&site, &[("ann", 40), ("ben", 41), ("cleo", 42)]);
    site.sync(4).says("it looks like an outage");
    let before = site.tables();
    let holds = site.run(&["holds", "list", "-o", "json"]).expect(0).json();
    let hold = holds["holds"][0].clone();
    let (id, hash) = (hold["id"].to_string(), hold["plan_hash"].as_str().unwrap_or_default().to_owned());
    assert_eq!(site.tables(), before);
    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    site.sync(0);
    assert_eq!(site.tables().state("cleo"), Some("suspended"));
    invariants::check(&site);
}

#[test]
fn it_is_explained_on_what_a_lease_rests_that_no_login_renewed() {
    let site = Site::new(Backend::Sqlite, "");
    let people = site.dir().join("people.yaml");
    std::fs::write(&people, "people:\n  - { id: a, login: ann, groups: [] }\ngroups: []\n").unwrap();
    let linked = SSO.replace("login =", "recheck = \"corp\"\nlink.by = [\"login\"]\nlogin =");
    let config = format!("{linked}{RULES}[providers.corp]\nfile.path = {people:?}\nlink.by = [\"login\"]\n");
    site.configure(&config);
    logged_in(&site, &[("ann", 40), ("ben", 41)]);
    site.sync(0);
    let said = site.run(&["explain", "user", "ann"]).expect(0);
    said.says("unless a login or a re-check renews it").says("last login").says("; re-checked at corp, ");
    let json = site.run(&["explain", "user", "ann", "-o", "json"]).expect(0).json().to_string();
    assert!(json.contains(r#""rechecked_by":"corp""#), "{json}");
    assert_eq!(site.tables().state("ann"), Some("active"));
    invariants::check(&site);
}
