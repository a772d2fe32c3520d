//! R40, R31, R32: what the database itself does to a run, and whose clock counts.

use super::fleet::Fleet;
use crate::world::postgres::psql;
use crate::world::roster::Roster;
use crate::world::wait_until;
use std::thread;
use std::time::Duration;

/// Connections that are ended, connections that nobody gets: a run fails, the daemon does not, and
/// what was missed is made good.
#[test]
fn r40_the_daemon_outlives_what_the_database_does_to_its_connections() {
    let Some(mut fleet) = Fleet::new(2, "1s") else { return };
    fleet.write(&Roster::of(3, "p", "staff"));
    fleet.start_all();
    fleet.converges("at first");
    let url = fleet.site.database.url();
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for n in 4..12 {
        psql(&url, end_all);
        fleet.write(&Roster::of(n, "p", "staff"));
        thread::sleep(Duration::from_millis(40));
        psql(&url, end_all);
    }
    fleet.converges("every connection was ended");

    // No connection for anybody but an administrator.
    let name = url.rsplit('/').next().unwrap().to_owned();
    let admin = url.replace(&name, "postgres");
    psql(&admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    psql(&admin, &format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"));
    fleet.write(&Roster::of(20, "p", "staff"));
    thread::sleep(Duration::from_secs(2));
    psql(&admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    fleet.converges("connections were refused");
    for n in 0..2 {
        assert!(!fleet.ended(n), "{}", fleet.said(n));
    }
    fleet.no_stale_write("connections");
}

/// Somebody locks the tables in another order, or the whole of one: a deadlock ends one of the two.
#[test]
fn r40_a_deadlock_or_a_lock_costs_one_run() {
    let Some(mut fleet) = Fleet::new(1, "2s") else { return };
    fleet.write(&Roster::of(3, "p", "staff"));
    fleet.start_all();
    fleet.converges("at first");
    let url = fleet.site.database.url();
    for n in 4..8 {
        let url = url.clone();
        let other = thread::spawn(move || {
            // What follows an apply the other way round.
            let sql = "BEGIN; LOCK TABLE audit, org_members IN EXCLUSIVE MODE; SELECT pg_sleep(0.3);
                SET LOCAL lock_timeout = '3s'; SELECT generation FROM state FOR UPDATE; COMMIT";
            std::process::Command::new("psql").args(["-Xq", "-d", &url, "-c", sql]).output().unwrap()
        });
        thread::sleep(Duration::from_millis(50));
        fleet.write(&Roster::of(n, "p", "staff"));
        let _either = other.join().unwrap();
        fleet.converges("after a deadlock");
    }
    assert!(!fleet.ended(0));
}

/// Each replica in a time zone of its own, the database in a third: they agree on who leads.
#[test]
fn r31_r32_replicas_in_several_time_zones_agree() {
    let Some(mut fleet) = Fleet::new(2, "1s") else { return };
    let url = fleet.site.database.url();
    let name = url.rsplit('/').next().unwrap();
    psql(&url, &format!("ALTER DATABASE {name} SET TimeZone = 'Pacific/Kiritimati'"));
    fleet.write(&Roster::of(3, "p", "staff"));
    fleet.start_all();
    fleet.converges("at first");
    let (leader, epoch) = fleet.leader();
    // The database's own clock, whatever it is called here: neither renews too late nor too early.
    assert!(!wait_until(3, || fleet.leader() != (leader, epoch)), "the lease went to and fro");
}
