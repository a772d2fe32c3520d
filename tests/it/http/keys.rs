//! `Idempotency-Key`: the same request is done once.

use super::served::{Served, http, problem};
use reqwest::Response;
use serde_json::{Value, json};

async fn make(served: &Served, scope: &str, key: &str, body: &Value) -> Response {
    let request = served.with(scope, "POST", "/api/v1/tokens").header("idempotency-key", key);
    request.json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_is_done_once_and_answered_again() {
    let mut served = Served::new(&http("")).await;
    let body = json!({ "name": "once", "scopes": ["read"] });
    let first = make(&served, "admin", "k1", &body).await;
    assert_eq!(first.status(), 201);
    let first: Value = first.json().await.unwrap();
    let again = make(&served, "admin", "k1", &body).await;
    assert_eq!((again.status().as_u16(), again.headers()["idempotency-replayed"].to_str().unwrap()), (201, "true"));
    let again: Value = again.json().await.unwrap();
    assert_eq!(again["id"], first["id"]);
    assert!(first["token"].is_string() && again.get("token").is_none(), "a secret is answered once");

    let other = make(&served, "admin", "k1", &json!({ "name": "other", "scopes": ["read"] })).await;
    let (status, kind, _) = problem(other).await;
    assert_eq!((status, kind.as_str()), (422, "key-reused"));
    // What is refused is kept as well: it would be refused again.
    let wrong = json!({ "name": "", "scopes": ["read"] });
    assert_eq!(make(&served, "admin", "k2", &wrong).await.status(), 422);
    let again = make(&served, "admin", "k2", &wrong).await;
    assert_eq!(problem(again).await.1, "invalid");
    // Somebody else's key is somebody else's, and nobody's who may not do it at all.
    assert_eq!(make(&served, "read", "k1", &body).await.status(), 403);
    for bad in ["", "a b", &"x".repeat(256), "ä"] {
        assert_eq!(problem(make(&served, "admin", bad, &body).await).await.0, 400, "{bad:?}");
    }
    let tokens = served.get("admin", "/api/v1/tokens").await;
    let made = tokens["items"].as_array().unwrap().iter().filter(|one| one["name"] == "once").count();
    assert_eq!(made, 1);

    // Many at once: one does it, the others are told so or find its answer.
    let body = json!({ "name": "race", "scopes": ["read"] });
    let answers = futures_util::future::join_all((0..20).map(|_| make(&served, "admin", "k3", &body))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    let tokens = served.get("admin", "/api/v1/tokens").await;
    let made = tokens["items"].as_array().unwrap().iter().filter(|one| one["name"] == "race").count();
    assert_eq!(made, 1, "{statuses:?}");
    served.stop();
    let kept = served.site.database.rows("SELECT answer FROM idempotency_keys").concat().concat();
    assert!(!kept.contains("rstd_"), "{kept}");
}
