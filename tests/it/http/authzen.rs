//! OpenID AuthZEN: what a decision point passes over, answers no to, and refuses.

use super::served::{Served, http, problem};
use crate::world::database::Backend;
use serde_json::{Value, json};

/// `p000` may everything in folders, `p001` nothing.
async fn served(backend: Backend) -> Served {
    let served = Served::on(backend, &http("failed_logins = 10000")).await;
    let allow = json!([{ "action": "pages:*", "scope": "folders:*" }]);
    let role = json!({ "name": "keeper", "permissions": allow });
    let give = json!({ "role": "keeper", "user": "p000" });
    for (method, path, body) in [("POST", "/api/v1/roles", role), ("PUT", "/api/v1/entitlements", give)] {
        let done = served.with("admin", method, path).json(&body).send().await.unwrap();
        assert!(done.status().is_success(), "{path}: {}", done.text().await.unwrap());
    }
    served
}

async fn ask(served: &Served, path: &str, body: &Value) -> Value {
    let response = served.with("check", "POST", path).json(body).send().await.unwrap();
    assert_eq!(response.status(), 200, "{body}: {}", response.text().await.unwrap());
    response.json().await.unwrap()
}

fn question() -> Value {
    json!({
        "subject": { "type": "user", "id": "p000" }, "action": { "name": "pages:read" },
        "resource": { "type": "folders", "id": "a" },
    })
}

/// The question with something else in one place.
fn with(place: &str, value: Value) -> Value {
    let mut question = question();
    *question.pointer_mut(place).unwrap() = value;
    question
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_question_about_what_nobody_has_is_a_no() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let mut served = served(backend).await;
        let path = "/access/v1/evaluation";
        assert_eq!(ask(&served, path, &question()).await["decision"], true);
        for (place, value, reason) in [
            ("/subject/type", json!("robot"), "subject.type"),
            ("/subject/id", json!(""), "subject.id"),
            ("/subject/id", json!("a\0"), "subject.id"),
            ("/resource/type", json!("folders:a"), "resource.type"),
            ("/resource/type", json!("*"), "resource.type"),
            ("/resource/id", json!("a\0"), "resource.id"),
            ("/action/name", json!(""), "action.name"),
        ] {
            let answer = ask(&served, path, &with(place, value)).await;
            let said = answer["context"]["reason"].as_str().unwrap_or_default();
            assert!(answer["decision"] == false && said.starts_with(reason), "{place}: {answer}");
        }
        // A resource is called as it is called: whoever may everything may this.
        for id in ["a*b", "a b", "*", "", &"x".repeat(500)] {
            let asked = with("/resource/id", json!(id));
            assert_eq!(ask(&served, path, &asked).await["decision"], true, "{id:?}");
            let mut other = asked;
            other["subject"]["id"] = json!("p001");
            assert_eq!(ask(&served, path, &other).await, json!({ "decision": false }), "{id:?}");
        }
        assert_eq!(ask(&served, path, &with("/action/name", json!("pages:can read"))).await["decision"], true);

        // Members that nobody knows, at each place.
        let mut more = question();
        for place in ["", "/subject", "/action", "/resource"] {
            more.pointer_mut(place).unwrap()["another"] = json!({ "any": [1] });
        }
        for place in ["/subject", "/action", "/resource"] {
            more.pointer_mut(place).unwrap()["properties"] = Value::Null;
        }
        assert_eq!(ask(&served, path, &more).await["decision"], true);
        served.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_list_that_is_none_says_nothing_of_the_others() {
    let mut served = served(Backend::Sqlite).await;
    let mut list = question();
    let wrong = [
        json!(5),
        json!(null),
        json!("x"),
        json!({ "resource": 5 }),
        json!({ "subject": { "id": "p000" } }),
        json!({ "action": { "name": 5 } }),
        json!({ "context": { "org": 5 } }),
        json!({ "subject": { "type": "user", "id": "p000", "properties": { "acting_for": 5 } } }),
    ];
    let mut all = vec![json!({})];
    for one in &wrong {
        all.extend([one.clone(), json!({ "another": 1 })]);
    }
    list["evaluations"] = json!(all);
    let answer = ask(&served, "/access/v1/evaluations", &list).await;
    for (at, one) in answer["evaluations"].as_array().unwrap().iter().enumerate() {
        if at % 2 == 0 {
            assert_eq!(one["decision"], true, "{at}: {answer}");
        } else {
            let error = &one["context"]["error"];
            let said = error["message"].as_str().is_some_and(|text| !text.is_empty());
            assert!(one["decision"] == false && error["status"] == 400 && said, "{at}: {answer}");
        }
    }
    assert_eq!(answer["evaluations"].as_array().unwrap().len(), all.len());
    // The whole, and one alone, are refused.
    for one in wrong {
        if one.is_object() {
            let mut alone = question();
            alone.as_object_mut().unwrap().extend(one.as_object().unwrap().clone());
            let sent = served.with("check", "POST", "/access/v1/evaluation").json(&alone).send().await.unwrap();
            assert_eq!(problem(sent).await.0, 400, "{alone}");
        }
    }
    list["evaluations"] = json!(5);
    let sent = served.with("check", "POST", "/access/v1/evaluations").json(&list).send().await.unwrap();
    assert_eq!(problem(sent).await.0, 400);
    served.stop();
}
