//! A plan only reads, says the same each time, and is what apply then does, or is refused.

use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected;
use crate::world::invariants;
use crate::world::proxy::Proxy;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::site::{Site, slapd_provider};
use std::collections::BTreeSet;

crate::world::on_both!(
    r56_plan_writes_nothing,
    r56_what_plan_said_is_what_apply_does,
    r56_apply_refuses_when_the_directory_changed,
    r56_apply_refuses_when_the_configuration_changed,
    r56_apply_refuses_when_the_database_changed,
);

const FAILED: i32 = 1;
const DIFFERENCES: i32 = 2;
const HELD: i32 = 4;

const RULES: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"

[[rules]]
id = "teams"
match.group_regex = "team-(.+)"
org = "Main"
team = "${1}"
"#;

/// 30 people synced; then the file has a joiner, a leaver, a mover and a new team.
fn changed(backend: Backend) -> (Roster, Site) {
    let mut people = Roster::of(30, "p", "staff");
    people.add(10, "p", "team-red");
    let site = Site::new(backend, &format!("{PROVIDER}{RULES}"));
    people.write(&site);
    site.sync(0);
    people.dismiss(1, "p02");
    people.add(1, "joiner", "staff");
    people.take(1, "team-red");
    people.add(3, "p", "team-blue");
    people.write(&site);
    (people, site)
}

fn r56_plan_writes_nothing(backend: Backend) {
    let (_, site) = changed(backend);
    let before = site.database.fingerprint();
    let forms: [&[&str]; 4] =
        [&["plan"], &["plan", "--output", "json"], &["plan", "--output", "yaml"], &["plan", "--markdown"]];
    let mut said = BTreeSet::new();
    for form in forms {
        let first = site.run(form).expect(0).says("joiner000");
        let second = site.run(form).expect(0);
        assert_eq!(first.stdout, second.stdout, "two plans of the same differ");
        said.insert(first.stdout);
    }
    assert_eq!(said.len(), forms.len(), "two forms are the same");
    site.run(&["plan", "--out", "plan.json"]).expect(0);
    site.run(&["plan", "--detailed-exitcode"]).expect(DIFFERENCES);
    assert_eq!(site.database.fingerprint(), before);
    site.sync(0);
    site.run(&["plan", "--detailed-exitcode"]).expect(0);
    invariants::check(&site).expect(0);
}

fn r56_what_plan_said_is_what_apply_does(backend: Backend) {
    let (_, site) = changed(backend);
    let (_, twin) = changed(Backend::Sqlite);
    let plan = site.run(&["plan", "--output", "json", "--out", "plan.json"]).expect(0).json();
    let known: i64 = site.database.value("SELECT count(*) FROM audit").parse().unwrap();
    site.run(&["apply", "plan.json"]).expect(0);
    twin.sync(0);
    site.tables().assert_is(&twin.tables());

    // Who is named by the plan is who has a new audit record, once each.
    let planned: BTreeSet<String> = logins(&plan);
    let recorded = site.database.rows(&format!(
        "SELECT u.login FROM audit a JOIN users u ON u.id = a.user_id WHERE a.seq > {known} ORDER BY 1"
    ));
    let recorded: Vec<String> = recorded.into_iter().flatten().collect();
    assert_eq!(recorded, planned.into_iter().collect::<Vec<_>>());

    // The same plan a second time is about a state that is no longer there.
    let before = site.database.fingerprint();
    site.run(&["apply", "plan.json"]).expect(FAILED);
    assert_eq!(site.database.fingerprint(), before);
    invariants::check(&site).expect(0);
}

