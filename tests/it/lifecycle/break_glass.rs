//! Accounts for the day on which providers fail: no run touches them, and what is wrong with one is said.

use super::{act, backends, stands};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

fn config(break_glass: &str) -> String {
    format!(
        "[limits]\nremovals_at_least = 1000\nemptied_at_least = 1000\n[accounts]\nbreak_glass = [{break_glass}]\n\
         {PROVIDER}{STAFF_VIEWS}[[rules]]\nid = \"chiefs\"\nmatch.group = \"chiefs\"\norg = \"Main\"\nrole = \"Admin\"\n"
    )
}

/// All that stands of somebody.
fn rows(site: &Site, login: &str) -> Vec<Vec<String>> {
    site.database.rows(&format!(
        "SELECT u.login, u.name, u.email, u.state, u.synced_admin, m.synced_role, i.login, i.gone_at, i.grants
         FROM users u JOIN org_members m ON m.user_id = u.id JOIN identities i ON i.user_id = u.id
         WHERE u.login = '{login}'"
    ))
}

fn kind(site: &Site, login: &str) -> String {
    site.database.rows(&format!("SELECT kind FROM users WHERE login = '{login}'")).concat().concat()
}

#[test]
fn no_run_touches_a_break_glass_account_until_it_is_none() {
    for backend in backends() {
        let site = Site::new(backend, &config(""));
        let mut people = Roster::of(3, "p", "staff");
        people.add(1, "p", "chiefs");
        people.write(&site);
        site.sync(0);
        site.configure(&config("\"p000\""));
        // Before it is marked in the table: the configuration counts.
        people.write_as(&site, "people.yaml");
        let before = rows(&site, "p000");
        people.dismiss(1, "p");
        people.write(&site);
        site.run(&["plan", "--detailed-exitcode"]).expect(0);
        site.sync(0);
        assert_eq!(kind(&site, "p000"), "break_glass");
        assert_eq!(rows(&site, "p000"), before, "not suspended, nothing taken");
        invariants::check(&site).expect(0);

        // Back, and with other rights, another address: nothing.
        people.add(1, "p", "staff");
        site.write("people.yaml", &people.yaml().replace("p000@example.org", "other@example.org"));
        site.sync(0);
        assert_eq!(rows(&site, "p000"), before);
        site.run(&["look", "p000"]).expect(0);
        assert_eq!(rows(&site, "p000"), before, "a login changes nothing either");
        let marked = site.database.rows("SELECT actor, body FROM audit WHERE body LIKE '%kind%'");
        assert_eq!(marked, [["configuration", r#"{"changes":[["kind","break_glass"]]}"#]]);

        site.configure(&config(""));
        site.sync(0);
        assert_eq!(kind(&site, "p000"), "person");
        let now = rows(&site, "p000").concat();
        assert_eq!((now[2].as_str(), now[5].as_str()), ("other@example.org", "Admin"), "the last Admin is kept (N4)");
        invariants::check(&site).expect(0);
    }
}

/// Nobody whom a provider names becomes one by being called so.
#[test]
fn nobody_is_given_the_login_of_a_break_glass_account() {
    let site = Site::new(Backend::Sqlite, &config("\"p001\", \"emergency\""));
    let mut people = Roster::of(1, "p", "staff");
    people.add(1, "emergency", "staff");
    people.write(&site);
    site.sync(0);
    site.write("people.yaml", &people.yaml().replace("login: emergency000", "login: emergency"));
    site.sync(0);
    people.add(2, "p", "staff");
    site.write("people.yaml", &people.yaml().replace("login: emergency000", "login: emergency"));
    site.sync(0);
    let logins = site.database.rows("SELECT login, kind FROM users ORDER BY id");
    assert_eq!(logins, [["emergency@corp", "person"], ["p000", "person"], ["p001@corp", "person"]]);
}

#[test]
fn what_is_wrong_with_one_is_said() {
    let site = Site::new(Backend::Sqlite, &config(""));
    Roster::of(3, "p", "staff").write(&site);
    site.sync(0);
    site.configure(&config("\"p000\", \"p001\", \"p002\", \"nobody\""));
    site.database.execute("UPDATE users SET manual_admin = 1 WHERE login IN ('p000', 'p002')");
    site.sync(0);
    act(&site, "suspend", "p002", 0);
    assert_eq!(stands(&site, "p002").1, ["manual"], "a person can");
    for command in [["status", "--deny-warnings"].as_slice(), &["check", "rules", "--deny-warnings"]] {
        let said = site.run(command).expect(3);
        let said = said.says("p001: is no Admin anywhere").says("p002: is suspended");
        let said = said.says("nobody: nobody has this login");
        assert!(!said.stderr.contains("p000"), "{said:?}");
    }
}
