//! R42: the database comes back from last week's copy, and the directory is a week older. One run makes
//! it what it was before.

use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::site::{Site, slapd_provider};
use std::collections::{BTreeMap, BTreeSet};

crate::world::on_both!(
    r42_a_database_from_last_week_is_made_right_by_one_run,
    r42_what_was_planned_before_the_restore_is_not_applied_after_it,
);

/// Users by login: their numbers, which applications may have kept.
fn numbers(site: &Site) -> BTreeMap<String, String> {
    site.database.rows("SELECT login, id FROM users").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

fn synced(backend: Backend, directory: &Directory) -> Site {
    let site = Site::new(backend, &(slapd_provider("corp", &directory.slapd.url(), "") + RULES));
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    site
}

fn r42_a_database_from_last_week_is_made_right_by_one_run(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let last_week = site.database.back_up();
    let numbers_then = numbers(&site);

    // A week: a run a day, somebody each time.
    let joiner = directory.hire(&["team-003", "lead-001"]);
    site.sync(0);
    let leaver = directory.member("team-005", &["admins", "operators"]);
    directory.dismiss(&leaver);
    site.sync(0);
    let mover = directory.member("team-003", &["team-004", "lead-001"]);
    directory.leave("team-003", &mover);
    directory.join("team-004", &mover);
    site.sync(0);
    directory.rename_group("team-015", "team-900");
    site.sync(0);
    let before = site.tables();
    before.assert_is(&tables(&directory.company));

    site.database.restore(&last_week);
    let stale = site.tables();
    assert_eq!(stale.state(&joiner), None, "the copy is not from before the week");
    assert_eq!(stale.state(&leaver), Some("active"));
    assert_eq!(stale.team_role("Team 003", &mover), Some("member"));
    let records: i64 = site.database.value("SELECT max(seq) FROM audit").parse().unwrap();

    site.sync(0);
    site.tables().assert_is(&before);
    // Only those of whom the copy was wrong were touched.
    let touched =
        format!("SELECT DISTINCT u.login FROM audit a JOIN users u ON u.id = a.user_id WHERE a.seq > {records}");
    let touched: BTreeSet<String> = site.database.rows(&touched).concat().into_iter().collect();
    assert_eq!(touched, BTreeSet::from([joiner, leaver, mover]));
    // Whoever was in the copy is the same user still.
    let now = numbers(&site);
    assert!(numbers_then.iter().all(|(login, id)| now.get(login) == Some(id)), "{numbers_then:?} {now:?}");

    let settled = site.database.fingerprint();
    site.sync(0);
    assert_eq!(site.database.fingerprint(), settled, "the second run wrote something");
    invariants::check(&site).expect(0);
}

/// A plan that was reviewed rests on what is not there any more.
fn r42_what_was_planned_before_the_restore_is_not_applied_after_it(backend: Backend) {
    let mut directory = Directory::small();
    let site = synced(backend, &directory);
    let last_week = site.database.back_up();
    directory.hire(&["team-003"]);
    site.sync(0);
    let leaver = directory.member("team-005", &["admins", "operators"]);
    directory.dismiss(&leaver);
    site.run(&["plan", "--out", "reviewed.plan"]);
    site.database.restore(&last_week);
    let stale = site.tables();
    site.run(&["apply", "reviewed.plan"]).expect(1);
    site.tables().assert_is(&stale);
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    invariants::check(&site).expect(0);
}
