//! W15: what a caller names and sends is taken as what it is, and nothing else: one object, by one name,
//! with the fields that are described.

use super::access::routes;
use super::limits::raw;
use super::served::{Served, http, problem};
use crate::world::database::Backend;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What cannot be the name of anything, as it stands in a path.
const NO_NAMES: [&str; 16] = [
    "..",
    ".",
    "%2e%2e",
    "..%2f..",
    "%2e%2e%2fholds",
    "%2f",
    "a%2fb",
    "1%2f..%2f1",
    "%5c..%5c",
    "..%5c",
    "%00",
    "1%00",
    "1%2500",
    "%252e%252e%252f",
    "1%0d%0ax:%20y",
    "%ff",
];

/// The status of the answer to a request that goes out as it is written here: clients tidy paths up.
fn status(served: &Served, scope: &str, method: &str, path: &str, body: &str) -> u16 {
    let token = &served.tokens[scope];
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: rosterd\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let answer = raw(served, request.as_bytes());
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{path}: {answer:?}"))
}

/// Everything that somebody could have changed by a request that should have been refused.
fn state(served: &Served) -> Vec<Vec<String>> {
    served.site.database.rows(
        "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM runs), (SELECT count(*) FROM holds WHERE state <> 'pending'),
             (SELECT count(*) FROM run_requests), (SELECT count(*) FROM api_tokens), (SELECT count(*) FROM api_tokens WHERE revoked_at > 0)",
    )
}

/// On both databases: PostgreSQL has texts that it does not take.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w15_a_path_names_one_object_or_nothing() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        no_name_is_an_object(backend).await;
    }
}

async fn no_name_is_an_object(backend: Backend) {
    let mut served = Served::on(backend, &http("failed_logins = 10000")).await;
    let before = state(&served);
    let mut tried = 0;
    for (method, path, scope) in routes(|name| format!("{{{name}}}")) {
        let (Some(scope), Some(from), Some(to)) = (scope, path.find('{'), path.find('}')) else { continue };
        // Of what everybody known may use.
        let scope = if scope.is_empty() { "admin".to_owned() } else { scope };
        for name in NO_NAMES {
            let path = format!("{}{name}{}", &path[..from], &path[to + 1..]);
            let status = status(&served, &scope, &method, &path, "{}");
            assert_eq!(status, 404, "{method} {path}");
            tried += 1;
        }
    }
    assert!(tried >= 11 * NO_NAMES.len(), "{tried}");
    // The same in a query: a text that no database takes is a field that is wrong.
    let cursor = URL_SAFE_NO_PAD.encode("runs:1.\0");
    for (scope, query) in [
        ("explain", "people?query=%00".to_owned()),
        ("explain", "plan?provider=corp%00".to_owned()),
        ("hooks", "deliveries?hook=%00".to_owned()),
        ("read", format!("runs?cursor={cursor}")),
    ] {
        assert_eq!(status(&served, scope, "GET", &format!("/api/v1/{query}"), ""), 422, "{query}");
    }
    assert_eq!(state(&served), before, "something was done");
    served.stop();
}

/// Ids of one kind of object mean nothing where another is asked for, and a kept answer is its caller's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w15_an_id_of_another_object_is_nobodys() {
    let mut served = Served::new(&http("")).await;
    let run: Value = {
        let asked = served.with("run", "POST", "/api/v1/runs").json(&json!({ "provider": "corp" })).send();
        asked.await.unwrap().json().await.unwrap()
    };
    let run = run["id"].as_str().unwrap().to_owned();
    let tokens = served.get("admin", "/api/v1/tokens").await;
    let token = tokens["items"][0]["id"].as_str().unwrap().to_owned();
    for (scope, method, path) in [
        ("admin", "DELETE", format!("/api/v1/tokens/{run}")),
        ("read", "GET", format!("/api/v1/runs/{token}")),
        ("read", "GET", format!("/api/v1/runs/{token}/events")),
        ("hooks", "POST", format!("/api/v1/deliveries/{run}/replay")),
        ("explain", "GET", format!("/api/v1/holds/{run}")),
        ("explain", "GET", format!("/api/v1/people/{token}")),
        ("run", "POST", format!("/api/v1/providers/{token}/check")),
    ] {
        let (status, kind, _) = problem(served.with(scope, method, &path).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (404, "not-found"), "{method} {path}");
    }
    let unrevoked = served.get("admin", "/api/v1/tokens").await;
    assert!(unrevoked["items"].as_array().unwrap().iter().all(|one| one["revoked_at"].is_null()));

    // A place in one list is none in another.
    let cursor = served.get("explain", "/api/v1/people?limit=1").await["next"].as_str().unwrap().to_owned();
    for (scope, list) in [("read", "runs"), ("read", "holds"), ("read", "history"), ("explain", "audit")] {
        let path = format!("/api/v1/{list}?cursor={cursor}");
        let (status, kind, _) = problem(served.with(scope, "GET", &path).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (422, "invalid"), "{list}");
    }

    // The same request with the same key by somebody else who may make it, too, is another request.
    let make = |bearer: &str, name: &str, scope: &str| {
        let body = json!({ "name": name, "scopes": [scope] });
        served.ask("POST", "/api/v1/tokens").bearer_auth(bearer).header("idempotency-key", "k").json(&body).send()
    };
    let admin = served.tokens["admin"].clone();
    let first: Value = make(&admin, "second", "admin").await.unwrap().json().await.unwrap();
    let other = make(first["token"].as_str().unwrap(), "second", "admin").await.unwrap();
    assert_eq!(other.status(), 201);
    assert!(!other.headers().contains_key("idempotency-replayed"), "somebody else's answer");
    let other: Value = other.json().await.unwrap();
    assert_ne!(other["id"], first["id"]);
    served.stop();
}

