//! A portal that tells rosterd of its logins by a hook: the daemon, and the directory behind it.

use super::database::Backend;
use super::http::ask;
use super::invariants;
use super::rosterd::{Outcome, Running};
use super::site::{Site, slapd_provider};
use super::slapd::{SUFFIX, Slapd};
use super::{free_port, listens, wait_until};
use serde_json::{Value, json};

pub const KEY: &str = "a secret of the portal and of rosterd";

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

/// See the module's text. One team, `red`, and one organization, `Main`.
#[derive(Debug)]
pub struct Portal {
    pub slapd: Slapd,
    pub site: Site,
    running: Option<Running>,
    pub port: u16,
}

impl Portal {
    /// The directory is read once, and then nobody looks but for a login.
    pub fn open(backend: Backend) -> Self {
        Self::every(backend, "24h")
    }

    /// The same, with the directory read that often.
    pub fn every(backend: Backend, every: &str) -> Self {
        Self::with(backend, every, "")
    }

    /// The same, with more of the configuration. The file `key` holds [`KEY`].
    pub fn with(backend: Backend, every: &str, more: &str) -> Self {
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
{more}"#
        );
        let every = format!("every = \"{every}\"\ncreate_missing");
        let site = Site::new(backend, &config.replace("create_missing", &every));
        site.secret("key", KEY);
        site.run(&["db", "migrate"]).expect(0);
        let mut portal = Self { slapd, site, running: None, port };
        portal.start();
        let read = || portal.site.tables().org_members.len() == 3;
        assert!(wait_until(60, read), "{}", portal.said());
        portal
    }

    /// Starts the daemon. It does what the file `fault` says.
    pub fn start(&mut self) {
        self.running = Some(self.site.start(&["run"], &[("ROSTERD_FAULT_FILE", "fault")]));
        assert!(wait_until(60, || listens(self.port)), "{}", self.said());
    }

    /// Waits until the daemon has died of a fault.
    pub fn dies(&mut self) {
        self.running.take().unwrap().wait().expect_killed();
    }

    /// What the daemon has said so far.
    pub fn said(&self) -> String {
        self.running.as_ref().unwrap().stderr_so_far()
    }

    pub fn login(&self, who: &str) -> Outcome {
        let url = format!("http://127.0.0.1:{}", self.port);
        self.site.run(&["hooks", "send", "--hook", "portal", "--inline", "--person", who, "--url", &url, "-o", "json"])
    }

    /// A login as the portal itself tells it: the same id is the same bytes. Nothing comes back where the
    /// daemon ends before it has answered.
    pub fn tell(&self, path: &str, id: &str, who: &str) -> Option<(u16, Value)> {
        let body = json!({ "user": who }).to_string();
        let secret = format!("Bearer {KEY}");
        let headers = [("authorization", secret.as_str()), ("webhook-id", id), ("content-type", "application/json")];
        let (status, body) = ask(self.port, "POST", &format!("/hooks/v1/portal{path}"), &headers, &body)?;
        Some((status, serde_json::from_str(&body).unwrap()))
    }

    /// Ends the daemon in order.
    pub fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.signal("TERM");
        running.wait().expect(0);
    }

    /// Ends it if it runs, and checks what holds after every test.
    pub fn close(mut self) {
        if self.running.is_some() {
            self.stop();
        }
        invariants::check(&self.site).expect(0);
    }
}

pub fn dn(kind: &str, name: &str) -> String {
    let rdn = if kind == "people" { "uid" } else { "cn" };
    format!("{rdn}={name},ou={kind},{SUFFIX}")
}

/// A test that failed leaves no daemon behind.
impl Drop for Portal {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("KILL");
        }
    }
}
