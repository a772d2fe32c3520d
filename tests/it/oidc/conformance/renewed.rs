//! Refresh tokens, and what a provider may say when one is used (OpenID Connect Core §12.2).

use super::{Suite, USERINFO};
use crate::world::agent::Agent;
use crate::world::scripted_openid::ACCESS;
use crate::world::wait_until;
use serde_json::{Value, json};

impl Suite {
    fn refreshes(&self) -> usize {
        self.provider.forms("/token").iter().filter(|form| form["grant_type"] == "refresh_token").count()
    }

    /// Waits until what the provider says now was heard of so many people: those who were being renewed may have heard
    /// something else, and whoever is renewed a third time was renewed a second time.
    #[track_caller]
    fn hears(&self, people: usize) {
        let before = self.refreshes();
        assert!(wait_until(60, || self.refreshes() > before + 2 * people), "{}", self.app.said());
    }

    #[track_caller]
    fn comes_to(&self, role: &str) {
        let there = wait_until(30, || self.app.role("ann").as_deref() == Some(role));
        assert!(there, "{:?}\n{}", self.app.role("ann"), self.app.said());
    }

    fn records(&self) -> String {
        self.app.site.database.value("SELECT count(*) FROM audit")
    }
}

/// Somebody who is a developer, and of whom the provider says so at UserInfo too.
fn logged_in() -> Suite {
    let suite = Suite::renewed();
    suite.provider.userinfo(&json!({ "sub": "ann" }));
    suite.browse(&mut Agent::default(), "ann", &["devs"], &json!({}));
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"));
    suite
}

/// The new ID token says something else than the first: nobody is given what it says, and nothing more is asked.
#[track_caller]
fn refused(changed: &Value, code: &str) {
    let suite = logged_in();
    let before = suite.provider.asked(USERINFO);
    suite.gives("ann", &["admins"], "second", changed);
    assert!(wait_until(30, || suite.app.said().contains(code)), "{}", suite.app.said());
    suite.hears(1);
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"), "{}", suite.app.said());
    // Once in between there may have been the first token of the login again, which is right.
    assert!(suite.provider.asked(USERINFO) <= before + 1, "it is asked with a token that is not believed");
    suite.gives("ann", &["admins"], "third", &json!({}));
    suite.comes_to("Admin");
    suite.close();
}

#[test]
fn oidcc_client_test_refresh_token() {
    let suite = logged_in();
    for next in ["second", "third"] {
        suite.gives("ann", &["admins"], next, &json!({}));
        suite.comes_to("Admin");
        suite.hears(1);
    }
    let forms = suite.provider.forms("/token");
    let used: Vec<&str> = forms.iter().filter_map(|form| form.get("refresh_token")).map(String::as_str).collect();
    assert_eq!(used.first(), Some(&"first"));
    // Each is used that took another one's place.
    assert!(used.contains(&"second") && used.last() == Some(&"third"), "{used:?}");
    suite.close();
}

#[test]
fn oidcc_client_test_refresh_token_invalid_issuer() {
    refused(&json!({ "iss": "https://op.example.com/" }), "token-issuer");
}

#[test]
fn oidcc_client_test_refresh_token_invalid_sub() {
    refused(&json!({ "sub": "anninvalid" }), "token-subject");
}

#[test]
fn oidcc_client_test_refresh_token_invalid_aud() {
    refused(&json!({ "aud": "rosterd_1" }), "token-audience");
}

/// Ours, too: the first one had none.
#[test]
fn oidcc_client_test_refresh_token_invalid_azp() {
    refused(&json!({ "azp": "rosterd_1" }), "token-audience");
    refused(&json!({ "azp": "rosterd" }), "token-audience");
}

/// Whatever else is said of somebody at a renewal is of somebody else.
#[test]
fn o19_a_renewal_that_speaks_of_somebody_else_gives_nothing_and_takes_nothing() {
    let suite = logged_in();
    suite.provider.userinfo(&json!({ "sub": "root" }));
    suite.browse(&mut Agent::default(), "root", &["admins"], &json!({}));
    suite.provider.userinfo(&json!({ "sub": "nobody" }));
    suite.hears(2);
    let before = suite.records();
    let tokens = |id_token: Option<String>| {
        let tokens = json!({ "access_token": ACCESS, "token_type": "Bearer", "refresh_token": "next" });
        let mut tokens = tokens.as_object().unwrap().clone();
        tokens.extend(id_token.map(|token| ("id_token".to_owned(), json!(token))));
        suite.provider.tokens(&Value::Object(tokens));
    };
    let id_token = |person: &str, groups: &[&str], changed: &Value| suite.provider.id_token(person, groups, changed);
    let stranger = json!({ "sub": "stranger", "groups": ["admins"] });
    // Of somebody whom nobody knows, right but for that; of UserInfo alone; and of both, one of each.
    for (said, userinfo) in [
        (Some(id_token("stranger", &["admins"], &json!({}))), &stranger),
        (None, &stranger),
        (Some(id_token("ann", &["admins"], &json!({}))), &stranger),
        (Some(id_token("ann", &["admins"], &json!({ "iss": "https://evil.example" }))), &stranger),
        (Some(id_token("ann", &[], &json!({ "sub": null }))), &stranger),
        (None, &json!({ "groups": ["admins"] })),
        (None, &json!({ "sub": ["ann"], "groups": ["admins"] })),
    ] {
        suite.provider.userinfo(userinfo);
        tokens(said);
        suite.hears(2);
        assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"), "{}", suite.app.said());
        assert_eq!(suite.app.role("root").as_deref(), Some("Admin"), "{}", suite.app.said());
        assert_eq!(suite.app.site.tables().users.len(), 2);
    }
    assert_eq!(suite.records(), before, "{}", suite.app.said());
    // Another person's tokens, whole and right: they count for that person and for nobody else.
    suite.provider.userinfo(&json!({ "sub": "root" }));
    suite.gives("root", &["admins"], "next", &json!({}));
    suite.hears(2);
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"), "{}", suite.app.said());
    assert_eq!(suite.records(), before, "{}", suite.app.said());
    suite.close();
}

/// One after the other, as each is due: a provider whose own directory is down. Three may be gone; the others are not
/// believed to be.
#[test]
fn a_provider_that_refuses_everybody_is_not_believed_for_long() {
    let suite = Suite::renewed();
    let people = ["ann", "bob", "eve", "joe", "kim", "lea"];
    for person in people {
        suite.browse(&mut Agent::default(), person, &["devs"], &json!({}));
    }
    suite.provider.refuses();
    let left = || suite.app.site.database.value("SELECT count(*) FROM refresh_tokens");
    assert!(wait_until(30, || left() == "3"), "{}\n{}", left(), suite.app.said());
    suite.hears(3);
    assert_eq!(left(), "3", "{}", suite.app.said());
    assert!(suite.app.said().contains("is its directory down?"), "{}", suite.app.said());
    let has = || people.iter().filter(|person| suite.app.role(person).is_some()).count();
    assert!(has() >= 3, "{}", suite.app.said());
    // It is there again, and one of the three is really gone.
    let who = || suite.app.site.database.value("SELECT min(subject) FROM refresh_tokens");
    let kept = who();
    suite.gives(&kept, &["admins"], "next", &json!({}));
    assert!(wait_until(30, || suite.app.role(&kept).as_deref() == Some("Admin")), "{}", suite.app.said());
    suite.provider.refuses();
    assert!(wait_until(30, || left() == "0"), "{}", suite.app.said());
    suite.close();
}
