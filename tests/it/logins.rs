//! A login, from the call of its hook to the tables, through the real program and a real directory.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::rosterd::{Outcome, Running};
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{SUFFIX, Slapd};
use crate::world::{free_port, listens, wait_until};
use std::time::{Duration, Instant};

const KEY: &str = "a secret of the portal and of rosterd";

/// `ann` and `ben` are staff; nobody is in `red` but `cleo`.
fn entries() -> String {
    let person = |login: &str| {
        format!(
            "dn: uid={login},ou=people,{SUFFIX}\nobjectClass: inetOrgPerson\nuid: {login}\ncn: {login}\nsn: {login}\n\
             mail: {login}@example.org\n\n"
        )
    };
    let group = |name: &str, members: &[&str]| {
        let members: String = members.iter().map(|login| format!("member: uid={login},ou=people,{SUFFIX}\n")).collect();
        format!("dn: cn={name},ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n")
    };
    ["ann", "ben", "cleo"].map(person).concat() + &group("staff", &["ann", "ben", "cleo"]) + &group("red", &["cleo"])
}

struct Portal {
    slapd: Slapd,
    site: Site,
    running: Running,
    url: String,
}

impl Portal {
    fn open(backend: Backend) -> Self {
        let slapd = Slapd::start(&entries());
        let port = free_port();
        let provider = slapd_provider("corp", &slapd.url(), "");
        let config = format!(
            r#"
[http]
listen = "127.0.0.1:{port}"
{provider}
[hooks.portal]
sender = "bearer"
provider = "corp"
secrets = [{{ file = "key" }}]
person = {{ login = "/user" }}
deadline = "2s"
[[rules]]
id = "staff"
match.group = "staff"
org = "Main"
role = "Viewer"
[[rules]]
id = "teams"
match.group_glob = "re*"
org = "Main"
team = "red"
"#
        );
        let site = Site::new(backend, &config.replace("create_missing", "every = \"24h\"\ncreate_missing"));
        site.secret("key", KEY);
        site.run(&["db", "migrate"]).expect(0);
        let running = site.start(&["run"], &[]);
        let read = || listens(port) && site.tables().org_members.len() == 3;
        assert!(wait_until(60, read), "{}", running.stderr_so_far());
        Self { slapd, site, running, url: format!("http://127.0.0.1:{port}") }
    }

    fn login(&self, who: &str) -> Outcome {
        self.site
            .run(&["hooks", "send", "--hook", "portal", "--inline", "--person", who, "--url", &self.url, "-o", "json"])
    }

    fn close(self) {
        self.running.signal("TERM");
        self.running.wait().expect(0);
        invariants::check(&self.site).expect(0);
    }
}

fn dn(kind: &str, name: &str) -> String {
    let rdn = if kind == "people" { "uid" } else { "cn" };
    format!("{rdn}={name},ou={kind},{SUFFIX}")
}

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
