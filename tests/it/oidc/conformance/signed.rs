//! Signatures, and the keys that they are verified by.

use super::Suite;
use crate::oidc::app::Extra;
use crate::world::scripted_openid::now;
use crate::world::signing::{Key, broken};
use serde_json::{Value, json};

#[test]
fn oidcc_client_test_kid_absent_single_jwks() {
    let suite = Suite::open();
    suite.provider.keys(&[nameless(&suite.provider.key)]);
    let header = json!({ "alg": "RS256" });
    let token = suite.provider.key.token_with(&header, &suite.provider.claims("ann", &["devs"], &json!({})));
    suite.accepts(&token);
    suite.close();
}

/// Of the two ways that the suite allows, it must be clear by which key.
#[test]
fn oidcc_client_test_kid_absent_multiple_jwks() {
    let suite = Suite::open();
    suite.provider.keys(&[nameless(&Key::rs256("second")), nameless(&suite.provider.key)]);
    let header = json!({ "alg": "RS256" });
    let token = suite.provider.key.token_with(&header, &suite.provider.claims("ann", &["devs"], &json!({})));
    suite.refuses(&token, "token-key");
    suite.close();
}

#[test]
fn oidcc_client_test_ignores_unparseable_key_in_jwks() {
    let suite = Suite::open();
    let unknown = [
        json!({ "kty": "AKP", "kid": "later", "alg": "ML-DSA-999", "use": "sig", "pub": "AAAA" }),
        json!({ "kty": "MADE-UP", "kid": "never", "x": 7 }),
        json!("no key at all"),
    ];
    let [later, never, none] = unknown;
    suite.provider.keys(&[later, never, none, suite.provider.key.public()]);
    suite.accepts(&suite.id_token(&json!({})));
    suite.close();
}

#[test]
fn oidcc_client_test_idtoken_sig_rs256() {
    let suite = Suite::with(&Extra::oidc("algorithms = [\"RS256\"]"));
    suite.accepts(&suite.id_token(&json!({})));
    suite.close();
}

/// The suite allows both; nobody's rights come from what nobody signed.
#[test]
fn oidcc_client_test_idtoken_sig_none() {
    let suite = Suite::open();
    let claims = suite.provider.claims("ann", &["devs"], &json!({}));
    suite.refuses(&Key::none().token(&claims), "token-form");
    suite.refuses(&format!("{}x", Key::none().token(&claims)), "token-algorithm");
    suite.close();
}

#[test]
fn oidcc_client_test_invalid_sig_rs256() {
    let suite = Suite::open();
    suite.refuses(&broken(&suite.id_token(&json!({}))), "token-signature");
    let claims = suite.provider.claims("ann", &["devs"], &json!({}));
    suite.refuses(&Key::rs256("first").token(&claims), "token-signature");
    suite.close();
}

#[test]
fn oidcc_client_test_invalid_sig_es256() {
    let suite = Suite::with(&Extra::oidc("algorithms = [\"ES256\"]"));
    let key = Key::es256("curve");
    suite.provider.keys(&[suite.provider.key.public(), key.public()]);
    let token = key.token(&suite.provider.claims("ann", &["devs"], &json!({})));
    suite.refuses(&broken(&token), "token-signature");
    suite.accepts(&token);
    suite.close();
}

/// Not by a shared secret at all, the right one included.
#[test]
fn oidcc_client_test_invalid_sig_hs256() {
    let suite = Suite::with(&Extra::oidc("client_secret = { file = \"client\" }"));
    suite.provider.metadata(&json!({ "id_token_signing_alg_values_supported": ["HS256"] }));
    let token = Key::hs256("first", "rosterd-secret").token(&suite.provider.claims("ann", &["devs"], &json!({})));
    suite.refuses(&broken(&token), "token-algorithm");
    suite.refuses(&token, "token-algorithm");
    suite.close();
}

#[test]
fn oidcc_client_test_signing_key_rotation() {
    let mut suite = Suite::open();
    suite.accepts(&suite.id_token(&json!({})));
    suite.provider.key = Key::rs256("second");
    suite.provider.keys(&[suite.provider.key.public()]);
    suite.accepts(&suite.provider.id_token("ann", &["devs"], &json!({ "iat": now() + 1 })));
    assert_eq!(suite.provider.asked("/keys"), 2);
    suite.close();
}

/// The keys were fetched before the provider took another one, of which it says nothing until it has signed.
#[test]
fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let mut suite = Suite::open();
    suite.refuses(&broken(&suite.id_token(&json!({}))), "token-signature");
    suite.provider.key = Key::rs256("second");
    let token = suite.id_token(&json!({}));
    suite.provider.keys(&[suite.provider.key.public()]);
    suite.accepts(&token);
    assert_eq!(suite.provider.asked("/keys"), 2);
    suite.close();
}

/// A public key that says no name.
fn nameless(key: &Key) -> Value {
    let mut public = key.public();
    public.as_object_mut().unwrap().remove("kid");
    public
}
