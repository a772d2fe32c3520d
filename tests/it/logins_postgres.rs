//! What a login finds at a PostgreSQL server: other writers, connections that were ended, and texts that
//! mean something to it.

use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::wait_until;
use std::thread;
use std::time::Duration;

fn open() -> Option<Portal> {
    Backend::Postgres.is_there().then(|| Portal::open(Backend::Postgres))
}

#[test]
fn it_waits_for_whoever_writes_and_is_finished_behind_its_answer() {
    let Some(portal) = open() else { return };
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    thread::scope(|scope| {
        // Longer than the hook's deadline.
        scope.spawn(|| {
            portal.site.database.execute("BEGIN; SELECT generation FROM state FOR UPDATE; SELECT pg_sleep(5); COMMIT")
        });
        thread::sleep(Duration::from_millis(500));
        let answer = portal.login("ann").expect(0).json();
        assert_eq!(answer["answer"]["finding"], "late", "{answer}");
        assert_eq!(portal.site.tables().team_role("red", "ann"), None);
    });
    assert!(wait_until(20, || portal.site.tables().team_role("red", "ann") == Some("member")));
    portal.close();
}

#[test]
fn a_connection_that_was_ended_costs_no_login() {
    let Some(portal) = open() else { return };
    portal.login("ann").expect(0);
    for n in 0..3 {
        let ended = portal.site.database.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE application_name = 'rosterd' AND datname = current_database()",
        );
        assert_ne!(ended, "0");
        match n % 2 {
            0 => portal.slapd.join(&dn("groups", "red"), &dn("people", "ann")),
            _ => portal.slapd.leave(&dn("groups", "red"), &dn("people", "ann")),
        }
        thread::sleep(rosterd::worker::SPACING);
        let answer = portal.login("ann").expect(0).json();
        assert_eq!(answer["answer"]["finding"], "applied", "{answer}");
        let tables = portal.site.tables();
        assert_eq!(tables.team_role("red", "ann"), (n % 2 == 0).then_some("member"), "after {n}");
    }
    portal.close();
}

/// Names go as text among statements: quotes and backslashes end nothing.
#[test]
fn what_a_directory_calls_somebody_is_no_statement() {
    let Some(portal) = open() else { return };
    let hostile = r"O'); DROP TABLE identities; -- \' E'\\ $1 ''";
    portal.slapd.modify(&format!("dn: {}\nchangetype: modify\nreplace: cn\ncn: {hostile}\n", dn("people", "ann")));
    let answer = portal.login("ann").expect(0).json();
    assert_eq!(answer["answer"]["person"]["name"], hostile, "{answer}");
    assert_eq!(portal.site.database.value("SELECT name FROM users WHERE login = 'ann'"), hostile);
    portal.close();
}
