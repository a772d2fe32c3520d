//! Each cell of the table in `docs/lifecycle.md` on the real thing: an account of each kind is brought into each state, and
//! each access is tried. `Access::SignIn` needs a provider and a browser: `oidc::flow::states`.

use super::{act, backends, stands};
use crate::world::database::Backend;
use crate::world::http::ask;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::site::Site;
use crate::world::{free_port, invariants, listens, wait_until};
use rosterd_core::lifecycle::{Access, Kind, State, may, reachable};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

const FOR_EVER: i64 = 253_402_300_799_999;
const RULES: &str = r#"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"
[[rules]]
id = "editors"
match.group = "editors"
org = "Main"
role = "Editor"
"#;

struct World {
    site: Site,
    people: Roster,
    port: u16,
    /// Login of each cell.
    of: BTreeMap<(Kind, State), String>,
}

fn config(port: u16, break_glass: &str, partner: bool) -> String {
    let link = "link.by = [\"email\"]\n";
    let corp = PROVIDER.replace("[providers.corp]\n", &format!("[providers.corp]\n{link}"));
    let partner = if partner { corp.replace("corp", "partner") } else { String::new() };
    format!(
        "[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\nfailed_logins = 10000\n\
         [limits]\nremovals_at_least = 1000\nemptied_at_least = 1000\nprivileged_gains = 1000\n\
         [accounts]\narchive_after = \"1s\"\nbreak_glass = [{break_glass}]\n{corp}{partner}{RULES}"
    )
}

impl World {
    /// One account in each cell, and `keeper`, who administers everything.
    fn new(backend: Backend) -> Self {
        let port = free_port();
        let site = Site::new(backend, &config(port, "", false));
        let (mut people, mut of) = (Roster::default(), BTreeMap::new());
        people.add(1, "keeper", "staff");
        people.groups.insert("editors".to_owned());
        for kind in Kind::ALL {
            for state in State::ALL.into_iter().filter(|state| reachable(kind, *state)) {
                let name = format!("{}-{}", kind.name().replace('_', ""), state.name().replace(' ', ""));
                if kind != Kind::Service {
                    people.add(1, &name, "staff");
                }
                let login = if kind == Kind::Service { format!("service:1:{name}") } else { format!("{name}000") };
                of.insert((kind, state), login);
            }
        }
        people.write(&site);
        site.sync(0);
        site.database.execute("UPDATE users SET manual_admin = 1 WHERE login = 'keeper000'");
        site.database.execute(
            "UPDATE org_members SET manual_role = 'Admin' WHERE user_id = (SELECT id FROM users WHERE login = 'keeper000')",
        );
        let mut world = Self { site, people, port, of };
        world.bring();
        world
    }

    fn login(&self, kind: Kind, state: State) -> &str {
        &self.of[&(kind, state)]
    }

    fn bring(&mut self) {
        let gone: Vec<String> =
            [Kind::Person, Kind::BreakGlass].map(|kind| self.login(kind, State::Archived).to_owned()).into();
        self.people.people.retain(|login, _| !gone.contains(login));
        self.people.write(&self.site);
        self.site.sync(0);
        std::thread::sleep(Duration::from_millis(1200));
        self.site.sync(0);
        for ((kind, state), login) in &self.of {
            if *kind == Kind::Service {
                let name = login.rsplit(':').next().unwrap();
                self.site.run(&["service-account", "create", name, "--org", "Main", "--role", "Viewer"]).expect(0);
                self.site.run(&["service-account", "token", "create", login, "--name", "x"]).expect(0);
            }
            let did = match (kind, state) {
                (_, State::Active | State::Archived) => continue,
                (Kind::Service, State::Suspended) => ["service-account", "disable"],
                (Kind::Service, _) => ["service-account", "delete"],
                (_, State::Suspended) => ["user", "suspend"],
                (_, State::Blocked) => ["user", "block"],
                (_, State::ArchivedByHand) => ["user", "archive"],
            };
            self.site.run(&[did[0], did[1], login]).expect(0);
        }
        let marked: Vec<String> = self
            .of
            .iter()
            .filter(|((kind, _), _)| *kind == Kind::BreakGlass)
            .map(|(_, login)| format!("{login:?}"))
            .collect();
        self.site.configure(&config(self.port, &marked.join(", "), false));
        self.site.sync(0);
        for ((kind, _), login) in &self.of {
            let is = self.rows(&format!("SELECT kind FROM users WHERE login = '{login}'"));
            assert_eq!(is, kind.name(), "{login}");
        }
    }

    /// A query's only value.
    fn rows(&self, sql: &str) -> String {
        self.site.database.rows(sql).concat().concat()
    }

