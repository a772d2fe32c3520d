//! Who may use what: every route with every scope, tokens in every state they can be in.

use super::served::{SCOPES, Served, http, problem};
use crate::world::wait_until;
use rosterd::http::openapi;
use serde_json::{Value, json};

/// (method, path, scope or nothing) of everything that is described, with what `fill` says for the
/// parameter of that name in a path. An empty scope: whoever is known.
pub fn routes(fill: impl Fn(&str) -> String) -> Vec<(String, String, Option<String>)> {
    let document: Value = serde_json::from_str(&openapi().to_json().unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array();
            let security = security.unwrap_or_else(|| panic!("{method} {path} does not say who may use it"));
            let scopes: Vec<&str> = security
                .iter()
                .filter_map(|one| one.get("token"))
                .map(|one| one[0].as_str().unwrap_or_default())
                .collect();
            let scope = match scopes[..] {
                [] => None,
                [scope] => Some(scope.to_owned()),
                _ => panic!("{method} {path} has several scopes"),
            };
            let filled = ["id", "name"]
                .iter()
                .fold(path.clone(), |path, name| path.replace(&format!("{{{name}}}"), &fill(name)));
            routes.push((method.to_uppercase(), filled, scope));
        }
    }
    routes
}

/// The name of an object in a path.
pub fn an_object(kind: &str) -> String {
    if kind == "name" { "corp" } else { "1" }.to_owned()
}

/// W14: deny by default. With the right scope it is anything but 401 and 403; with each other one
/// 403; with none, 401.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w14_every_route_with_every_scope() {
    let mut served = Served::new(&http("failed_logins = 10000\npublic_url = \"http://127.0.0.1:7171\"")).await;
    let routes = routes(an_object);
    assert!(routes.len() >= 26, "{routes:?}");
    let everybodys = routes.iter().filter(|(.., scope)| scope.is_none());
    assert_eq!(everybodys.count(), 2, "only the descriptions are everybody's");
    for (method, path, wanted) in &routes {
        let Some(wanted) = wanted else {
            assert_eq!(served.ask(method, path).send().await.unwrap().status(), 200, "{path}");
            continue;
        };
        let (status, kind, _) = problem(served.ask(method, path).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (401, "unauthenticated"), "{method} {path}");
        for scope in SCOPES {
            let response = served.with(scope, method, path).send().await.unwrap();
            let status = response.status().as_u16();
            if scope == wanted || wanted.is_empty() {
                assert!(status != 401 && status != 403 && status < 500, "{method} {path} with {scope}: {status}");
            } else {
                let (status, kind, _) = problem(response).await;
                assert_eq!((status, kind.as_str()), (403, "forbidden"), "{method} {path} with {scope}");
            }
        }
    }
    // Nothing that is not described is there; other methods are refused, whoever asks.
    for path in ["/", "/api", "/api/v1", "/api/v1/tokens/1/..", "/api/v1/Runs", "/api/v1/runs/", "/metrics", "/admin"] {
        let (status, kind, _) = problem(served.with("admin", "GET", path).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (404, "not-found"), "{path}");
    }
    for (method, path) in [("PUT", "/api/v1/runs"), ("DELETE", "/api/v1/people/1"), ("PATCH", "/api/v1/holds/1")] {
        let response = served.with("admin", method, path).send().await.unwrap();
        assert!(response.headers().contains_key("allow"), "{method} {path}");
        let (status, kind, _) = problem(response).await;
        assert_eq!((status, kind.as_str()), (405, "method-not-allowed"), "{method} {path}");
    }
    served.stop();
}

