//! Logging out, here and by the provider's word.

use super::Suite;
use crate::oidc::app::Extra;
use crate::world::agent::Agent;
use crate::world::http::Answer;
use crate::world::scripted_openid::{ScriptedOpenId, now};
use crate::world::signing::{Key, broken};
use serde_json::{Value, json};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

/// What the provider says that Ann's session `s-1` is over; `changed` where a test says otherwise.
fn message(provider: &ScriptedOpenId, id: &str, changed: &Value) -> Value {
    let mut message = json!({
        "preferred_username": null, "groups": null, "exp": now() + 120, "jti": id, "sid": "s-1", "events": { EVENT: {} },
    });
    message.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    provider.claims("ann", &[], &message)
}

/// Somebody in a session that the provider calls `s-1`.
fn logged_in(suite: &Suite) -> Agent {
    let mut agent = Agent::default();
    suite.browse(&mut agent, "ann", &["devs"], &json!({ "sid": "s-1" }));
    assert_eq!(suite.me(&mut agent), 200);
    agent
}

impl Suite {
    fn tell(&self, token: &str) -> Answer {
        self.tell_at("sso", token)
    }

    fn tell_at(&self, provider: &str, token: &str) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
        let answer = Agent::default().ask("POST", &self.at(&format!("/login/{provider}/back-channel")), &[], &form);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        answer
    }

    /// Refuses what it is told, and ends no session.
    #[track_caller]
    fn does_not_believe(&self, agent: &mut Agent, token: &str, code: &str) {
        let answer = self.tell(token);
        assert_eq!(answer.status, 400, "{}", answer.body);
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        let expected = json!({ "error": "invalid_request", "error_description": code });
        assert_eq!(said, expected, "{}", self.app.said());
        assert_eq!(self.me(agent), 200, "{code}: the session was ended");
    }

    /// Believes what it is told, and ends this session.
    #[track_caller]
    fn believes(&self, agent: &mut Agent, id: &str) {
        let answer = self.tell(&self.provider.key.token(&message(&self.provider, id, &json!({}))));
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{}", self.app.said());
        assert_eq!(self.me(agent), 401);
    }
}

/// One claim of a logout token is wrong, or its signature.
#[track_caller]
fn refused(changed: &Value, sign: impl FnOnce(&Suite, &Value) -> String, code: &str) {
    let suite = Suite::browsed();
    let mut agent = logged_in(&suite);
    let token = sign(&suite, &message(&suite.provider, "m-1", changed));
    suite.does_not_believe(&mut agent, &token, code);
    // The same message, right: what was refused has not used up its id.
    suite.believes(&mut agent, "m-1");
    suite.close();
}

fn signed(suite: &Suite, claims: &Value) -> String {
    suite.provider.key.token(claims)
}