    /// Holds what is seen of each cell to what the table says; with `ever`, what can be by itself counts as a yes.
    #[track_caller]
    fn held(&self, access: Access, ever: bool, seen: impl Fn(&str) -> bool) {
        let mut wrong = String::new();
        for ((kind, state), login) in &self.of {
            let answer = may(*kind, *state, access);
            let wanted = if ever { answer.ever() } else { answer.now() };
            if seen(login) != wanted {
                writeln!(wrong, "{login}: {access:?} should be {answer:?}").unwrap();
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }

    fn rights(&self) {
        let mut rows =
            vec!["INSERT INTO role_permissions (role_id, action, scope) VALUES (2, 'things:read', '*')".to_owned()];
        let mut number = 1;
        for login in self.of.values() {
            let of = |login: &str| format!("(SELECT id FROM users WHERE login = '{login}')");
            for (whose, holder) in [("keeper000", login.as_str()), (login.as_str(), "keeper000")] {
                rows.push(format!(
                    "INSERT INTO entitlements (id, org_id, role_id, for_user_id, scope, parameters)
                     VALUES ({number}, {}, NULL, {}, '*', '{{}}')",
                    if holder == "keeper000" { "NULL" } else { "1" },
                    of(whose)
                ));
                // What is the same for all is one row that all hold.
                if holder == "keeper000" || number == 1 {
                    rows.push(format!(
                        "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES ({number}, {}, {FOR_EVER})",
                        of(holder)
                    ));
                } else {
                    rows.pop();
                    rows.push(format!(
                        "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES (1, {}, {FOR_EVER})",
                        of(holder)
                    ));
                }
                number += 1;
            }
        }
        for row in rows {
            self.site.database.execute(&row);
        }
        let there = |sql: String| !self.rows(&sql).is_empty();
        self.held(Access::Rights, false, |login| {
            there(format!("SELECT p.action FROM effective_permissions p JOIN users u ON u.id = p.user_id WHERE u.login = '{login}'"))
        });
        self.held(Access::ActFor, false, |login| {
            there(format!(
                "SELECT d.scope FROM delegations d JOIN users u ON u.id = d.user_id WHERE u.login = '{login}'"
            ))
        });
        self.held(Access::HaveDelegates, false, |login| {
            there(format!(
                "SELECT d.scope FROM delegations d JOIN users u ON u.id = d.for_user_id WHERE u.login = '{login}'"
            ))
        });
    }

    /// Sessions and tokens that were there all the time, and count by the account's state alone.
    fn callers(&self) {
        let mut bearers = BTreeMap::new();
        for (number, login) in self.of.values().enumerate() {
            let secret = format!("{number:043}");
            let (cookie, token) = (hex(secret.as_bytes()), hex(format!("rstd_{secret}").as_bytes()));
            let bytes = |hex: &str| match self.site.database {
                crate::world::database::Database::Sqlite(_) => format!("x'{hex}'"),
                crate::world::database::Database::Postgres(_) => format!("decode('{hex}', 'hex')"),
            };
            self.site.database.execute(&format!(
                "INSERT INTO sessions (id, hash, user_id, provider, subject, sub, hint, created_at, used_at, expires_at)
                 SELECT 's{number}', {}, id, 'corp', 'id-{login}', 'x', {}, 0, {FOR_EVER}, {FOR_EVER} FROM users WHERE login = '{login}'",
                bytes(&cookie),
                bytes("")
            ));
            self.site.database.execute(&format!(
                "INSERT INTO service_tokens (id, user_id, name, hash, created_by, created_at, expires_at)
                 SELECT 't{number}', id, 'x', {}, 'eve', 0, {FOR_EVER} FROM users WHERE login = '{login}'",
                bytes(&token)
            ));
            bearers.insert(login.clone(), secret);
        }
        let mut running = self.site.start(&["run"], &[]);
        assert!(wait_until(60, || listens(self.port) || running.has_ended()));
        let asked = |name: &str, value: String| {
            ask(self.port, "GET", "/api/v1/me", &[(name, &value)], "").is_some_and(|(status, _)| status == 200)
        };
        self.held(Access::Session, false, |login| asked("cookie", format!("rosterd-session={}", bearers[login])));
        self.held(Access::Token, false, |login| asked("authorization", format!("Bearer rstd_{}", bearers[login])));
        running.signal("TERM");
        running.wait().expect(0);
    }

    /// `keeper` is the other Admin each time, and can be taken where one is left.
    fn admins(&self) {
        self.held(Access::Admin, false, |login| {
            let user = format!("(SELECT id FROM users WHERE login = '{login}')");
            let had = self
                .site
                .database
                .rows(&format!("SELECT manual_role FROM org_members WHERE user_id = {user} AND org_id = 1"));
            self.site.database.execute(&format!(
                "INSERT INTO org_members (org_id, user_id, manual_role) VALUES (1, {user}, 'Admin')
                 ON CONFLICT (org_id, user_id) DO UPDATE SET manual_role = 'Admin'"
            ));
            self.site.database.execute(&format!("UPDATE users SET manual_admin = 1 WHERE login = '{login}'"));
            let counts = self.site.run(&["user", "suspend", "keeper000"]).status.success();
            if counts {
                act(&self.site, "resume", "keeper000", 0);
            }
            let back = match had.concat().concat().as_str() {
                _ if had.is_empty() => format!("DELETE FROM org_members WHERE user_id = {user} AND org_id = 1"),
                "" => format!("UPDATE org_members SET manual_role = NULL WHERE user_id = {user} AND org_id = 1"),
                role => format!("UPDATE org_members SET manual_role = '{role}' WHERE user_id = {user} AND org_id = 1"),
            };
            self.site.database.execute(&back);
            self.site.database.execute(&format!("UPDATE users SET manual_admin = 0 WHERE login = '{login}'"));
            counts
        });
    }

    /// What runs do: other addresses and rights, another provider, everybody gone, and back.
    fn runs(&mut self) {
        let marked: Vec<String> = self
            .of
            .iter()
            .filter(|((kind, _), _)| *kind == Kind::BreakGlass)
            .map(|(_, login)| format!("{login:?}"))
            .collect();
        let email = |world: &Self, login: &str| world.rows(&format!("SELECT email FROM users WHERE login = '{login}'"));
        let here: Vec<String> =
            self.of.values().filter(|login| self.people.people.contains_key(*login)).cloned().collect();
        for groups in self.people.people.values_mut() {
            groups.insert("editors".to_owned());
        }
        self.site.write("people.yaml", &self.people.yaml().replace("example.org", "example.net"));
        self.site.sync(0);
        for ((kind, state), login) in self.of.iter().filter(|(_, login)| here.contains(login)) {
            let other = email(self, login).ends_with("example.net");
            assert_eq!(other, may(*kind, *state, Access::Attributes).ever(), "{login}");
            let role = self.rows(&format!(
                "SELECT m.synced_role FROM org_members m JOIN users u ON u.id = m.user_id WHERE u.login = '{login}'"
            ));
            assert_eq!(role == "Editor", may(*kind, *state, Access::Memberships).ever(), "{login}");
        }

        let keeper = self.people.people["keeper000"].clone();
        let all = std::mem::take(&mut self.people.people);
        self.people.people.insert("keeper000".to_owned(), keeper);
        self.people.write(&self.site);
        self.site.sync(0);
        let site = &self.site;
        self.held(Access::SuspendedByRun, true, |login| {
            let by_run = stands(site, login).1.contains(&"corp".to_owned());
            // Those of break-glass accounts that were suspended before they were marked have it from then.
            by_run && self.rows(&format!("SELECT kind FROM users WHERE login = '{login}'")) == "person"
        });
        let archived = |login: &str| stands(site, login).0 == "archived";
        let before: BTreeMap<&str, bool> = self.of.values().map(|login| (login.as_str(), archived(login))).collect();
        // Whoever was active is suspended only since a moment, and may be archived with the next run.
        let active = &self.login(Kind::Person, State::Active).to_owned();
        std::thread::sleep(Duration::from_millis(1200));
        self.site.sync(0);
        self.held(Access::ArchivedByRun, true, |login| login != active && !before[login] && archived(login));

        self.people.people = all;
        let returned = self.login(Kind::Person, State::Archived).to_owned();
        self.people.add(1, returned.trim_end_matches("000"), "staff");
        // Suspended by a person before: here it is runs alone, as the table's condition says.
        let suspended = &self.login(Kind::Person, State::Suspended).to_owned();
        act(&self.site, "resume", suspended, 0);
        self.people.write(&self.site);
        self.site.sync(0);
        self.held(Access::ResumedByRun, true, |login| login != active && self.was_resumed(login));
        assert_eq!(stands(&self.site, active).0, "active");
        // Found by their address at another provider.
        self.site.configure(&config(self.port, &marked.join(", "), true));
        self.site.sync(0);
        let linked = |login: &str| {
            self.rows(&format!(
                "SELECT count(*) FROM identities i JOIN users u ON u.id = i.user_id WHERE u.login = '{login}'"
            )) == "2"
        };
        for ((kind, state), login) in self.of.iter().filter(|(_, login)| here.contains(login)) {
            assert_eq!(linked(login), may(*kind, *state, Access::Linked).ever(), "{login}");
        }
    }

    fn was_resumed(&self, login: &str) -> bool {
        let person = self.rows(&format!("SELECT kind FROM users WHERE login = '{login}'")) == "person";
        person && stands(&self.site, login).0 == "active"
    }

    fn purge(&self) {
        self.held(Access::Purge, false, |login| self.site.run(&["purge", login, "--yes"]).status.success());
    }
}

fn hex(secret: &[u8]) -> String {
    Sha256::digest(secret).iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

#[test]
fn every_cell_is_as_the_table_says() {
    for backend in backends() {
        let mut world = World::new(backend);
        world.rights();
        world.callers();
        world.admins();
        world.runs();
        invariants::check(&world.site).expect(0);
    }
}

#[test]
fn only_what_is_archived_can_be_purged() {
    for backend in backends() {
        let world = World::new(backend);
        world.purge();
        invariants::audit(&world.site);
    }
}
