//! R16: the process dies after a login's look was committed, and before anybody was told: neither the
//! portal nor the table of deliveries.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::wait_until;
use serde_json::Value;

crate::world::on_both!(
    r16_what_was_committed_is_found_done_when_its_delivery_is_worked_on_again,
    r16_what_was_committed_is_answered_when_the_portal_asks_again,
);

/// Records about `ann`.
fn records(portal: &Portal) -> Vec<String> {
    let sql = "SELECT a.seq FROM audit a JOIN users u ON u.id = a.user_id WHERE u.login = 'ann' ORDER BY a.seq";
    portal.site.database.rows(sql).concat()
}

/// `ann` has joined `red`, logs in, and the daemon dies right behind the commit. Returns the records
/// from before.
fn committed_and_dead(portal: &mut Portal, path: &str) -> Vec<String> {
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    let before = records(portal);
    let runs = portal.site.database.value("SELECT count(*) FROM runs");
    portal.site.write("fault", "abort apply.committed");
    // Kept and acknowledged, or not: it may die first.
    let answer = portal.tell(path, "login-1", "ann");
    assert!(path.is_empty() || answer.is_none(), "{answer:?} of a process that was to die before");
    portal.dies();
    let tables = portal.site.tables();
    assert_eq!(tables.team_role("red", "ann"), Some("member"), "it was committed");
    assert_eq!(records(portal).len(), before.len() + 1);
    assert_ne!(portal.site.database.value("SELECT count(*) FROM runs"), runs);
    invariants::audit(&portal.site);
    before
}

/// All of it is there, once.
fn done_once(portal: &Portal, before: &[String]) {
    assert_eq!(records(portal).len(), before.len() + 1, "one change, one record");
    assert_eq!(portal.site.tables().team_role("red", "ann"), Some("member"));
    assert_eq!(portal.site.tables().org_members.len(), 3);
    invariants::audit(&portal.site);
}

fn r16_what_was_committed_is_found_done_when_its_delivery_is_worked_on_again(backend: Backend) {
    let mut portal = Portal::open(backend);
    let before = committed_and_dead(&mut portal, "");
    let deliveries = || portal.site.database.rows("SELECT state, attempts FROM deliveries");
    assert_eq!(deliveries(), [["pending", "1"]], "nothing was noted of what came of it");

    // Whoever took it has a minute before others do: that minute is over.
    portal.site.database.execute("UPDATE deliveries SET not_before = 0");
    portal.start();
    let outcome = "SELECT state, attempts, outcome FROM deliveries";
    let done = || portal.site.database.rows(outcome)[0][0] == "done";
    assert!(wait_until(60, done), "{:?}\n{}", portal.site.database.rows(outcome), portal.said());
    let row = portal.site.database.rows(outcome).remove(0);
    assert_eq!(row[1], "2");
    assert!(row[2].contains("\"unchanged\""), "{row:?}");
    done_once(&portal, &before);
    portal.close();
}

fn r16_what_was_committed_is_answered_when_the_portal_asks_again(backend: Backend) {
    let mut portal = Portal::open(backend);
    let before = committed_and_dead(&mut portal, "/inline");
    portal.start();
    // A machine under load may answer late at first, from what is known.
    let mut answer = Value::Null;
    let found = wait_until(60, || {
        let (status, said) = portal.tell("/inline", "login-1", "ann").unwrap();
        answer = said;
        status == 200 && answer["finding"] == "unchanged"
    });
    assert!(found, "{answer}\n{}", portal.said());
    assert_eq!(answer["person"]["teams"][0]["name"], "red", "{answer}");
    done_once(&portal, &before);
    portal.close();
}
