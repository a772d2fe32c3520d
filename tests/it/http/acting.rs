//! In whose name an application asks (`Acting-For`), and roles that are changed by several at once.

use super::served::{Served, http, problem};
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use futures_util::future::join_all;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// `p000` is called `zoë`, and may write roles in Main.
async fn served() -> Served {
    let site = Site::new(Backend::Sqlite, &format!("{}{PROVIDER}{STAFF_VIEWS}", http("failed_logins = 10000")));
    let people = Roster::of(2, "p", "staff");
    site.write("people.yaml", &people.yaml().replace("login: p000", "login: zoë"));
    site.sync(0);
    let served = Served::start(site, people).await;
    let allow = json!([{ "action": "roles:*", "scope": "roles:*" }]);
    let chief = json!({ "org": "Main", "name": "chief", "permissions": allow });
    let (status, said) = make(&served, b"", None, &chief).await;
    assert_eq!(status, 201, "{said}");
    let give = json!({ "role": "chief", "org": "Main", "user": "zoë" });
    let given = served.with("admin", "PUT", "/api/v1/entitlements").json(&give).send().await.unwrap();
    assert_eq!(given.status(), 200, "{}", given.text().await.unwrap());
    served
}

async fn make(served: &Served, acting: &[u8], key: Option<&str>, role: &Value) -> (u16, Value) {
    let mut request = served.with("admin", "POST", "/api/v1/roles").json(role);
    if !acting.is_empty() {
        request = request.header("acting-for", HeaderValue::from_bytes(acting).unwrap());
    }
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

async fn stand(served: &Served, id: &str, act: &str) {
    let path = format!("/api/v1/people/{id}/{act}");
    assert_eq!(served.with("admin", "POST", &path).json(&json!({})).send().await.unwrap().status(), 200);
}

fn role(name: &str) -> Value {
    json!({ "org": "Main", "name": name, "permissions": [] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_named_is_found_whatever_their_login_is() {
    let mut served = served().await;
    let id = served.site.database.value("SELECT id FROM users WHERE login = 'zoë'");
    let (status, said) = make(&served, "zoë".as_bytes(), None, &role("one")).await;
    assert_eq!(status, 201, "{said}");
    assert_eq!(make(&served, format!("#{id}").as_bytes(), None, &role("two")).await.0, 201);
    // Not UTF-8; nobody's login; and a number is digits alone.
    for bad in [b"zo\xeb".as_slice(), "zoé".as_bytes(), format!("#+{id}").as_bytes(), b"#"] {
        let (status, said) = make(&served, bad, None, &role("three")).await;
        assert_eq!((status, &said["errors"][0]["field"]), (422, &json!("Acting-For")), "{said}");
    }
    // Whoever may nothing gives nothing, whatever they held.
    for (act, back) in [("suspend", "resume"), ("block", "unblock"), ("archive", "unarchive")] {
        stand(&served, &id, act).await;
        let (status, said) = make(&served, format!("#{id}").as_bytes(), None, &role("three")).await;
        assert!(status == 403 && said["detail"].as_str().unwrap().contains("such an account"), "{act}: {said}");
        stand(&served, &id, back).await;
    }
    assert_eq!(make(&served, format!("#{id}").as_bytes(), None, &role("three")).await.0, 201);
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_one_persons_request_answers_nobody_else() {
    let mut served = served().await;
    let who = "zoë".as_bytes();
    assert_eq!(make(&served, who, Some("k"), &role("one")).await.0, 201);
    assert_eq!(make(&served, who, Some("k"), &role("one")).await.0, 201, "again");
    for other in [b"p001".as_slice(), b""] {
        let (status, said) = make(&served, other, Some("k"), &role("one")).await;
        assert_eq!((status, &said["type"]), (422, &json!("/problems/key-reused")), "{said}");
    }
    served.stop();
}

/// A change that names the version which another one is about to make is put together with that one's text, or refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_is_never_put_together_with_an_older_text() {
    let mut served = served().await;
    let (_, made) = make(&served, b"", None, &role("busy")).await;
    let path = format!("/api/v1/roles/{}", made["id"]);
    let change = async |version: i64, body: Value| {
        let request = served.with("admin", "PATCH", &path).header("if-match", format!("\"{version}\""));
        let response = request.json(&body).send().await.unwrap();
        if response.status() == 200 { Some(response.json::<Value>().await.unwrap()) } else { None }
    };
    let mut version = 1;
    for n in 0..60 {
        let first = change(version, json!({ "title": n.to_string() }));
        let next = version + 1;
        let second = join_all((0..4).map(|_| change(next, json!({ "description": n.to_string() }))));
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_some(), "nobody else names that version");
        for done in second.iter().flatten() {
            assert_eq!(done["title"], n.to_string(), "it was changed from a text that is older than its version");
        }
        version = if second.iter().any(Option::is_some) { next + 1 } else { next };
    }
    let stale = served.with("admin", "PATCH", &path).header("if-match", "\"1\"").json(&json!({})).send().await.unwrap();
    assert_eq!(problem(stale).await.0, 412);
    served.stop();
}
