//! Events that are not believed: forged, of others, for others, old, of another kind, of another form, too many.

use super::{BY_LOGIN, deliveries};
use crate::world::database::Backend;
use crate::world::http::exchange;
use crate::world::ldap_edit::Edited as _;
use crate::world::portal::{Portal, dn};
use crate::world::signing::{Key, broken};
use crate::world::transmitter::{AUDIENCE, CHANGED, Transmitter, now, push, push_with};
use crate::world::wait_until;
use serde_json::{Value, json};

/// What is told to whoever pushes: the word of RFC 8935 and ours.
#[track_caller]
fn refused(portal: &Portal, token: &str, err: &str, code: &str) {
    let answer = push(portal.port, token);
    let said: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    assert_eq!((answer.status, said["err"].as_str(), said["description"].as_str()), (400, Some(err), Some(code)));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-language"), Some("en"));
}

#[test]
fn o26_what_is_not_the_issuers_event_for_us_now_does_nothing() {
    let transmitter = Transmitter::start();
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", BY_LOGIN));
    // There would be something to do.
    portal.slapd.leave(&dn("groups", "staff"), &dn("people", "ann"));
    let before = portal.site.tables();
    let good = || transmitter.claims(CHANGED, &transmitter.person("ann"));
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        transmitter.token(&claims)
    };
    let without = |name: &str| {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(name);
        transmitter.token(&claims)
    };
    let two = {
        let mut claims = good();
        let more = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
        claims["events"][more] = json!({});
        transmitter.token(&claims)
    };
    let typed = |typ: &str| {
        let header = json!({ "alg": "ES256", "kid": "events", "typ": typ });
        transmitter.key.token_with(&header, &good())
    };
    let one = Key::es256("events");
    for (token, err, code) in [
        // Forged.
        (broken(&transmitter.token(&good())), "invalid_key", "token-signature"),
        (transmitter.token_by(&one, &good()), "invalid_key", "token-signature"),
        (transmitter.token_by(&Key::es256("unknown"), &good()), "invalid_key", "token-key"),
        (transmitter.token_by(&Key::hs256("events", "secret"), &good()), "invalid_key", "token-algorithm"),
        (transmitter.token_by(&Key::none(), &good()), "invalid_request", "token-form"),
        // Somebody else's, or for somebody else.
        (with("iss", json!("https://evil.example")), "invalid_issuer", "token-issuer"),
        (with("iss", json!(format!("{}/", transmitter.http.url()))), "invalid_issuer", "token-issuer"),
        (with("aud", json!("https://other.example")), "invalid_audience", "token-audience"),
        (without("aud"), "invalid_audience", "token-audience"),
        // Not now.
        (with("iat", json!(now() - 2 * 86_400)), "invalid_request", "token-time"),
        (with("iat", json!(now() + 3600)), "invalid_request", "token-time"),
        (without("iat"), "invalid_request", "token-time"),
        (with("exp", json!(now() - 3600)), "invalid_request", "token-time"),
        (with("exp", json!("tomorrow")), "invalid_request", "token-time"),
        // Another kind of token, or what could be taken for one.
        (typed("JWT"), "invalid_request", "token-type"),
        (typed("at+jwt"), "invalid_request", "token-type"),
        (typed("logout+jwt"), "invalid_request", "token-type"),
        (
            transmitter.key.token_with(&json!({ "alg": "ES256", "kid": "events" }), &good()),
            "invalid_request",
            "token-type",
        ),
        (with("sub", json!("ann")), "invalid_request", "event-sub"),
        (with("nonce", json!("n")), "invalid_request", "event-sub"),
        // Another form.
        (two, "invalid_request", "event-number"),
        (with("events", json!({})), "invalid_request", "event-number"),
        (with("events", json!([CHANGED])), "invalid_request", "event-number"),
        (without("events"), "invalid_request", "event-number"),
        (without("jti"), "invalid_request", "event-id"),
        (with("jti", json!(7)), "invalid_request", "event-id"),
        ("{}".to_owned(), "invalid_request", "token-form"),
        (String::new(), "invalid_request", "token-form"),
    ] {
        refused(&portal, &token, err, code);
    }
    assert_eq!(deliveries(&portal).0, 0);
    assert_eq!(portal.site.tables(), before);
    // The keys were asked for once, and once more because of one that is not known.
    let asked = transmitter.http.asked().iter().filter(|asked| asked.path() == "/keys").count();
    assert_eq!(asked, 2);
    portal.close();
}

#[test]
fn o26_a_call_that_brings_no_event_is_refused_before_it_is_read() {
    let transmitter = Transmitter::start();
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", BY_LOGIN));
    let token = transmitter.event(CHANGED, &transmitter.person("ann"));
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        exchange(portal.port, method, path, headers, body).unwrap().status
    };
    let kind = ("content-type", "application/secevent+jwt");
    assert_eq!(send("POST", "/signals/v1/other", &[kind], &token), 404);
    assert_eq!(send("GET", "/signals/v1/idp", &[kind], ""), 405);
    assert_eq!(send("POST", "/signals/v1/idp", &[("content-type", "application/jwt")], &token), 400);
    assert_eq!(send("POST", "/signals/v1/idp", &[], &token), 400);
    assert_eq!(push_with(portal.port, &token, &[("content-encoding", "gzip")]).status, 415);
    assert_eq!(push(portal.port, &"a".repeat(300 << 10)).status, 413);
    assert_eq!(deliveries(&portal).0, 0);
    portal.close();
}

/// `for` somebody else besides is no harm; a flood of good ones is bounded, and told when to come again.
#[test]
fn o26_a_flood_is_bounded() {
    let transmitter = Transmitter::start();
    let more = format!("{BY_LOGIN}\nrate = \"5/s\"");
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", &more));
    let mut taken = 0_i64;
    for _ in 0..40 {
        let mut claims = transmitter.claims(CHANGED, &transmitter.person("ann"));
        claims["aud"] = json!(["https://other.example", AUDIENCE]);
        let answer = push(portal.port, &transmitter.token(&claims));
        match answer.status {
            202 => taken += 1,
            429 => assert_eq!(answer.header("retry-after"), Some("1")),
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert!((5..35).contains(&taken), "{taken}");
    assert!(wait_until(60, || deliveries(&portal) == (taken, 0)), "{}", portal.said());
    portal.close();
}

/// Whose keys cannot be had is not believed, and not refused for good.
#[test]
fn o26_while_the_keys_cannot_be_had_an_event_may_come_again() {
    let transmitter = Transmitter::start();
    let more = format!("{BY_LOGIN}\nkeys_url = \"{}/none\"", transmitter.http.url());
    let portal = Portal::with(Backend::Sqlite, "24h", &transmitter.section("corp", &more));
    let answer = push(portal.port, &transmitter.event(CHANGED, &transmitter.person("ann")));
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.header("retry-after").is_some());
    portal.site.run(&["check", "signals", "idp"]).expect(1).says("FAIL");
    portal.close();
}
