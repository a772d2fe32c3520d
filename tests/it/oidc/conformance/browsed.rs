//! What the suite's provider sees of a login in a browser, from the link to the session.

use super::Suite;
use crate::oidc::app::Extra;
use crate::world::agent::{Agent, Visit};
use crate::world::http::Answer;
use crate::world::scripted_http::form;
use crate::world::scripted_openid::{ACCESS, CODE};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

pub(super) const FLOW: &str = r#"client_secret = { file = "client" }
code_flow = { scopes = ["profile", "email", "groups"] }"#;
const RENEWED: &str = r#"client_secret = { file = "client" }
code_flow = { scopes = ["groups", "offline_access"], renew = "1s" }"#;

impl Suite {
    /// People log in with rosterd itself.
    pub(super) fn browsed() -> Self {
        Self::with(&Extra::oidc(FLOW))
    }

    /// The same, and each login is renewed every second.
    pub(super) fn renewed() -> Self {
        Self::with(&Extra::oidc(RENEWED))
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.app.port)
    }

    /// What the token endpoint says from now on: `changed` of the ID token.
    pub(super) fn gives(&self, person: &str, groups: &[&str], refresh: &str, changed: &Value) {
        let id_token = self.provider.id_token(person, groups, changed);
        self.provider.tokens(&json!({
            "access_token": ACCESS, "token_type": "Bearer", "refresh_token": refresh, "id_token": id_token,
        }));
    }

    /// Where somebody ends who follows this link, and what the provider was asked for. It says `changed` of them.
    #[track_caller]
    pub(super) fn follow(
        &self,
        agent: &mut Agent,
        link: &str,
        person: &str,
        groups: &[&str],
        changed: &Value,
    ) -> (Visit, BTreeMap<String, String>) {
        let answer = agent.ask("GET", link, &[], "");
        let away = answer.header("location").unwrap_or_else(|| panic!("{}", answer.body));
        let asked = form(away.split_once('?').unwrap().1);
        let mut all = json!({ "nonce": asked["nonce"] });
        all.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        self.gives(person, groups, "first", &all);
        (agent.go(away, person, |_| false), asked)
    }

    /// Somebody logs in, and has a session.
    #[track_caller]
    pub(super) fn browse(&self, agent: &mut Agent, person: &str, groups: &[&str], changed: &Value) {
        let (visit, _) = self.follow(agent, &self.at("/login/sso"), person, groups, changed);
        assert_eq!((visit.answer.status, visit.url), (200, self.at("/session")), "{}", self.app.said());
    }

    pub(super) fn me(&self, agent: &mut Agent) -> u16 {
        agent.ask("GET", &self.at("/api/v1/me"), &[], "").status
    }
}

#[test]
fn oidcc_client_test_client_secret_basic() {
    let suite = Suite::browsed();
    let (visit, asked) = suite.follow(&mut Agent::default(), &suite.at("/login/sso"), "ann", &["devs"], &json!({}));
    assert_eq!(visit.answer.status, 200, "{}", visit.answer.body);
    assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", "rosterd"));
    let redeemed = suite.provider.last("/token").unwrap();
    assert_eq!(redeemed.authorization, format!("Basic {}", STANDARD.encode("rosterd:rosterd-secret")));
    let form = redeemed.form();
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", CODE));
    assert_eq!(form["redirect_uri"], suite.at("/login/sso/callback"));
    assert_eq!(form["redirect_uri"], asked["redirect_uri"]);
    let shown = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    assert_eq!((asked["code_challenge_method"].as_str(), &asked["code_challenge"]), ("S256", &shown));
    assert!(!form.contains_key("client_secret"), "once");
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"));
    suite.close();
}

#[test]
fn oidcc_client_test_scope_userinfo_claims() {
    let suite = Suite::browsed();
    suite.provider.userinfo(&json!({ "sub": "ann", "email": "ann@example.org", "name": "Ann", "groups": ["devs"] }));
    let mut agent = Agent::default();
    let nothing = json!({ "groups": null, "preferred_username": null });
    let (visit, asked) = suite.follow(&mut agent, &suite.at("/login/sso"), "ann", &[], &nothing);
    assert_eq!(asked["scope"], "openid profile email groups");
    assert!(visit.answer.body.contains("<h1>Ann</h1>") && visit.answer.body.contains("Editor"), "{visit:?}");
    let me: Value = serde_json::from_str(&agent.ask("GET", &suite.at("/api/v1/me"), &[], "").body).unwrap();
    assert_eq!(me["person"]["email"], "ann@example.org", "{me}");
    suite.close();
}

/// The suite's person of a third site, whose page has a link, or a form.
#[test]
fn oidcc_client_test_3rd_party_init_login() {
    let suite = Suite::browsed();
    let query = |pairs: &[(&str, &str)]| form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let issuer = suite.provider.issuer();
    let to = suite.at("/api/v1/me");
    let asked_for = query(&[("iss", &issuer), ("login_hint", "ann@example.org"), ("target_link_uri", &to)]);
    let mut agent = Agent::default();
    let link = suite.at(&format!("/login/sso?{asked_for}"));
    let (visit, asked) = suite.follow(&mut agent, &link, "ann", &["devs"], &json!({}));
    assert_eq!((asked["login_hint"].as_str(), visit.answer.status), ("ann@example.org", 200), "{visit:?}");
    assert_eq!(visit.url, to);

    let elsewhere = [("origin", "https://portal.example"), ("sec-fetch-site", "cross-site")];
    let posts = |body: &str| Agent::default().ask("POST", &suite.at("/login/sso"), &elsewhere, body);
    let led = posts(&asked_for);
    assert_eq!((led.status, led.header("location")), (303, Some(link.strip_prefix(&suite.at("")).unwrap())), "{led:?}");

    let refused = |pairs: &[(&str, &str)], title: &str| {
        let answer: Answer = agent.clone().ask("GET", &suite.at(&format!("/login/sso?{}", query(pairs))), &[], "");
        assert_eq!(answer.status, 400, "{pairs:?}");
        assert!(answer.body.contains(title), "{}", answer.body);
    };
    refused(&[("iss", "https://evil.example")], "for another provider");
    refused(&[("iss", &issuer), ("target_link_uri", "https://evil.example")], "lead elsewhere");
    refused(&[("iss", &issuer), ("iss", "https://evil.example")], "something twice");
    assert_eq!(posts("").status, 400, "no form");
    suite.close();
}
