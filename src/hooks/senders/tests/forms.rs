//! What each sender's text means.

use super::{KEY, NOW, Sent, code, events, hook};
use crate::config::LoginProtocol;
use crate::hooks::looking::PersonKey;
use crate::hooks::read::Verified;
use crate::hooks::shapes::Shape;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::ids::Timestamp;
use serde_json::{Value, json};

fn standard() -> crate::config::Hook {
    hook(json!({ "sender": "standard-webhooks", "person": { "login": "/test" } }))
}

fn signed(id: &str, time: &str, body: &str, signature: &str) -> Sent {
    let mut sent = Sent { body: body.as_bytes().to_vec(), ..Sent::post(&Value::Null) };
    for (name, value) in [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)] {
        sent.set(name, value);
    }
    sent
}

/// As the reference libraries of Standard Webhooks test themselves.
#[test]
fn standard_webhooks_as_published() {
    let (id, time, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
    let now = Timestamp(1_614_265_330_000);
    let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let wrong = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=";
    let secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for signature in [good.to_owned(), format!("{wrong} v1a,AAAA {good}"), format!("{good} {wrong}")] {
        let sent = signed(id, time, body, &signature);
        for secret in [secret.to_owned(), format!("whsec_{secret}")] {
            let events = events(sent.read_at(&standard(), &[&secret], now));
            assert_eq!(events[0].login.key, PersonKey::Login("2432232314".to_owned()));
            assert_eq!(events[0].id.as_deref(), Some(id));
        }
    }
    for signature in [wrong.to_owned(), good.replace("v1,", "v2,"), good.replace("v1,", ""), format!("{wrong}{good}")] {
        let sent = signed(id, time, body, &signature);
        assert_eq!(code(sent.read_at(&standard(), &[secret], now)), "signature", "{signature}");
    }
}

/// The id `a.1` with the time `2` signs the same bytes as the id `a` with the time `1` and `2.` before
/// the body.
#[test]
fn w05_a_dot_in_the_id_is_refused() {
    let sent = signed("msg.1614265330", "1614265330", "{}", "v1,AAAA");
    assert_eq!(code(sent.read_at(&standard(), &[KEY], Timestamp(1_614_265_330_000))), "id");
    // Signed as it should be: taken apart in another way, the same signature would be for another text.
    let (time, body) = ("1767225600", r#"1767225600.{"test":"eve"}"#);
    let key = crate::hooks::read::key_bytes(KEY.trim_start_matches("whsec_")).unwrap();
    let signature = crate::hooks::read::hmac_sign(&key, &[b"msg_1.", time.as_bytes(), b".", body.as_bytes()]);
    let signature = format!("v1,{}", STANDARD.encode(signature));
    let shifted = signed("msg_1.1767225600", time, r#"{"test":"eve"}"#, &signature);
    assert_eq!(code(shifted.read(&standard(), &[KEY])), "id");
    // Nor the other way round: what was signed is no JSON.
    assert_eq!(code(signed("msg_1", time, body, &signature).read(&standard(), &[KEY])), "body");
    for id in [".", "msg.", ".msg", "a.b.c"] {
        let good = Sent::good(&standard(), KEY);
        let made =
            crate::hooks::make(&standard(), Some(&crate::config::Secret::new(KEY.to_owned())), "ann", id, NOW).unwrap();
        let sent = made.headers.iter().fold(Sent { body: made.body.clone(), ..good }, |mut sent, (name, value)| {
            sent.set(name, value);
            sent
        });
        assert_eq!(code(sent.read(&standard(), &[KEY])), "id", "{id}");
    }
}

#[test]
fn standard_webhooks_by_public_key() {
    let pair = Ed25519KeyPair::generate().unwrap();
    let public = format!("whpk_{}", STANDARD.encode(pair.public_key().as_ref()));
    let (time, body) = ("1767225600", r#"{"test":"ann"}"#);
    let signature = STANDARD.encode(pair.sign(format!("msg_1.{time}.{body}").as_bytes()).as_ref());
    let sent = signed("msg_1", time, body, &format!("v1a,{signature}"));
    assert!(sent.read(&standard(), &[KEY, &public]).is_ok());
    assert_eq!(code(sent.read(&standard(), &[KEY])), "signature");
    // A signature by public key is none by secret, nor the other way round: the key is public.
    let confused = signed("msg_1", time, body, &format!("v1,{signature}"));
    assert_eq!(code(confused.read(&standard(), &[&public])), "signature");
    let by_public =
        crate::hooks::read::hmac_sign(pair.public_key().as_ref(), &[format!("msg_1.{time}.{body}").as_bytes()]);
    let forged = signed("msg_1", time, body, &format!("v1,{}", STANDARD.encode(by_public)));
    assert_eq!(code(forged.read(&standard(), &[&public])), "signature");
}

#[test]
fn okta_challenges_once_and_brings_several_events() {
    let okta = hook(json!({ "sender": "okta", "events": ["user.session.*", "group.user_membership.add"] }));
    let mut get = Sent { method: Method::GET, body: Vec::new(), ..Sent::good(&okta, KEY) };
    get.set("x-okta-verification-challenge", "abc");
    assert_eq!(get.read(&okta, &[KEY]), Ok(Verified::Challenge("abc".to_owned())));
    assert_eq!(code(get.read(&okta, &["other"])), "secret");
    let user = |id: &str| json!({ "type": "User", "id": id, "alternateId": format!("{id}@x.org") });
    let item = |uuid: &str, kind: &str, target: Value| {
        json!({ "uuid": uuid, "eventType": kind, "published": "2026-01-01T00:00:00Z", "actor": user("adm"),
                "target": target })
    };
    let body = json!({ "eventType": "com.okta.event_hook", "data": { "events": [
        item("1", "user.session.start", Value::Null),
        item("2", "group.user_membership.add", json!([{ "type": "UserGroup", "id": "g" }, user("ben")])),
        item("3", "application.lifecycle.update", Value::Null),
    ] } });
    let sent = Sent { body: body.to_string().into_bytes(), ..Sent::good(&okta, KEY) };
    let Ok(Verified::Events { events, ignored, .. }) = sent.read(&okta, &[KEY]) else { unreachable!() };
    let said: Vec<_> = events.iter().map(|e| (e.id.clone().unwrap(), e.login.person())).collect();
    let expected = [("1".to_owned(), "login:adm@x.org".to_owned()), ("2".to_owned(), "login:ben@x.org".to_owned())];
    assert_eq!((said.as_slice(), ignored), (&expected[..], 1));
    assert_eq!(events[0].at, Some(Timestamp(1_767_225_600_000)));
    // In other company it is the same event.
    let alone = json!({ "eventType": "com.okta.event_hook", "data": { "events": [item("1", "user.session.start", Value::Null)] } });
    let alone = Sent { body: alone.to_string().into_bytes(), ..sent };
    assert_eq!(super::events(alone.read(&okta, &[KEY]))[0].hash, events[0].hash);
}

#[test]
fn okta_inline_hooks_are_told_apart() {
    let okta = hook(json!({ "sender": "okta" }));
    for (kind, expected) in [("oauth2.tokens.transform", Shape::OktaToken), ("saml.tokens.transform", Shape::OktaSaml)]
    {
        let body = json!({ "eventId": "e", "eventType": format!("com.okta.{kind}"),
                           "data": { "context": { "user": { "id": "00u", "profile": { "login": "ann" } } } } });
        let sent = Sent { body: body.to_string().into_bytes(), ..Sent::good(&okta, KEY) };
        let Ok(Verified::Events { events, shape, .. }) = sent.read(&okta, &[KEY]) else { unreachable!() };
        assert_eq!((shape, events[0].login.person().as_str()), (expected, "login:ann"));
    }
}

#[test]
fn keycloak_of_an_administrators_event_means_the_user() {
    let keycloak = hook(json!({ "sender": "keycloak", "person": { "subject": "/user/id" } }));
    let body = json!({ "uid": "u1", "type": "admin.USER-UPDATE", "resourcePath": "users/ann-id/groups/g",
                       "authDetails": { "userId": "admin-id", "username": "admin" } });
    let mut sent = Sent::post(&body);
    sent.set("X-Keycloak-Signature", &rosterd_core::text::hex(&crate::hooks::read::hmac_sign(b"k", &[&sent.body])));
    assert_eq!(events(sent.read(&keycloak, &["k"]))[0].login.person(), "subject:ann-id");
}

#[test]
fn zitadel_tells_requests_functions_and_events_apart() {
    let zitadel = hook(json!({ "sender": "zitadel" }));
    for (body, person, shape) in [
        (
            json!({ "function": "preuserinfo", "user": { "id": "1", "username": "ann" } }),
            "login:ann",
            Shape::ZitadelClaims,
        ),
        (
            json!({ "fullMethod": "/zitadel.session.v2.SessionService/CreateSession", "userID": "login-client",
                    "request": { "checks": { "user": { "loginName": "ann" } } } }),
            "login:ann",
            Shape::ZitadelPass,
        ),
        (
            json!({ "event_type": "user.human.added", "aggregateType": "user", "aggregateID": "7", "sequence": 3,
                    "event_payload": { "userName": "ann" } }),
            "login:ann",
            Shape::Plain,
        ),
    ] {
        let mut sent = Sent::post(&body);
        let signature = crate::hooks::read::hmac_sign(b"k", &[b"1767225600.", &sent.body]);
        sent.set("ZITADEL-Signature", &format!("t=1767225600,v1=00,v1={}", rosterd_core::text::hex(&signature)));
        let Ok(Verified::Events { events, shape: found, .. }) = sent.read(&zitadel, &["k"]) else { unreachable!() };
        assert_eq!((events[0].login.person().as_str(), found), (person, shape));
    }
}

#[test]
fn auth0_sends_lines_arrays_and_objects() {
    let auth0 = hook(json!({ "sender": "auth0", "events": ["s"] }));
    let one = |id: &str, kind: &str| {
        json!({ "log_id": id, "data": { "type": kind, "date": "2026-01-01T00:00:00.000Z", "user_id": "auth0|1",
                                        "user_name": "ann@x.org" } })
    };
    let lines = format!("{}\n{}\n", one("1", "s"), one("2", "f"));
    for (body, count) in
        [(lines, 1), (json!([one("1", "s"), one("2", "s")]).to_string(), 2), (one("1", "s").to_string(), 1)]
    {
        let sent = Sent { body: body.into_bytes(), ..Sent::good(&auth0, KEY) };
        let events = events(sent.read(&auth0, &[KEY]));
        assert_eq!((events.len(), events[0].login.person().as_str()), (count, "email:ann@x.org"));
    }
    let sent = Sent { body: b"{}\n{}x\n".to_vec(), ..Sent::good(&auth0, KEY) };
    assert_eq!(code(sent.read(&auth0, &[KEY])), "body");
}

#[test]
fn w11_groups_are_believed_only_where_a_login_is_the_source() {
    let keys = json!({ "sender": "bearer", "person": { "subject": "/sub", "email": "/mail" }, "groups": "/groups",
                       "claims": "/claims", "time": "/at" });
    let bearer = hook(keys);
    let body =
        json!({ "sub": "s-1", "mail": "Ann@X.org", "groups": ["ops"], "claims": { "a": 1 }, "at": 1_999_999_999 });
    let sent = Sent { body: body.to_string().into_bytes(), ..Sent::good(&bearer, KEY) };
    let plain = &events(sent.read(&bearer, &[KEY]))[0];
    assert_eq!((plain.login.person().as_str(), &plain.login.said), ("subject:s-1", &None));
    let login = &events(sent.read_with(&bearer, &[KEY], None, Some(LoginProtocol::Oidc), NOW))[0];
    let said = login.login.said.clone().unwrap();
    assert_eq!((said.groups, said.claims.as_deref()), (Some(vec!["ops".to_owned()]), Some(r#"{"id_token":{"a":1}}"#)));
    // A clock that is ahead must not shut out what comes after.
    assert_eq!(login.at, Some(NOW));
    // Kept and read again it says the same.
    let kept = crate::hooks::read::Login::from_json(&login.login.to_json()).unwrap();
    assert_eq!(kept, login.login);
    let damaged = Sent { body: br#"{"sub":"s","groups":["a",1],"claims":[]}"#.to_vec(), ..sent };
    let said = events(damaged.read_with(&bearer, &[KEY], None, Some(LoginProtocol::Oidc), NOW))[0].login.said.clone();
    assert_eq!(said.map(|said| (said.groups, said.claims)), Some((None, None)));
}

#[test]
fn w19_what_a_sender_writes_is_kept_without_control_characters() {
    let bearer = hook(json!({ "sender": "bearer", "person": { "login": "/user" }, "id": "/id" }));
    let read = |body: Value| {
        events(Sent { body: body.to_string().into_bytes(), ..Sent::good(&bearer, KEY) }.read(&bearer, &[KEY]))
    };
    let event = &read(json!({ "user": "ann", "type": "log\nin\u{1b}[2J", "id": "a\nb" }))[0];
    assert_eq!((event.kind.as_str(), &event.id), ("login[2J", &None));
    let event = &read(json!({ "user": "ann", "id": "x".repeat(300) }))[0];
    assert!(event.id.as_ref().unwrap().starts_with("sha256:"));
    for user in [json!("a\nb"), json!(""), json!(" "), json!("x".repeat(600)), json!(1.5), json!(["ann"]), Value::Null]
    {
        assert!(read(json!({ "user": user })).is_empty(), "{user}");
    }
}

#[test]
fn a_proxys_first_header_counts_and_never_two() {
    let proxy = hook(json!({ "sender": "forward-auth", "allow_from": ["127.0.0.1"] }));
    let mut sent = Sent { method: Method::GET, body: Vec::new(), ..Sent::post(&Value::Null) };
    assert!(events(sent.read(&proxy, &[])).is_empty());
    sent.set("X-Auth-Request-User", "ben");
    assert_eq!(events(sent.read(&proxy, &[]))[0].login.person(), "login:ben");
    sent.set("Remote-User", "ann");
    assert_eq!(events(sent.read(&proxy, &[]))[0].login.person(), "login:ann");
    sent.headers.append("remote-user", "eve".parse().unwrap());
    assert_eq!(code(sent.read(&proxy, &[])), "header");
}
