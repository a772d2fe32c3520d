//! A login, from the call of its hook to the tables, through the real program and a real directory.

use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::wait_until;
use std::time::{Duration, Instant};

#[test]
fn the_tables_are_right_when_the_answer_leaves() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let portal = Portal::open(backend);
        portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
        let answer = portal.login("ann").expect(0).json();
        let tables = portal.site.tables();
        assert_eq!(tables.team_role("red", "ann"), Some("member"), "{answer}");
        assert_eq!(answer["answer"]["person"]["teams"][0]["name"], "red", "{answer}");
        // Taken away as quickly; and nobody else was touched.
        portal.slapd.leave(&dn("groups", "red"), &dn("people", "ann"));
        portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ben"));
        std::thread::sleep(rosterd::worker::SPACING);
        portal.login("ann").expect(0);
        let tables = portal.site.tables();
        assert_eq!(tables.team_role("red", "ann"), None);
        assert_eq!(tables.org_role("Main", "ben"), Some("Viewer"), "a login says nothing about anybody else");
        portal.close();
    }
}

#[test]
fn with_the_directory_gone_the_answer_is_what_was_known_and_in_time() {
    let mut portal = Portal::open(Backend::Sqlite);
    let before = portal.site.tables();
    portal.slapd.stop();
    let begun = Instant::now();
    let answer = portal.login("cleo").expect(0).json();
    // The deadline, and the command's own start.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(answer["answer"]["person"]["teams"][0]["name"], "red", "{answer}");
    assert_eq!(portal.site.tables(), before, "nothing was taken");
    // It comes back: the next login is looked up again.
    portal.slapd.restart();
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    let right = || {
        portal.login("ann").expect(0);
        portal.site.tables().team_role("red", "ann") == Some("member")
    };
    assert!(wait_until(60, right));
    portal.close();
}
