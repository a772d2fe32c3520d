//! W16: a page in somebody's browser can do nothing in their name. Nothing counts that a browser sends by
//! itself; and what a page can send without asking first is not taken.

use super::access::{an_object, routes};
use super::served::{Served, http, problem};
use super::tls;
use crate::world::ca::Ca;
use serde_json::json;

const PAGE: &str = "https://evil.example";

/// What a form or a script may send to another origin without asking first (Fetch Standard, "CORS-safelisted
/// request-header").
const SIMPLE: [&str; 4] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain;application/json",
];

/// Whether anything came of a request.
fn state(served: &Served) -> Vec<Vec<String>> {
    served.site.database.rows(
        "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM runs), (SELECT count(*) FROM run_requests),
             (SELECT count(*) FROM api_tokens), (SELECT count(*) FROM api_tokens WHERE revoked_at > 0)",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w16_nothing_counts_that_a_browser_sends_by_itself() {
    let mut served = Served::new(&http("failed_logins = 10000")).await;
    let before = state(&served);
    let token = served.tokens["admin"].clone();
    // Remembered for an address: cookies of any name, and what is typed into a browser's own box.
    let basic = |text: String| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    let sent = [
        ("cookie", format!("token={token}")),
        ("cookie", format!("__Host-rosterd={token}; session={token}; Authorization=Bearer {token}")),
        ("cookie", token.clone()),
        ("authorization", basic(format!("admin:{token}"))),
        ("authorization", basic(format!("{token}:"))),
        ("authorization", basic(format!(":{token}"))),
        ("authorization", format!("Digest username=\"{token}\"")),
        ("authorization", format!("Negotiate {token}")),
    ];
    for (method, path, scope) in routes(an_object) {
        if scope.is_none() {
            continue;
        }
        for (header, value) in &sent {
            let response =
                served.ask(&method, &path).header(*header, value).header("origin", PAGE).send().await.unwrap();
            let headers = response.headers().clone();
            let (status, ..) = problem(response).await;
            assert!([401, 403].contains(&status), "{method} {path} with {header}: {status}");
            // No browser is made to ask for a password and keep it, nor given something to keep.
            let asks = headers.get("www-authenticate").map_or("Bearer", |asks| asks.to_str().unwrap());
            assert!(asks.starts_with("Bearer"), "{asks}");
            assert!(!headers.contains_key("set-cookie"));
        }
    }
    assert_eq!(state(&served), before, "something was done");
    served.stop();
}

/// Also with a token that counts: so the form needs what a page has to ask for first, and is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w16_what_a_page_sends_without_asking_is_refused_and_asking_is_not_allowed() {
    let mut served = Served::new(&http("")).await;
    let before = state(&served);
    let bodies = [
        ("run", "/api/v1/runs", json!({ "provider": "corp" })),
        ("approve", "/api/v1/holds/1/approve", json!({ "plan_hash": "x" })),
        ("approve", "/api/v1/holds/1/reject", json!({ "plan_hash": "x" })),
        ("explain", "/api/v1/simulate", json!({ "provider": "corp", "input": {} })),
        ("admin", "/api/v1/tokens", json!({ "name": "x", "scopes": ["admin"] })),
    ];
    for (scope, path, body) in &bodies {
        for kind in SIMPLE {
            let post = served.with(scope, "POST", path).header("content-type", kind).body(body.to_string());
            let (status, slug, _) = problem(post.send().await.unwrap()).await;
            assert_eq!((status, slug.as_str()), (415, "unsupported-media-type"), "{path} as {kind}");
        }
        let untyped = served.with(scope, "POST", path).body(body.to_string()).send().await.unwrap();
        assert_eq!(problem(untyped).await.0, 415, "{path}");
    }
    // The question that comes before anything else, and what would allow another origin to read.
    for (method, path, scope) in routes(an_object) {
        let asked = served
            .ask("OPTIONS", &path)
            .header("origin", PAGE)
            .header("access-control-request-method", &method)
            .header("access-control-request-headers", "authorization, content-type");
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        let read = served
            .with(scope.as_deref().filter(|scope| !scope.is_empty()).unwrap_or("read"), "GET", &path)
            .header("origin", PAGE)
            .send()
            .await
            .unwrap();
        for answer in [&response, &read] {
            let allows = answer.headers().keys().find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(allows, None, "{path}");
            assert!(!answer.headers().contains_key("set-cookie"), "{path}");
        }
    }
    assert_eq!(state(&served), before, "something was done");
    served.stop();
}

/// A certificate is what a browser sends by itself. So where it is a page of another origin that asks, as
/// only browsers say, nothing is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w16_a_certificate_in_a_browser_does_nothing_for_a_page_of_another_origin() {
    let ca = Ca::new();
    let mut served = tls::served(&ca, &ca, "optional", &["admin", "run", "hooks"]).await;
    served.client = tls::builder(&ca).identity(tls::identity(&ca.client("deploy.example"))).build().unwrap();
    let own = served.url.clone();
    let forms = ["/api/v1/reload", "/api/v1/providers/corp/check", "/api/v1/deliveries/1/replay", "/api/v1/runs"];
    let foreign: [&[(&str, &str)]; 6] = [
        &[("sec-fetch-site", "cross-site"), ("origin", PAGE)],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &own)],
        &[("origin", PAGE)],
        &[("origin", "null")],
        &[("origin", "https://localhost:1")],
    ];
    for path in forms {
        for headers in foreign {
            let mut post = served.ask("POST", path).header("content-type", "application/json").body("{}");
            for (name, value) in headers {
                post = post.header(*name, *value);
            }
            let (status, kind, _) = problem(post.send().await.unwrap()).await;
            assert_eq!((status, kind.as_str()), (403, "other-origin"), "{path} {headers:?}");
        }
    }
    // A program says nothing of the kind, and a page of this origin says so.
    let ours: [&[(&str, &str)]; 4] = [
        &[],
        &[("sec-fetch-site", "same-origin"), ("origin", &own)],
        &[("sec-fetch-site", "none")],
        &[("origin", &own)],
    ];
    for headers in ours {
        let mut post = served.ask("POST", "/api/v1/reload");
        for (name, value) in headers {
            post = post.header(*name, *value);
        }
        assert_eq!(post.send().await.unwrap().status(), 202, "{headers:?}");
    }
    served.stop();
}