/// Mass assignment: a field that is not described is refused with its name, and nothing is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w15_a_field_or_parameter_that_is_not_described_is_refused() {
    let mut served = Served::new(&http("")).await;
    let mut people = std::mem::take(&mut served.people);
    people.take(15, "staff");
    people.write(&served.site);
    let asked = served.with("run", "POST", "/api/v1/runs").json(&json!({ "provider": "corp" })).send().await.unwrap();
    assert_eq!(asked.status(), 202);
    let held = || served.site.database.value("SELECT count(*) FROM holds") == "1";
    assert!(crate::world::wait_until(60, held));
    let finished = "SELECT count(*) FROM run_requests WHERE finished_at IS NULL";
    assert!(crate::world::wait_until(60, || served.site.database.value(finished) == "0"));
    let hold = served.get("read", "/api/v1/holds").await["items"][0].clone();
    let (id, hash) = (hold["id"].as_i64().unwrap(), hold["plan_hash"].as_str().unwrap());

    let before = state(&served);
    let rule = json!({ "id": "all", "match": { "group": "staff" }, "org": "Main", "role": "Editor" });
    let good = [
        ("run", "/api/v1/runs".to_owned(), json!({ "provider": "corp" })),
        ("approve", format!("/api/v1/holds/{id}/approve"), json!({ "plan_hash": hash })),
        ("approve", format!("/api/v1/holds/{id}/reject"), json!({ "plan_hash": hash })),
        ("explain", "/api/v1/simulate".to_owned(), json!({ "rules": [rule] })),
        ("admin", "/api/v1/tokens".to_owned(), json!({ "name": "ci", "scopes": ["read"] })),
    ];
    let more = [
        "id",
        "state",
        "asked_by",
        "decided_by",
        "created_by",
        "created_at",
        "revoked_at",
        "hash",
        "token",
        "trigger",
        "approve",
        "force",
        "limits",
        "__proto__",
        "Provider",
        "plan_hash ",
        "",
    ];
    for (scope, path, body) in &good {
        for field in more {
            let mut body = body.clone();
            body[field] = json!("x");
            let response = served.with(scope, "POST", path).json(&body).send().await.unwrap();
            let (status, kind, value) = problem(response).await;
            assert_eq!((status, kind.as_str()), (422, "invalid"), "{path} with {field:?}");
            assert!(value["errors"].to_string().contains("unknown field"), "{path} with {field:?}: {value}");
        }
    }
    for (scope, path) in [
        ("read", "/api/v1/runs"),
        ("read", "/api/v1/history"),
        ("read", "/api/v1/holds"),
        ("explain", "/api/v1/people"),
        ("explain", "/api/v1/audit"),
        ("explain", "/api/v1/plan?provider=corp"),
        ("hooks", "/api/v1/deliveries"),
        ("read", "/api/v1/status"),
        ("read", "/api/v1/providers"),
        ("admin", "/api/v1/tokens"),
    ] {
        let with = if path.contains('?') { '&' } else { '?' };
        for parameter in ["state=x", "scope=admin", "asked_by=x", "Limit=5", "limit%20=5"] {
            let path = format!("{path}{with}{parameter}");
            let (status, kind, _) = problem(served.with(scope, "GET", &path).send().await.unwrap()).await;
            assert_eq!((status, kind.as_str()), (422, "invalid"), "{path}");
        }
    }
    assert_eq!(state(&served), before, "something was done");
    served.stop();
}
