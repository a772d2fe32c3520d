//! Logins in a browser that rosterd does itself: from `/login/sso` through the provider's own pages to a session.

mod forged;
mod login;
mod logout;
mod pages;
mod renewal;
mod replicas;
mod session;
mod signals;
mod states;

use super::SignOn;
use super::app::Extra;
use crate::world::agent::{Agent, Visit};
use crate::world::database::Backend;
use crate::world::http::Answer;
use crate::world::wait_until;
use serde_json::{Value, json};

/// The part of `oidc` that makes people log in here.
const FLOW: &str = r#"client_secret = { file = "client" }
code_flow = { scopes = ["profile", "email", "groups"] }"#;

/// The same, renewed each second.
const RENEWED: &str = r#"client_secret = { file = "client" }
code_flow = { scopes = ["profile", "email", "groups", "offline_access"], renew = "1s" }"#;

/// What people may do with a session.
const PEOPLE: &str = r#"
[[http.people]]
org = "Main"
role = "Editor"
scopes = ["read"]
[[http.people]]
org = "Main"
role = "Admin"
scopes = ["read", "explain", "admin"]
"#;

const COOKIE: &str = "rosterd-session";

fn open(backend: Backend, oidc: &str) -> SignOn {
    SignOn::with(backend, &json!({}), &Extra { oidc, more: PEOPLE, ..Extra::default() })
}

impl SignOn {
    fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The callback's address, before the browser has gone there.
    fn until_callback(&self, agent: &mut Agent, person: &str) -> String {
        let callback = self.at("/login/sso/callback?");
        let visit = agent.go(&self.at("/login/sso"), person, |url| url.starts_with(&callback));
        assert!(visit.url.starts_with(&callback), "{visit:?}\n{}", self.said());
        visit.url
    }

    /// Logs in through all pages.
    #[track_caller]
    fn browse(&self, agent: &mut Agent, person: &str) -> Visit {
        let visit = agent.go(&self.at("/login/sso"), person, |_| false);
        assert_eq!((visit.answer.status, visit.url.as_str()), (200, self.at("/session").as_str()), "{}", self.said());
        visit
    }

    fn me(&self, agent: &mut Agent) -> (u16, Value) {
        let answer = agent.ask("GET", &self.at("/api/v1/me"), &[], "");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    fn api(&self, agent: &mut Agent, path: &str) -> Answer {
        agent.ask("GET", &self.at(path), &[], "")
    }

    #[track_caller]
    fn comes_to(&self, login: &str, role: Option<&str>) {
        let there = wait_until(30, || self.role(login).as_deref() == role);
        assert!(there, "{:?} instead of {role:?}\n{}", self.role(login), self.said());
    }
}