/// W12, over HTTP: where a token counts, and where it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w12_a_token_counts_in_its_header_and_while_it_lasts() {
    let mut served = Served::new(&http("failed_logins = 10000")).await;
    let token = served.tokens["read"].clone();
    let path = "/api/v1/status";
    assert_eq!(served.with("read", "GET", path).send().await.unwrap().status(), 200);
    for query in [format!("access_token={token}"), format!("token={token}"), format!("x={token}")] {
        let (status, kind, _) = problem(served.ask("GET", &format!("{path}?{query}")).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (400, "token-in-url"));
    }
    let refused = [
        format!("bearer {}x", token),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Basic {token}"),
        token.clone(),
        "Bearer ".to_owned(),
        format!("Bearer rstd_{}", "A".repeat(43)),
        format!("Bearer {}", "x".repeat(10_000)),
    ];
    for header in refused {
        let (status, ..) =
            problem(served.ask("GET", path).header("authorization", &header).send().await.unwrap()).await;
        assert_eq!(status, 401, "{header}");
    }
    let twice = served.with("read", "GET", path).header("authorization", "Bearer other").send().await.unwrap();
    assert_eq!(twice.status(), 401);
    let cookie = served.ask("GET", path).header("cookie", format!("token={token}")).send().await.unwrap();
    assert_eq!(cookie.status(), 401, "W16: nothing counts that a browser sends by itself");

    // Expired; then revoked, by the API itself, from the next request on.
    let new = json!({ "name": "short", "scopes": ["read"], "expires": "1s" });
    let made: Value =
        served.with("admin", "POST", "/api/v1/tokens").json(&new).send().await.unwrap().json().await.unwrap();
    let short = made["token"].as_str().unwrap().to_owned();
    let asked = || served.ask("GET", path).bearer_auth(&short).send();
    assert_eq!(asked().await.unwrap().status(), 200);
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    let (status, _, value) = problem(asked().await.unwrap()).await;
    assert!(status == 401 && value["detail"].as_str().unwrap().contains("expired"), "{value}");
    let tokens = served.get("admin", "/api/v1/tokens").await;
    let id = tokens["items"].as_array().unwrap().iter().find(|one| one["name"] == "read").unwrap()["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    let revoked = served.with("admin", "DELETE", &format!("/api/v1/tokens/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), 200);
    let (status, _, value) = problem(served.with("read", "GET", path).send().await.unwrap()).await;
    assert!(status == 401 && value["detail"].as_str().unwrap().contains("revoked"), "{value}");

    // At rest there are hashes only, also in the copies that SQLite keeps beside.
    served.stop();
    for entry in std::fs::read_dir(served.site.dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("rosterd.db") {
            let bytes = std::fs::read(&path).unwrap();
            for token in served.tokens.values().chain([&short]) {
                let found = bytes.windows(token.len()).any(|part| part == token.as_bytes());
                assert!(!found, "{} holds a token", path.display());
            }
        }
    }
    let said = served.site.run(&["token", "list"]).expect(0).says("revoked").says("expired");
    assert!(!said.stdout.contains("rstd_"), "{}", said.stdout);
}

/// Whoever fails too often waits; whoever was let in lately is not kept out by that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_failed_logins_are_slowed_down() {
    let mut served = Served::new(&http("failed_logins = 5")).await;
    let bad = || served.ask("GET", "/api/v1/status").bearer_auth("nonsense").send();
    served.get("read", "/api/v1/status").await;
    for n in 0..5 {
        assert_eq!(bad().await.unwrap().status(), 401, "{n}");
    }
    let response = bad().await.unwrap();
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(problem(response).await.0, 429);
    served.get("read", "/api/v1/status").await;
    // A header that everybody can write changes nothing.
    let forged = served.ask("GET", "/api/v1/status").bearer_auth("nonsense").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(forged.send().await.unwrap().status(), 429);
    served.stop();
}

/// The bootstrap token makes the first token of an administrator, and is worth nothing after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bootstrap_token_counts_until_there_is_an_administrators() {
    let more = "bootstrap_token = { file = \"bootstrap.token\" }";
    let site = crate::world::site::Site::new(
        crate::world::database::Backend::Sqlite,
        &format!("{}{}{}", http(more), crate::world::roster::PROVIDER, crate::world::roster::STAFF_VIEWS),
    );
    let people = crate::world::roster::Roster::of(3, "p", "staff");
    people.write(&site);
    site.secret("bootstrap.token", "the-first-token-of-all\n");
    site.sync(0);
    let mut served = Served::bare(site, people);
    served.run();
    let first = |method: &str, path: &str| served.ask(method, path).bearer_auth("the-first-token-of-all");
    assert_eq!(first("GET", "/api/v1/status").send().await.unwrap().status(), 403, "it makes tokens, nothing else");
    let reader = json!({ "name": "reader", "scopes": ["read"] });
    assert_eq!(first("POST", "/api/v1/tokens").json(&reader).send().await.unwrap().status(), 201);
    let admin = json!({ "name": "admin", "scopes": ["admin"] });
    let made = first("POST", "/api/v1/tokens").json(&admin).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["created_by"], "bootstrap token");
    assert_eq!(first("GET", "/api/v1/tokens").send().await.unwrap().status(), 401);
    let asked = served.ask("GET", "/api/v1/tokens").bearer_auth(made["token"].as_str().unwrap()).send().await.unwrap();
    let tokens: Value = asked.json().await.unwrap();
    assert_eq!(tokens["items"].as_array().unwrap().len(), 2);
    // The use is noted, beside the answer.
    assert!(wait_until(20, || !served
        .site
        .database
        .rows("SELECT 1 FROM api_tokens WHERE last_used_at > 0")
        .is_empty()));
    served.stop();
}