#[test]
fn oidcc_client_test_rp_init_logout() {
    let suite = Suite::browsed();
    let mut agent = logged_in(&suite);
    let answer = agent.ask("POST", &suite.at("/logout"), OWN, "");
    let away = answer.header("location").unwrap().to_owned();
    assert_eq!(suite.me(&mut agent), 401, "before the browser is anywhere else");
    let visit = agent.go(&away, "ann", |_| false);
    assert!(visit.answer.status == 200 && visit.url.starts_with(&suite.at("/login")), "{visit:?}");
    let asked = suite.provider.last("/logout").unwrap().query();
    assert_eq!(asked["post_logout_redirect_uri"], suite.at("/login"));
    assert_eq!(asked["client_id"], "rosterd");
    assert_eq!(asked["id_token_hint"].split('.').count(), 3, "the ID token, without being asked for it");
    assert!(!asked.contains_key("state"), "nothing depends on it");
    // However the browser comes back.
    for query in ["", "?state=another"] {
        let back = agent.ask("GET", &suite.at(&format!("/login{query}")), &[], "");
        assert!(back.status == 200 && back.body.contains("/login/sso"), "{back:?}");
    }
    suite.close();
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout() {
    let suite = Suite::browsed();
    let (mut agent, mut other) = (logged_in(&suite), Agent::default());
    suite.browse(&mut other, "root", &["admins"], &json!({ "sid": "s-2" }));
    suite.believes(&mut agent, "m-1");
    assert_eq!(suite.me(&mut other), 200, "nobody else");
    // One who has logged out here meanwhile: there is nothing left to end.
    let answer = other.ask("POST", &suite.at("/logout"), OWN, "");
    assert_eq!(answer.status, 303);
    let root = message(&suite.provider, "m-2", &json!({ "sub": "root", "sid": "s-2" }));
    assert_eq!(suite.tell(&suite.provider.key.token(&root)).status, 200);
    suite.close();
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() {
    refused(&json!({}), |_, claims| format!("{}x", Key::none().token(claims)), "token-algorithm");
    refused(&json!({}), |_, claims| Key::none().token(claims), "token-form");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() {
    refused(&json!({}), |_, claims| Key::hs256("first", "rosterd-secret").token(claims), "token-algorithm");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() {
    refused(&json!({ "events": null }), signed, "token-type");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() {
    refused(&json!({ "events": { "http://schemas.openid.net/event/other": {} } }), signed, "token-type");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() {
    refused(&json!({ "nonce": "n-1" }), signed, "token-type");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() {
    refused(&json!({ "aud": "rosterd_1" }), signed, "token-audience");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() {
    refused(&json!({ "iss": "https://op.example.com/" }), signed, "token-issuer");
}

#[test]
fn o25_every_way_in_which_a_logout_token_is_wrong() {
    let suite = Suite::browsed();
    let mut agent = logged_in(&suite);
    let key = &suite.provider.key;
    for (n, (changed, code)) in [
        (json!({ "iss": null }), "token-issuer"),
        (json!({ "aud": null }), "token-audience"),
        (json!({ "aud": ["other", "another"] }), "token-audience"),
        (json!({ "iat": null }), "token-time"),
        (json!({ "iat": now() + 3600 }), "token-time"),
        (json!({ "iat": now() - 90_000, "exp": now() + 60 }), "token-time"),
        (json!({ "exp": null }), "token-time"),
        (json!({ "exp": now() - 3600 }), "token-time"),
        (json!({ "exp": "tomorrow" }), "token-time"),
        (json!({ "events": [EVENT] }), "token-type"),
        (json!({ "events": EVENT }), "token-type"),
        (json!({ "events": { EVENT: true } }), "token-type"),
        (json!({ "nonce": "" }), "token-type"),
        (json!({ "sub": null, "sid": null }), "token-subject"),
        (json!({ "sub": "" }), "token-subject"),
        (json!({ "sub": ["ann"] }), "token-subject"),
        (json!({ "sid": "" }), "token-subject"),
        (json!({ "sid": 1 }), "token-subject"),
        (json!({ "jti": null }), "token-form"),
        (json!({ "jti": "" }), "token-subject"),
    ]
    .iter()
    .enumerate()
    {
        let token = key.token(&message(&suite.provider, &format!("m-{n}"), changed));
        suite.does_not_believe(&mut agent, &token, code);
    }
    let right = message(&suite.provider, "m-right", &json!({}));
    suite.does_not_believe(&mut agent, &broken(&key.token(&right)), "token-signature");
    suite.does_not_believe(&mut agent, &Key::rs256("unknown").token(&right), "token-key");
    // Other kinds of tokens, of which the rest is right.
    for typ in ["at+jwt", "secevent+jwt", "dpop+jwt"] {
        let token = key.token_with(&json!({ "alg": "RS256", "kid": key.kid, "typ": typ }), &right);
        suite.does_not_believe(&mut agent, &token, "token-type");
    }
    suite.does_not_believe(&mut agent, &suite.id_token(&json!({ "sid": "s-1", "jti": "m" })), "token-type");
    suite.does_not_believe(&mut agent, "", "token-form");
    let twice = format!("logout_token={0}&logout_token={0}", key.token(&right));
    let place = suite.at("/login/sso/back-channel");
    assert_eq!(agent.clone().ask("POST", &place, &[], &twice).status, 400);
    assert_eq!(suite.me(&mut agent), 200);
    // Not in an address either, which would stand in logs.
    let link = format!("{place}?logout_token={}", key.token(&right));
    assert_eq!(agent.clone().ask("GET", &link, &[], "").status, 405);
    suite.believes(&mut agent, "m-right");
    suite.close();
}

/// By the session, or by whoever it is: all of theirs then (§2.6).
#[test]
fn o25_a_logout_ends_what_it_names_and_nothing_else() {
    let suite = Suite::browsed();
    let mut all: Vec<Agent> = Vec::new();
    for (person, sid) in [("ann", "s-1"), ("ann", "s-2"), ("ann", "s-3"), ("root", "s-4")] {
        let mut agent = Agent::default();
        suite.browse(&mut agent, person, &["devs"], &json!({ "sid": sid }));
        all.push(agent);
    }
    let mut told = |id: &str, changed: &Value, left: [u16; 4]| {
        let token = suite.provider.key.token(&message(&suite.provider, id, changed));
        assert_eq!(suite.tell(&token).status, 200, "{changed}");
        let now: Vec<u16> = all.iter_mut().map(|agent| suite.me(agent)).collect();
        assert_eq!(now, left, "{changed}");
    };
    told("m-1", &json!({ "sub": null, "sid": "s-1" }), [401, 200, 200, 200]);
    told("m-2", &json!({ "sub": "ann", "sid": "s-2" }), [401, 401, 200, 200]);
    // A session that is not known, and somebody who is not.
    told("m-3", &json!({ "sid": "s-9" }), [401, 401, 200, 200]);
    told("m-4", &json!({ "sub": "stranger", "sid": null }), [401, 401, 200, 200]);
    told("m-5", &json!({ "sub": "ann", "sid": null }), [401, 401, 401, 200]);
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"), "logging out is not leaving");
    suite.close();
}

#[test]
fn o25_a_message_counts_once_also_after_a_restart() {
    let mut suite = Suite::browsed();
    let token = suite.provider.key.token(&message(&suite.provider, "m-1", &json!({})));
    let mut agent = logged_in(&suite);
    assert_eq!(suite.tell(&token).status, 200);
    assert_eq!(suite.me(&mut agent), 401);
    // Logged in anew, in a session of the same name.
    let mut agent = logged_in(&suite);
    suite.does_not_believe(&mut agent, &token, "token-again");
    suite.app.stop();
    suite.app.start();
    assert_eq!(suite.me(&mut agent), 200, "a session survives a restart");
    suite.does_not_believe(&mut agent, &token, "token-again");
    suite.believes(&mut agent, "m-2");
    suite.close();
}

/// Two providers, one of which has the other's keys and calls people and sessions as it does.
#[test]
fn o25_one_provider_says_nothing_of_another_s_sessions() {
    let provider = ScriptedOpenId::start();
    let more = format!(
        "[providers.other]\n[providers.other.oidc]\nissuer = \"{}/other\"\nclient_id = \"rosterd\"\n{}\n",
        provider.issuer(),
        super::browsed::FLOW
    );
    let suite = Suite::of(provider, &Extra { oidc: super::browsed::FLOW, more: &more, ..Extra::default() });
    let mut agent = logged_in(&suite);
    let key = &suite.provider.key;
    // A message of the first at the place of the second, and the other way round.
    let first = key.token(&message(&suite.provider, "m-1", &json!({})));
    assert_eq!(suite.tell_at("other", &first).status, 400);
    let of_other = json!({ "iss": format!("{}/other", suite.provider.issuer()) });
    let second = key.token(&message(&suite.provider, "m-1", &of_other));
    suite.does_not_believe(&mut agent, &second, "token-issuer");
    // Right, at its place, and about somebody of its own who is called so too.
    assert_eq!(suite.tell_at("other", &second).status, 200);
    assert_eq!(suite.me(&mut agent), 200);
    assert_eq!(suite.tell_at("nobody", &first).status, 400);
    // One's message has not used up the other's, which has the same id.
    suite.believes(&mut agent, "m-1");
    suite.close();
}
