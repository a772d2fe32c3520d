//! R36, R43, R60: versions that differ, one file for two, and a server that lags behind.

use super::fleet::Fleet;
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;

/// A newer version brings a migration while the older one runs. What this version would do to tables
/// it does not know is nobody's to try: it says so and writes nothing.
#[test]
fn r36_an_older_version_stops_writing_when_a_newer_one_has_changed_the_tables() {
    let Some(mut fleet) = Fleet::new(2, "1s") else { return };
    fleet.write(&Roster::of(3, "p", "staff"));
    fleet.start(0);
    fleet.converges("at first");
    let database = &fleet.site.database;
    database.execute(
        "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (999, '0999_later', 'x', 1)",
    );
    let runs = fleet.no_stale_write("before");
    fleet.write(&Roster::of(6, "p", "staff"));
    let refuses = || fleet.said(0).contains("newer than this program");
    assert!(wait_until(30, refuses), "{}", fleet.said(0));
    assert_eq!(fleet.no_stale_write("after"), runs, "it wrote into tables that it does not know");
    // One that starts now refuses at once.
    fleet.site.run(&["run"]).expect(1).says("newer than this program");
    // And goes on when the newer version is taken back.
    fleet.site.database.execute("DELETE FROM schema_migrations WHERE version = 999");
    fleet.converges("taken back");
}

#[test]
fn r43_a_second_daemon_on_one_sqlite_file_is_refused() {
    let provider = PROVIDER.replace("create_missing", "every = \"100ms\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(provider + STAFF_VIEWS));
    Roster::of(2, "p", "staff").write(&site);
    let first = site.start(&["run"], &[]);
    assert!(wait_until(60, || site.dir().join("rosterd.db").exists() && site.run(&["status"]).status.success()));
    site.run(&["run"]).expect(1).says("rosterd.db.lock");
    // Nor does the one that runs write any heartbeats.
    assert!(wait_until(60, || site.tables().org_members.len() == 2));
    let before = site.database.fingerprint();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(site.database.fingerprint(), before);
    first.signal("TERM");
    first.wait().expect(0);
}
