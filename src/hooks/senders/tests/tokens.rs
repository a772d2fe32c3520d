//! Senders that sign with tokens.

use super::{NOW, Sent, code, events, hook};
use crate::hooks::read::sha256;
use crate::hooks::shapes::Shape;
use crate::jose::Keys;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rosterd_core::text::hex;
use serde_json::{Value, json};
use std::sync::LazyLock;

static PAIR: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

fn keys() -> Keys {
    let public = PAIR.public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Keys::parse(&json!({ "keys": [{
        "kty": "RSA", "use": "sig", "kid": "k1", "n": part(public.modulus().big_endian_without_leading_zero()),
        "e": part(public.exponent().big_endian_without_leading_zero()),
    }] }))
    .unwrap()
}

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; PAIR.public_modulus_len()];
    PAIR.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn entra() -> crate::config::Hook {
    hook(json!({ "sender": "entra", "issuer": {
        "name": "https://login.example.org/t/v2.0", "audience": "api://rosterd", "keys_url": "https://login.example.org/keys",
    } }))
}

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" })
}

fn claims() -> Value {
    let now = NOW.0 / 1000;
    json!({ "iss": "https://login.example.org/t/v2.0", "aud": "api://rosterd", "exp": now + 300, "nbf": now - 10,
            "azp": "99045fe1-7639-4a75-9d4a-577b6ca3810f" })
}

fn call(token: &str) -> Sent {
    let mut sent = Sent::post(&json!({
        "type": "microsoft.graph.authenticationEvent.tokenIssuanceStart",
        "data": { "authenticationContext": { "user": { "id": "oid", "userPrincipalName": "ann@x.org" } } },
    }));
    sent.set("Authorization", &format!("Bearer {token}"));
    sent
}

#[test]
fn entra_by_its_own_token() {
    let sent = call(&token(&header(), &claims()));
    let read = sent.read_with(&entra(), &[], Some(&keys()), None, NOW);
    assert!(matches!(read, Ok(crate::hooks::read::Verified::Events { shape: Shape::Entra, .. })), "{read:?}");
    assert_eq!(events(read)[0].login.person(), "login:ann@x.org");
}

#[test]
fn w01_a_token_that_is_not_entras_for_us_now_is_refused() {
    let now = NOW.0 / 1000;
    let with = |key: &str, value: Value| {
        let mut claims = claims();
        claims[key] = value;
        claims
    };
    for (claims, expected) in [
        (with("iss", json!("https://evil.example.org")), "token-issuer"),
        (with("iss", Value::Null), "token-issuer"),
        (with("aud", json!("api://other")), "token-audience"),
        (with("aud", json!([])), "token-audience"),
        (with("exp", json!(now - 60)), "token-time"),
        (with("exp", Value::Null), "token-time"),
        (with("exp", json!("soon")), "token-time"),
        (with("nbf", json!(now + 61)), "token-time"),
        (with("azp", json!("00000000-0000-0000-0000-000000000000")), "token-caller"),
        (with("azp", Value::Null), "token-caller"),
    ] {
        let read = call(&token(&header(), &claims)).read_with(&entra(), &[], Some(&keys()), None, NOW);
        assert_eq!(code(read), expected, "{claims}");
    }
    let confused = token(&json!({ "alg": "HS256", "kid": "k1" }), &claims());
    assert_eq!(code(call(&confused).read_with(&entra(), &[], Some(&keys()), None, NOW)), "token-algorithm");
    let good = token(&header(), &claims());
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), good.split('.').nth(1).unwrap());
    let cut = good.split_at(good.len() - 2).0.to_owned();
    for wrong in [none, cut, good.replace('.', ""), String::new(), "a.b.c".to_owned()] {
        assert!(call(&wrong).read_with(&entra(), &[], Some(&keys()), None, NOW).is_err(), "{wrong}");
    }
    for (kid, expected) in [(json!("k2"), "token-key"), (Value::Null, "token-header")] {
        let other = token(&json!({ "alg": "RS256", "kid": kid }), &claims());
        assert_eq!(code(call(&other).read_with(&entra(), &[], Some(&keys()), None, NOW)), expected);
    }
    assert_eq!(code(call(&good).read_with(&entra(), &[], None, None, NOW)), "token-key");
}

#[test]
fn keycloaks_token_names_the_body() {
    let keycloak = hook(json!({ "sender": "keycloak", "issuer": {
        "name": "https://login.example.org/t/v2.0", "audience": "api://rosterd", "keys_url": "https://login.example.org/keys",
    } }));
    let body = json!({ "uid": "1", "type": "access.LOGIN", "authDetails": { "userId": "id", "username": "ann" } });
    let mut claims = claims();
    claims["request_body_sha256"] = json!(hex(&sha256(body.to_string().as_bytes())));
    let mut sent = Sent::post(&body);
    sent.set("Authorization", &format!("Bearer {}", token(&header(), &claims)));
    assert_eq!(events(sent.read_with(&keycloak, &[], Some(&keys()), None, NOW))[0].login.person(), "login:ann");
    sent.body.push(b' ');
    assert_eq!(code(sent.read_with(&keycloak, &[], Some(&keys()), None, NOW)), "signature");
    // Where only tokens count, a signature with nothing is none.
    sent.headers.remove("authorization");
    sent.set("X-Keycloak-Signature", &hex(&crate::hooks::read::hmac_sign(b"", &[&sent.body])));
    assert_eq!(code(sent.read_with(&keycloak, &[], Some(&keys()), None, NOW)), "token-missing");
}
