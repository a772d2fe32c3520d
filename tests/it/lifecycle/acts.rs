//! What people do about accounts: alone, together, in any order, and against what runs do.

use super::{act, backends, stands};
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

const ACCOUNTS: &str =
    "[limits]\nremovals_at_least = 1000\nemptied_at_least = 1000\n[accounts]\narchive_after = \"1s\"\n";

fn site(backend: crate::world::database::Backend) -> (Site, Roster) {
    let site = Site::new(backend, &format!("{ACCOUNTS}{PROVIDER}{STAFF_VIEWS}"));
    let mut people = Roster::of(3, "p", "staff");
    // A provider that has nobody is held.
    people.add(1, "stays", "staff");
    people.write(&site);
    site.sync(0);
    (site, people)
}

fn audits(site: &Site) -> usize {
    site.database.rows("SELECT seq FROM audit").len()
}

#[test]
fn each_reason_must_clear_and_each_act_has_one_record() {
    for backend in backends() {
        let (site, _) = site(backend);
        let before = audits(&site);
        for (did, state) in [("suspend", "suspended"), ("block", "suspended"), ("archive", "archived")] {
            act(&site, did, "p000", 0);
            assert_eq!(stands(&site, "p000").0, state);
            act(&site, did, "p000", 1).says("is so already");
        }
        assert_eq!(stands(&site, "p000").1, ["archive", "block", "manual"]);
        invariants::check(&site).expect(0);
        assert_eq!(stands(&site, "p000").1, ["archive", "block", "manual"], "no run lifts what a person did");
        for (did, state) in [("resume", "archived"), ("unarchive", "suspended"), ("unblock", "active")] {
            act(&site, did, "p000", 0);
            assert_eq!(stands(&site, "p000").0, state);
        }
        for (did, why) in [("resume", "not suspended"), ("unblock", "not blocked"), ("unarchive", "not archived")] {
            act(&site, did, "p000", 1).says(why);
        }
        act(&site, "block", "nobody", 1).says("nobody has the login");
        assert_eq!(audits(&site), before + 6);
        let bodies =
            site.database.rows(&format!("SELECT actor, body FROM audit WHERE seq > {before}")).concat().concat();
        assert!(bodies.contains(r#"{"changes":[["by_hand","block"]]}"#) && !bodies.contains("because"), "{bodies}");
        invariants::audit(&site);
        site.run(&["explain", "user", "p000"]).expect(0).says("by hand: unblock");
        site.run(&["users"]).expect(0).says("p000");
    }
}

/// Whoever comes back finds the old account, and what a person said of it.
#[test]
fn who_comes_back_finds_what_a_person_did() {
    for backend in backends() {
        let (site, mut people) = site(backend);
        let id = |login: &str| site.database.rows(&format!("SELECT id FROM users WHERE login = '{login}'")).concat();
        let before = ["p000", "p001", "p002"].map(id);
        act(&site, "block", "p001", 0);
        act(&site, "archive", "p002", 0);
        people.dismiss(3, "p");
        people.write(&site);
        site.sync(0);
        std::thread::sleep(std::time::Duration::from_millis(1200));
        site.sync(0);
        assert_eq!(stands(&site, "p000"), ("archived".to_owned(), vec!["corp".to_owned()]), "by grace");
        assert_eq!(stands(&site, "p001").0, "suspended", "whoever is blocked is not archived by a run");
        people.add(3, "p", "staff");
        people.write(&site);
        site.sync(0);
        assert_eq!(stands(&site, "p000"), ("active".to_owned(), Vec::new()), "found again");
        assert_eq!(stands(&site, "p001"), ("suspended".to_owned(), vec!["block".to_owned()]));
        assert_eq!(stands(&site, "p002"), ("archived".to_owned(), vec!["archive".to_owned()]));
        assert_eq!(["p000", "p001", "p002"].map(id), before, "nobody is anybody else");
        act(&site, "unarchive", "p002", 0);
        act(&site, "unblock", "p001", 0);
        assert_eq!(["p001", "p002"].map(|login| stands(&site, login).0), ["active", "active"]);
        invariants::check(&site).expect(0);
    }
}

/// One reason by hand outlives the archive that a run put somebody into.
#[test]
fn who_was_suspended_by_hand_and_archived_by_a_run_comes_back_suspended() {
    for backend in backends() {
        let (site, mut people) = site(backend);
        act(&site, "suspend", "p000", 0);
        people.dismiss(2, "p");
        people.write(&site);
        site.sync(0);
        std::thread::sleep(std::time::Duration::from_millis(1200));
        site.sync(0);
        assert_eq!(stands(&site, "p000"), ("archived".to_owned(), vec!["corp".to_owned(), "manual".to_owned()]));
        people.add(2, "p", "staff");
        people.write(&site);
        site.sync(0);
        assert_eq!(stands(&site, "p000"), ("suspended".to_owned(), vec!["manual".to_owned()]));
        assert_eq!(stands(&site, "p001").0, "active");
        invariants::check(&site).expect(0);
    }
}

/// Out of the archive while still gone: another grace, and not archived at once.
#[test]
fn who_is_taken_out_of_the_archive_has_the_grace_anew() {
    let (site, mut people) = site(crate::world::database::Backend::Sqlite);
    people.dismiss(1, "p");
    people.write(&site);
    site.sync(0);
    std::thread::sleep(std::time::Duration::from_millis(1200));
    site.sync(0);
    site.configure(&format!("{}{PROVIDER}{STAFF_VIEWS}", ACCOUNTS.replace("1s", "1h")));
    act(&site, "unarchive", "p000", 0);
    site.sync(0);
    assert_eq!(stands(&site, "p000"), ("suspended".to_owned(), vec!["corp".to_owned()]));
}

/// N4: nobody takes the last one who can administer something, unless they say that they mean it.
#[test]
fn r22_the_last_admin_is_not_taken_by_hand() {
    for backend in backends() {
        let (site, _) = site(backend);
        site.database.execute(
            "UPDATE org_members SET manual_role = 'Admin' WHERE user_id = (SELECT id FROM users WHERE login = 'p000')",
        );
        for did in ["suspend", "block", "archive"] {
            act(&site, did, "p000", 1).says("the last Admin of Main");
        }
        assert_eq!(stands(&site, "p000"), ("active".to_owned(), Vec::new()));
        site.database.execute("UPDATE users SET manual_admin = 1 WHERE login IN ('p000', 'p001')");
        // A service account is no Admin who is left.
        site.run(&["service-account", "create", "robot", "--org", "Main", "--role", "Admin"]).expect(0);
        act(&site, "suspend", "p000", 1).says("the last Admin of Main");
        act(&site, "suspend", "p001", 0);
        act(&site, "suspend", "p000", 1).says("server admin");
        site.run(&["user", "block", "p000", "--force", "--by", "eve"]).expect(0);
        assert_eq!(stands(&site, "p000").1, ["block"]);
        let body = site.database.rows("SELECT body FROM audit ORDER BY seq DESC LIMIT 1").concat().concat();
        assert_eq!(body, r#"{"changes":[["by_hand","block","force"]]}"#);
        invariants::audit(&site);
    }
}

#[test]
fn no_provider_is_called_as_what_people_do() {
    for name in ["manual", "block", "archive"] {
        let site = Site::new(crate::world::database::Backend::Sqlite, &PROVIDER.replace("corp", name));
        site.run(&["check", "config"]).expect(78).says("cannot name a provider");
    }
}
