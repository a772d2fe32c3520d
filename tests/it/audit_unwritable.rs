//! W22: the audit trail cannot be written. No change without a record, so changes stop; and when it can
//! be written again, what was missed is done.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;

crate::world::on_both!(
    w22_without_an_audit_trail_nothing_is_changed,
    w22_without_an_audit_trail_a_login_gains_nothing_and_is_answered_from_what_was_known,
);

/// What its operator made, who has forgotten it or means it.
const REASON: &str = "the trail is closed";

fn close(site: &Site, backend: Backend) {
    site.database.define(&match backend {
        Backend::Sqlite => {
            format!("CREATE TRIGGER closed BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, '{REASON}'); END")
        }
        Backend::Postgres => format!(
            "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REASON}'; END $$;
             CREATE TRIGGER closed BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION closed()"
        ),
    });
}

fn reopen(site: &Site, backend: Backend) {
    site.database.define(match backend {
        Backend::Sqlite => "DROP TRIGGER closed",
        Backend::Postgres => "DROP TRIGGER closed ON audit; DROP FUNCTION closed()",
    });
}

/// What is in the tables that applications do not read.
fn behind(site: &Site) -> Vec<Vec<String>> {
    site.database.rows(
        "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM runs), (SELECT count(*) FROM identities),
             (SELECT count(*) FROM holds), (SELECT count(*) FROM api_tokens), (SELECT count(*) FROM user_suspensions),
             generation, audit_seq FROM state",
    )
}

fn w22_without_an_audit_trail_nothing_is_changed(backend: Backend) {
    let site = Site::new(backend, &format!("{PROVIDER}{STAFF_VIEWS}"));
    let mut people = Roster::of(20, "p", "staff");
    people.write(&site);
    site.sync(0);
    let (tables, rest) = (site.tables(), behind(&site));
    close(&site, backend);

    // Whatever there is to write: people who join and leave, a plan that a limit holds, a token.
    people.add(3, "joiner", "staff");
    people.dismiss(1, "p");
    people.write(&site);
    let fails = |args: &[&str]| {
        site.run(args).expect(1).says(REASON);
        site.tables().assert_is(&tables);
        assert_eq!(behind(&site), rest, "{args:?}");
    };
    fails(&["sync"]);
    fails(&["sync"]);
    fails(&["token", "create", "--name", "ci", "--scope", "read"]);
    let mut few = people.clone();
    few.take(15, "staff");
    few.write(&site);
    fails(&["sync"]);
    // Reading is no change.
    people.write(&site);
    site.run(&["plan", "--detailed-exitcode"]).expect(2);
    invariants::audit(&site);

    reopen(&site, backend);
    site.sync(0);
    let now = site.tables();
    assert_eq!((now.state("joiner002"), now.state("p000")), (Some("active"), Some("suspended")));
    assert_eq!(now.org_members.len(), 22);
    invariants::check(&site).expect(0);
}

fn w22_without_an_audit_trail_a_login_gains_nothing_and_is_answered_from_what_was_known(backend: Backend) {
    let portal = Portal::open(backend);
    let (tables, rest) = (portal.site.tables(), behind(&portal.site));
    close(&portal.site, backend);
    portal.slapd.join(&dn("groups", "red"), &dn("people", "ann"));
    portal.slapd.leave(&dn("groups", "red"), &dn("people", "cleo"));
    for who in ["ann", "cleo"] {
        let (status, answer) = portal.tell("/inline", &format!("login-{who}"), who).unwrap();
        assert_eq!(status, 200, "{answer}");
        // On a machine under load the deadline can end before the look does.
        let finding = answer["finding"].as_str().unwrap();
        assert!(["failed", "late"].contains(&finding) && answer["complete"] == false, "{answer}");
        // Of `cleo` it is what was known, which is not the newest: the same as without a directory.
        let teams = answer["person"]["teams"].as_array().unwrap().len();
        assert_eq!(teams, usize::from(who == "cleo"), "{answer}");
        assert_eq!(answer["person"]["orgs"][0]["role"], "Viewer", "{answer}");
    }
    portal.site.tables().assert_is(&tables);
    assert_eq!(behind(&portal.site), rest);
    assert!(portal.said().contains(REASON), "{}", portal.said());

    // What was kept of the logins is tried again, without anybody asking.
    reopen(&portal.site, backend);
    let right = || {
        let tables = portal.site.tables();
        tables.team_role("red", "ann") == Some("member") && tables.team_role("red", "cleo").is_none()
    };
    assert!(wait_until(60, right), "{:#?}\n{}", portal.site.tables(), portal.said());
    portal.close();
}
