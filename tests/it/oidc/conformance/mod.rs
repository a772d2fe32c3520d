//! The relying party's modules of the OpenID Foundation's conformance suite, each as a test of its name, against a
//! provider that says what the module has it say. `docs/conformance.md` has all of them, and why some are not here.
//!
//! What the suite takes for a refusal, that UserInfo is not asked, is asked for here too; and nobody gains anything.

mod asked;
mod browsed;
mod logout;
mod renewed;
mod signed;

use super::app::{App, Extra};
use crate::architecture::{file, files};
use crate::world::database::Backend;
use crate::world::scripted_openid::{ACCESS, ScriptedOpenId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const USERINFO: &str = "/userinfo";

/// A provider that says what it is told to, and an application.
#[derive(Debug)]
struct Suite {
    provider: ScriptedOpenId,
    app: App,
}

impl Suite {
    fn open() -> Self {
        Self::with(&Extra::default())
    }

    fn with(extra: &Extra<'_>) -> Self {
        Self::of(ScriptedOpenId::start(), extra)
    }

    fn of(provider: ScriptedOpenId, extra: &Extra<'_>) -> Self {
        let app = App::beside(Backend::Sqlite, &provider.issuer(), extra);
        Self { provider, app }
    }

    /// An ID token, and what is said of it where this is changed.
    fn id_token(&self, changed: &Value) -> String {
        self.provider.id_token("ann", &["devs"], changed)
    }

    #[track_caller]
    fn accepts(&self, id_token: &str) {
        let answer = self.app.accepted(&json!({ "id_token": id_token }));
        assert_eq!(answer["complete"], true, "{answer}\n{}", self.app.said());
        assert_eq!(self.app.role("ann").as_deref(), Some("Editor"));
    }

    /// Refuses both tokens of a login for this reason.
    #[track_caller]
    fn refuses(&self, id_token: &str, code: &str) {
        self.refuses_login(&json!({ "id_token": id_token, "access_token": ACCESS }), code);
        assert_eq!(self.provider.asked(USERINFO), 0, "it is asked although the token is not believed");
    }

    #[track_caller]
    fn refuses_login(&self, tokens: &Value, code: &str) {
        let (status, answer) = self.app.hand_on(tokens);
        assert_eq!((status, &answer["code"]), (401, &json!(code)), "{answer}\n{}", self.app.said());
        assert!(self.app.site.tables().users.is_empty(), "nobody is let in");
    }

    fn close(self) {
        self.app.close();
    }
}

/// A claim of an ID token is wrong, and nothing else.
#[track_caller]
fn refused(changed: &Value, code: &str) {
    let suite = Suite::open();
    let token = suite.id_token(changed);
    suite.refuses(&token, code);
    suite.accepts(&suite.id_token(&json!({})));
    suite.close();
}

#[test]
fn oidcc_client_test() {
    let suite = Suite::open();
    suite.provider.userinfo(&json!({ "sub": "ann", "email": "ann@example.org" }));
    let tokens = json!({ "id_token": suite.id_token(&json!({})), "access_token": ACCESS });
    let answer = suite.app.accepted(&tokens);
    assert_eq!(answer["person"]["email"], "ann@example.org", "{answer}");
    assert_eq!((suite.app.role("ann").as_deref(), suite.provider.asked(USERINFO)), (Some("Editor"), 1));
    suite.close();
}

#[test]
fn oidcc_client_test_invalid_iss() {
    refused(&json!({ "iss": "https://op.example.com/" }), "token-issuer");
}

#[test]
fn oidcc_client_test_missing_sub() {
    refused(&json!({ "sub": null }), "token-subject");
}

#[test]
fn oidcc_client_test_invalid_aud() {
    refused(&json!({ "aud": "rosterd_1" }), "token-audience");
}

#[test]
fn oidcc_client_test_missing_aud() {
    refused(&json!({ "aud": null }), "token-audience");
}

#[test]
fn oidcc_client_test_missing_iat() {
    refused(&json!({ "iat": null }), "token-time");
}

#[test]
fn oidcc_client_test_nonce_invalid() {
    let suite = Suite::open();
    for nonce in [json!("n-2"), Value::Null, json!(["n-1"])] {
        let id_token = suite.id_token(&json!({ "nonce": nonce }));
        suite.refuses_login(&json!({ "id_token": id_token, "access_token": ACCESS, "nonce": "n-1" }), "token-nonce");
    }
    assert_eq!(suite.provider.asked(USERINFO), 0);
    suite.close();
}

#[test]
fn oidcc_client_test_invalid_athash() {
    refused(&json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), "token-hash");
}

/// Each module stands on the page once; the tests that it names are there, and those that are there it names.
#[test]
fn the_page_and_the_tests_say_the_same() {
    let page = file("docs/conformance.md").text;
    let mut modules = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| `oidcc-client-test")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [module, what, how, last] = cells[..] else { panic!("four cells: {line}") };
        let module = module.trim_matches('`');
        assert!(!what.is_empty() && !last.is_empty(), "{line}");
        let test = module.replace('-', "_");
        match how {
            "shown" => assert_eq!(last, format!("`{test}`"), "{line}"),
            "left out" => {}
            _ => panic!("{how} is nothing that the page explains: {line}"),
        }
        assert!(modules.insert(test, how == "shown").is_none(), "twice: {line}");
    }
    assert!(modules.len() > 50, "{}", modules.len());
    let named: BTreeSet<&str> = modules.iter().filter(|(_, shown)| **shown).map(|(test, _)| test.as_str()).collect();
    let sources = files("tests/it", ".rs");
    let tests = sources.iter().flat_map(|source| source.text.lines()).filter_map(|line| {
        let name = line.trim_start().strip_prefix("async ").unwrap_or(line.trim_start()).strip_prefix("fn ")?;
        name.split('(').next().filter(|name| name.starts_with("oidcc_client_test"))
    });
    let tests: BTreeSet<&str> = tests.collect();
    assert_eq!(named, tests, "on the page, and in the tests");
}