/// Every login in a plan, wherever it stands.
fn logins(value: &serde_json::Value) -> BTreeSet<String> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(logins).collect(),
        serde_json::Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match value {
                serde_json::Value::String(login) if key == "user" => BTreeSet::from([login.clone()]),
                other => logins(other),
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Plans, then lets `change` happen, and apply must refuse and write nothing.
#[track_caller]
fn refused_after(site: &Site, change: impl FnOnce()) {
    site.run(&["plan", "--out", "plan.json"]).expect(0);
    change();
    let before = site.database.fingerprint();
    site.run(&["apply", "plan.json"]).expect(FAILED).says("changed");
    assert_eq!(site.database.fingerprint(), before);
    site.run(&["plan", "--out", "plan.json"]).expect(0);
    site.run(&["apply", "plan.json"]).expect(0);
    invariants::check(site).expect(0);
}

fn r56_apply_refuses_when_the_directory_changed(backend: Backend) {
    let (mut people, site) = changed(backend);
    refused_after(&site, || {
        people.add(4, "p", "team-blue");
        people.write(&site);
    });
}

fn r56_apply_refuses_when_the_configuration_changed(backend: Backend) {
    let (_, site) = changed(backend);
    refused_after(&site, || site.configure(&format!("{PROVIDER}{}", RULES.replace("Viewer", "Editor"))));
}

fn r56_apply_refuses_when_the_database_changed(backend: Backend) {
    let (_, site) = changed(backend);
    let delete = "DELETE FROM org_members WHERE user_id = (SELECT id FROM users WHERE login = 'p011')";
    refused_after(&site, || site.database.execute(delete));
}

#[test]
fn apply_refuses_a_file_that_is_no_plan() {
    let (_, site) = changed(Backend::Sqlite);
    let before = site.database.fingerprint();
    site.run(&["plan", "--out", "plan.json"]).expect(0);
    let plan = std::fs::read_to_string(site.dir().join("plan.json")).unwrap();
    assert!(plan.contains("joiner000"));
    site.write("plan.json", &plan.replace("joiner000", "mallory"));
    site.run(&["apply", "plan.json"]).expect(FAILED).says("the file has been changed");
    site.write("plan.json", &plan[..plan.len() / 2]);
    site.run(&["apply", "plan.json"]).expect(FAILED);
    site.run(&["apply", "nowhere.json"]).expect(FAILED).says("nowhere.json");
    assert_eq!(site.database.fingerprint(), before);
    invariants::check(&site).expect(0);
}

#[test]
fn plan_over_a_limit_is_not_applied_without_approval() {
    let mut people = Roster::of(100, "p", "staff");
    let site = people.synced(RULES);
    people.take(30, "staff");
    people.write(&site);
    let before = site.tables();
    site.run(&["plan", "--out", "plan.json"]);
    site.run(&["apply", "plan.json"]).expect(HELD);
    site.tables().assert_is(&before);
    invariants::check(&site).expect(HELD);
}

/// A plan reads: it does not make the database that a sync would make.
#[test]
fn plan_without_a_database_makes_none() {
    let site = Site::new(Backend::Sqlite, &format!("{PROVIDER}{RULES}"));
    Roster::of(3, "p", "staff").write(&site);
    site.run(&["plan"]).expect(0).says("p002").says("rosterd sync");
    assert!(!site.dir().join("rosterd.db").exists());
    site.sync(0);
    invariants::check(&site).expect(0);
}

/// The directory changes between apply's look at it and what is done: what was looked at is done.
#[test]
fn r56_apply_does_what_it_compared() {
    let (before, mut after) = (Directory::small(), Directory::small());
    after.hire(&["team-003"]);
    let first_run = slapd_provider("corp", &before.slapd.url(), "") + expected::RULES;
    let site = Site::new(Backend::Sqlite, &first_run);
    site.run(&["db", "migrate"]).expect(0);
    // A read takes two connections: one read for the plan, one for apply.
    let proxy = Proxy::start_moving(before.slapd.port(), 4, after.slapd.port());
    site.configure(&first_run.replace(&before.slapd.url(), &format!("ldap://127.0.0.1:{}", proxy.port())));
    site.run(&["plan", "--out", "plan.json"]).expect(0);
    site.run(&["apply", "plan.json"]).expect(0);
    site.tables().assert_is(&expected::tables(&before.company));
    site.sync(0);
    site.tables().assert_is(&expected::tables(&after.company));
    invariants::check(&site).expect(0);
}
