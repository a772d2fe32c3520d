//! What the provider itself is asked: UserInfo and metadata.

use super::{Suite, USERINFO};
use crate::world::scripted_openid::ACCESS;
use crate::world::signing::{Key, broken};
use serde_json::{Value, json};

#[test]
fn oidcc_client_test_userinfo_invalid_sub() {
    let suite = Suite::open();
    let tokens = json!({ "id_token": suite.id_token(&json!({ "groups": null })), "access_token": ACCESS });
    for sub in [json!("anninvalid"), Value::Null, json!(["ann"])] {
        suite.provider.userinfo(&json!({ "sub": sub, "groups": ["admins"] }));
        suite.refuses_login(&tokens, "token-subject");
    }
    assert_eq!(suite.provider.asked(USERINFO), 3);
    suite.close();
}

#[test]
fn oidcc_client_test_userinfo_bearer_header() {
    let suite = Suite::open();
    suite.provider.userinfo(&json!({ "sub": "ann", "groups": ["devs"] }));
    suite.app.accepted(&json!({ "id_token": suite.id_token(&json!({ "groups": null })), "access_token": ACCESS }));
    assert_eq!(suite.provider.authorization(USERINFO), Some(format!("Bearer {ACCESS}")));
    assert_eq!(suite.app.role("ann").as_deref(), Some("Editor"));
    suite.close();
}

#[test]
fn oidcc_client_test_userinfo_signed() {
    let suite = Suite::open();
    let login = |n: usize| {
        let id_token = suite.id_token(&json!({ "groups": null, "jti": n.to_string() }));
        suite.app.accepted(&json!({ "id_token": id_token, "access_token": ACCESS }))
    };
    let claims = json!({ "sub": "ann", "groups": ["devs"], "iss": suite.provider.issuer(), "aud": "rosterd" });
    let right = suite.provider.key.token(&claims);
    for (n, wrong) in [broken(&right), Key::none().token(&claims), claims.to_string()].iter().enumerate() {
        suite.provider.userinfo_as("application/jwt", wrong);
        // Who she is was signed; what she is in, by nobody.
        assert_eq!((&login(n)["finding"], suite.app.role("ann").as_deref()), (&json!("incomplete"), Some("Viewer")));
    }
    suite.provider.userinfo_as("application/jwt", &right);
    assert_eq!((&login(9)["finding"], suite.app.role("ann").as_deref()), (&json!("applied"), Some("Editor")));
    suite.close();
}

#[test]
fn oidcc_client_test_discovery_openid_config() {
    let suite = Suite::open();
    let place = "/.well-known/openid-configuration";
    assert_eq!(suite.provider.asked(place), 0);
    suite.accepts(&suite.id_token(&json!({})));
    assert_eq!(suite.provider.asked(place), 1);
    suite.close();
}

/// Where the keys are is what the metadata says, and nothing else.
#[test]
fn oidcc_client_test_discovery_jwks_uri_keys() {
    let suite = Suite::open();
    suite.provider.metadata(&json!({ "jwks_uri": format!("{}/keys?of=today", suite.provider.issuer()) }));
    suite.accepts(&suite.id_token(&json!({})));
    assert_eq!(suite.provider.asked("/keys"), 1);
    suite.close();
}

#[test]
fn oidcc_client_test_discovery_issuer_mismatch() {
    let suite = Suite::open();
    suite.provider.metadata(&json!({ "issuer": "https://op.example.com/" }));
    let (status, answer) = suite.app.hand_on(&json!({ "id_token": suite.id_token(&json!({})) }));
    assert_eq!((status, &answer["code"]), (503, &json!("provider-unreachable")), "{answer}");
    assert!(suite.app.site.tables().users.is_empty() && suite.provider.asked("/keys") == 0);
    assert!(suite.app.said().contains("`issuer` must be exactly that"), "{}", suite.app.said());
    suite.close();
}
