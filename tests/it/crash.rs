//! The process dies in the middle of an apply, at every step of it: the database holds the old
//! state or the new one, and the next run goes on as if nothing had happened.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::site::Site;
use crate::world::tables::Tables;
use std::collections::BTreeSet;
use std::time::Duration;

crate::world::on_both!(
    r15_killed_at_every_step_of_an_apply,
    r15_killed_at_every_step_of_the_first_sync,
    r15_killed_at_any_moment,
);

/// Everything that an apply can write: organizations, teams that are renamed, roles, Admins.
const RULES: &str = r#"
[limits]
removals_percent = 100
removals_at_least = 1000000
emptied_at_least = 1000000
privileged_gains = 1000000

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

[[rules]]
id = "units"
match.group_regex = "unit-(.+)"
org = "Unit ${1}"
role = "Editor"

[[rules]]
id = "chiefs"
match.group = "chiefs"
org = "*"
role = "Admin"

[[rules]]
id = "roots"
match.group = "roots"
server_admin = true
"#;

/// The `n`th state of a company: each differs from the one before in every way there is.
fn state(n: usize, people: usize) -> Roster {
    let mut roster = Roster::of(people, "p", "staff");
    roster.add(1, "p", "chiefs");
    roster.add(1, "p", "roots");
    roster.add(people / 2, "p", "team-red");
    roster.add(people / 2, &format!("joiner{n}x"), &format!("unit-{n}"));
    roster.add(people / 4, "p", &format!("team-{n}"));
    if n % 2 == 1 {
        roster.take(people / 4, "team-red");
        roster.dismiss(3, "p00");
        roster.add(1, "p1", "chiefs");
        roster.add(1, "p1", "roots");
        roster.add(1, "p2", "staff");
    }
    roster
}

fn site(backend: Backend) -> Site {
    Site::new(backend, &format!("{PROVIDER}{RULES}"))
}

/// After a crash: the chain is whole, the tables are the old or the new ones, one run more makes
/// them the new ones, and another one writes nothing.
#[track_caller]
fn recovers(crashed: &Site, old: &Tables, new: &Tables, what: &str) {
    assert!(old != new, "{what} changes nothing");
    let found = crashed.tables();
    assert!(found == *old || found == *new, "{what}: half of an apply is in the tables");
    invariants::audit(crashed);
    crashed.sync(0);
    crashed.tables().assert_is(new);
    let before = crashed.database.fingerprint();
    crashed.sync(0);
    assert_eq!(crashed.database.fingerprint(), before, "{what}: the run after the next wrote something");
}

/// The tables before and after a run of the twin, which nothing disturbs.
fn undisturbed(twin: &Site) -> (Tables, Tables) {
    let old = twin.tables();
    twin.sync(0);
    (old, twin.tables())
}

fn steps() -> BTreeSet<&'static str> {
    let steps: BTreeSet<_> =
        rosterd::fault::POINTS.iter().copied().filter(|point| point.starts_with("apply.")).collect();
    assert!(steps.len() > 10, "{steps:?}");
    steps
}

fn r15_killed_at_every_step_of_an_apply(backend: Backend) {
    let (crashed, twin) = (site(backend), site(Backend::Sqlite));
    for site in [&crashed, &twin] {
        state(0, 12).write(site);
        site.sync(0);
    }
    for (n, step) in (1..).zip(steps()) {
        for site in [&crashed, &twin] {
            state(n, 12).write(site);
        }
        crashed.start(&["sync"], &[("ROSTERD_FAULT", step)]).wait().expect_killed();
        let (old, new) = undisturbed(&twin);
        recovers(&crashed, &old, &new, step);
    }
    invariants::check(&crashed).expect(0);
}

fn r15_killed_at_every_step_of_the_first_sync(backend: Backend) {
    let twin = site(Backend::Sqlite);
    state(0, 12).write(&twin);
    twin.sync(0);
    let new = twin.tables();
    for step in steps() {
        let crashed = site(backend);
        state(0, 12).write(&crashed);
        crashed.start(&["sync"], &[("ROSTERD_FAULT", step)]).wait().expect_killed();
        recovers(&crashed, &Tables::default(), &new, step);
    }
}

/// SIGKILL from outside, at moments spread over a run that takes some hundred milliseconds.
fn r15_killed_at_any_moment(backend: Backend) {
    let (crashed, twin) = (site(backend), site(Backend::Sqlite));
    for site in [&crashed, &twin] {
        state(0, 300).write(site);
        site.sync(0);
    }
    for (n, milliseconds) in (1..).zip([5, 15, 25, 35, 50, 70, 100, 140]) {
        for site in [&crashed, &twin] {
            state(n, 300).write(site);
        }
        let running = crashed.start(&["sync"], &[]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        running.kill();
        let (old, new) = undisturbed(&twin);
        recovers(&crashed, &old, &new, &format!("killed after {milliseconds} ms"));
    }
    invariants::check(&crashed).expect(0);
}
