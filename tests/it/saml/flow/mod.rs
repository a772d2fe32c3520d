//! Logins at SAML identity providers: from `/login/sso` through their own pages to a session, and out again.

mod attributes;
mod encrypted;
mod handed_on;
mod leases;
mod lemonldap;
mod login;
mod logout;
mod metadata;
mod pages;
mod replicas;
mod rollover;
mod several;
mod signed;
mod unsolicited;

use crate::world::agent::{Agent, Visit};
use crate::world::app::App;
use crate::world::database::Backend;
use crate::world::free_port;
use crate::world::http::Answer;
use crate::world::simplesaml::SimpleSaml;
use crate::world::wait_until;
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};
use std::process::Command;
use std::sync::OnceLock;

const COOKIE: &str = "rosterd-session";
/// What rosterd is called there.
const ENTITY: &str = "urn:example:rosterd";
/// Who sends what a page of ours asks for.
const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

/// What people may do with a session.
const PEOPLE: &str = "[[http.people]]\norg = \"Main\"\nrole = \"Editor\"\nscopes = [\"read\"]\n";

/// Of both sides what a test wants otherwise.
#[derive(Debug, Clone, Copy, Default)]
struct With<'a> {
    /// In `saml`.
    saml: &'a str,
    /// In the provider's section.
    provider: &'a str,
    /// Behind it all.
    more: &'a str,
}

impl<'a> With<'a> {
    fn saml(saml: &'a str) -> Self {
        Self { saml, ..Self::default() }
    }
}

/// SimpleSAMLphp, and rosterd beside it; each has the other's metadata.
#[derive(Debug)]
struct SignOn {
    idp: SimpleSaml,
    app: App,
}

impl Deref for SignOn {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl DerefMut for SignOn {
    fn deref_mut(&mut self) -> &mut App {
        &mut self.app
    }
}

impl SignOn {
    fn open(backend: Backend) -> Self {
        Self::with(backend, &With::default())
    }

    /// It reads the provider's metadata where that is served.
    fn with(backend: Backend, with: &With<'_>) -> Self {
        Self::beside(SimpleSaml::start(), backend, with, &[])
    }

    /// The same with a provider that is there, and more files.
    fn beside(idp: SimpleSaml, backend: Backend, with: &With<'_>, files: &[(&str, &str)]) -> Self {
        idp.person("ann", &person("ann", &["devs"]));
        idp.person("root", &person("root", &["admins"]));
        let metadata = format!("metadata_url = {:?}", idp.metadata_url());
        let app = beside(backend, &metadata, files, with);
        let sign_on = Self { idp, app };
        sign_on.trusted(&json!({}));
        sign_on
    }

    /// The provider knows rosterd by what it says of itself, takes nothing that it has not signed, and signs logouts, which
    /// it would not by itself; `said`: more of it.
    fn trusted(&self, said: &Value) {
        let mut all = json!({ "validate.authnrequest": true, "validate.logout": true, "sign.logout": true });
        all.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        self.idp.trust("rosterd", &described(&self.app), &all);
    }

    /// Logs in through all pages; where that ends.
    fn visit(&self, agent: &mut Agent, person: &str) -> Visit {
        agent.go(&at(&self.app, "/login/sso"), person, |_| false)
    }

    /// The same, up to their session.
    #[track_caller]
    fn browse(&self, agent: &mut Agent, person: &str) -> Visit {
        let visit = self.visit(agent, person);
        let there = (visit.answer.status, visit.url.as_str());
        assert_eq!(there, (200, at(&self.app, "/session").as_str()), "{visit:?}\n{}\n{}", self.said(), self.idp.log());
        visit
    }

    /// Up to the form that brings the response, which is not sent: what would be sent where.
    #[track_caller]
    fn until_sent(&self, agent: &mut Agent, begin: &str, person: &str) -> Visit {
        let callback = at(&self.app, "/login/sso/callback");
        let visit = agent.go(begin, person, |url| url == callback);
        assert!(visit.form.is_some(), "{visit:?}\n{}\n{}", self.said(), self.idp.log());
        visit
    }

    /// Sends it from a page of the provider's, and goes on.
    fn send(&self, agent: &mut Agent, sent: &Visit, person: &str) -> Visit {
        let answer = agent.post(&self.idp.metadata_url(), &sent.url, sent.form.as_ref().unwrap());
        agent.go_on(&sent.url, answer, person, |_| false)
    }

    /// Somebody's login is refused, with this code; nobody is logged in.
    #[track_caller]
    fn refused(&self, visit: &Visit, agent: &mut Agent, code: &str) {
        let shown = format!("<code>{code}</code>");
        let body = &visit.answer.body;
        assert!(visit.answer.status == 403 && body.contains(&shown), "no {code}: {visit:?}\n{}", self.said());
        assert_eq!(me(&self.app, agent).0, 401);
    }

    #[track_caller]
    fn comes_to(&self, login: &str, role: Option<&str>) {
        let there = wait_until(30, || self.role(login).as_deref() == role);
        assert!(there, "{:?} instead of {role:?}\n{}", self.role(login), self.said());
    }

    fn is_in(&self, login: &str, team: &str) -> bool {
        self.site.tables().team_role(team, login).is_some()
    }

    fn close(self) {
        self.app.close();
    }
}

/// rosterd with a SAML provider whose metadata is where this says, and the files that are named there.
fn beside(backend: Backend, metadata: &str, files: &[(&str, &str)], with: &With<'_>) -> App {
    let With { saml, provider, more } = with;
    let sections = format!(
        r#"
[providers.sso]
{provider}
[providers.sso.saml]
entity_id = "{ENTITY}"
{metadata}
keys = [{{ key = {{ file = "own.pem" }}, certificate_file = "own.crt" }}]
{saml}
[hooks.app]
sender = "saml"
provider = "sso"
"#
    );
    let (key, certificate) = own_key();
    let files = [files, &[("own.pem", key.as_str()), ("own.crt", certificate)]].concat();
    App::of(free_port(), backend, &sections, &format!("{PEOPLE}{more}"), &files)
}

/// rosterd's own key and certificate.
fn own_key() -> &'static (String, String) {
    static KEY: OnceLock<(String, String)> = OnceLock::new();
    KEY.get_or_init(|| {
        let dir = tempfile::TempDir::new().unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=rosterd"])
            .args(["-keyout", "own.pem", "-out", "own.crt"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        (read("own.pem"), read("own.crt"))
    })
}

/// What rosterd says of itself.
#[track_caller]
fn described(app: &App) -> String {
    let answer = Agent::default().ask("GET", &at(app, "/login/sso/metadata"), &[], "");
    assert_eq!(answer.status, 200, "{}\n{}", answer.body, app.said());
    answer.body
}

fn at(app: &App, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", app.port)
}

/// Who somebody is by their session, if they have one.
fn me(app: &App, agent: &mut Agent) -> (u16, Value) {
    let answer = agent.ask("GET", &at(app, "/api/v1/me"), &[], "");
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

fn log_out(app: &App, agent: &mut Agent) -> Answer {
    agent.ask("POST", &at(app, "/logout"), OWN, "")
}

/// The attributes of somebody in these groups.
fn person(name: &str, groups: &[&str]) -> Value {
    json!({
        "uid": [name], "displayName": [format!("{name} of Example")], "mail": [format!("{name}@example.org")],
        "groups": groups, "eduPersonAffiliation": ["member", "employee"],
    })
}
