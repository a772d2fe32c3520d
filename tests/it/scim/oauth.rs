//! A SCIM service that is asked with tokens of an authorization server (RFC 6749 §4.4).

use super::Reader;
use super::script::good;
use crate::world::scripted_http::{Asked, Reply, ScriptedHttp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd::providers::{PersonKey, ProviderErrorKind};
use rosterd_core::snapshot::Reading;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const KIND: &str = "application/json";

/// A service and its authorization server in one. Tokens below `from` have ended.
fn server(token: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static, from: Arc<AtomicUsize>) -> ScriptedHttp {
    let given = AtomicUsize::new(0);
    ScriptedHttp::start(move |asked| {
        if asked.path() == "/token" {
            return token(asked, given.fetch_add(1, Ordering::Relaxed) + 1);
        }
        let number = asked.authorization.strip_prefix("Bearer t").and_then(|n| n.parse::<usize>().ok());
        match number.is_some_and(|n| n >= from.load(Ordering::Relaxed)) {
            true => good(asked),
            false => Reply::new(401, KIND, "{}"),
        }
    })
}

fn given(n: usize, seconds: u64) -> Reply {
    let body = json!({ "access_token": format!("t{n}"), "token_type": "bearer", "expires_in": seconds });
    Reply::new(200, KIND, body.to_string())
}

fn reader(server: &ScriptedHttp, more: &serde_json::Value) -> Reader {
    let mut oauth = json!({ "token_url": format!("{}/token", server.url()), "client_id": "a:b", "scope": "scim.read" });
    for (key, value) in more.as_object().unwrap() {
        oauth[key] = value.clone();
    }
    Reader::with_oauth(&format!("{}/v2", server.url()), oauth)
}

fn tokens(server: &ScriptedHttp) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.path() == "/token").collect()
}

#[test]
fn a_token_is_asked_for_once_and_again_when_it_has_ended() {
    let from = Arc::new(AtomicUsize::new(0));
    let server = server(|_, n| given(n, 3600), Arc::clone(&from));
    let reader = reader(&server, &json!({}));
    assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
    assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
    let asked = tokens(&server);
    assert_eq!(asked.len(), 1);
    // RFC 6749 §2.3.1: encoded as in a form before it is put into the header.
    let basic = format!("Basic {}", STANDARD.encode("a%3Ab:scim-token"));
    assert_eq!((asked[0].method.as_str(), asked[0].authorization.as_str()), ("POST", basic.as_str()));
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=scim.read");
    from.store(2, Ordering::Relaxed);
    assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
    assert_eq!(tokens(&server).len(), 2);
}

#[test]
fn a_token_that_is_about_to_end_is_not_shown() {
    // Half of a second is past before the second reading.
    let server = server(|_, n| given(n, 1), Arc::default());
    let reader = reader(&server, &json!({ "client_auth": "post" }));
    assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert!(matches!(reader.read().unwrap(), Reading::Complete(_)));
    let asked = tokens(&server);
    assert!(asked.len() >= 2);
    assert_eq!(asked[0].authorization, "");
    let body = "grant_type=client_credentials&client_id=a%3Ab&client_secret=scim-token&scope=scim.read";
    assert_eq!(asked[0].body, body);
}

#[test]
fn r07_a_client_that_is_refused_is_not_tried_at_each_login() {
    for (status, error, kind) in [
        (401, "invalid_client", ProviderErrorKind::Credentials),
        (400, "unauthorized_client", ProviderErrorKind::Credentials),
        (400, "invalid_scope", ProviderErrorKind::Configuration),
        (400, "something secret", ProviderErrorKind::Configuration),
        (500, "x", ProviderErrorKind::Unreachable),
    ] {
        let body = json!({ "error": error, "error_description": "scim-token is wrong" }).to_string();
        let server = server(move |_, _| Reply::new(status, KIND, body.clone()), Arc::default());
        let reader = reader(&server, &json!({}));
        for _ in 0..3 {
            let found = reader.find(&[PersonKey::Login("u1".to_owned())]).unwrap_err();
            assert_eq!(found.kind, kind, "{error}: {found}");
            assert!(!found.message.contains("something") && !found.message.contains("scim-token"), "{found}");
        }
        let once = kind == ProviderErrorKind::Credentials;
        assert_eq!(tokens(&server).len(), if once { 1 } else { 3 }, "{error}");
        assert_eq!(server.asked().len(), tokens(&server).len(), "{error}: nothing is asked without a token");
    }
}

#[test]
fn what_is_no_access_token_is_not_shown() {
    for body in [
        "",
        "{}",
        "<html>",
        r#"{"access_token":"t1","token_type":"DPoP"}"#,
        r#"{"access_token":"t\n1","token_type":"Bearer"}"#,
    ] {
        let server = server(move |_, _| Reply::new(200, KIND, body), Arc::default());
        let error = reader(&server, &json!({})).read().unwrap_err();
        assert!(!error.message.contains("t1"), "{error}");
        assert_eq!(server.asked().len(), 1, "{body}");
    }
}
