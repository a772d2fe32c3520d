//! What is answered: runs asked for and followed, holds decided, people and why, pages.

use super::served::{Served, http, problem};
use crate::world::wait_until;
use serde_json::{Value, json};

/// Asks for a run and returns its id.
async fn ask(served: &Served) -> String {
    let asked = served.with("run", "POST", "/api/v1/runs").json(&json!({ "provider": "corp" })).send().await.unwrap();
    assert_eq!(asked.status(), 202);
    let place = asked.headers()["location"].to_str().unwrap().to_owned();
    let run: Value = asked.json().await.unwrap();
    assert_eq!(place, format!("/api/v1/runs/{}", run["id"].as_str().unwrap()));
    run["id"].as_str().unwrap().to_owned()
}

/// Every state of a run, as its events tell them.
async fn follow(served: &Served, id: &str) -> Vec<Value> {
    let response = served.with("read", "GET", &format!("/api/v1/runs/{id}/events")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = tokio::time::timeout(std::time::Duration::from_secs(60), response.text()).await.unwrap().unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_asked_for_followed_and_found_again() {
    let mut served = Served::new(&http("")).await;
    served.people.add(1, "joiner", "staff");
    served.people.write(&served.site);
    let id = ask(&served).await;
    let states = follow(&served, &id).await;
    let last = states.last().unwrap();
    assert_eq!((last["state"].as_str(), last["trigger"].as_str()), (Some("finished"), Some("api")), "{states:?}");
    assert!(last["asked_by"].as_str().unwrap().contains("(run)"), "{last}");
    assert_eq!(served.get("read", &format!("/api/v1/runs/{id}")).await, *last);
    let runs = served.get("read", "/api/v1/runs").await;
    assert_eq!(runs["items"][0]["id"], *id);
    // Finished already: the one event that there is.
    assert_eq!(follow(&served, &id).await.len(), 1);
    let found = served.get("explain", "/api/v1/people?query=JOINER").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let history = served.get("read", "/api/v1/history").await;
    assert!(!history["items"].as_array().unwrap().is_empty());
    for (body, field) in [
        (json!({ "provider": "nobody" }), "provider"),
        (json!({}), ""),
        (json!({ "provider": "corp", "trigger": "schedule" }), "trigger"),
        (json!({ "provider": 5 }), "provider"),
    ] {
        let (status, kind, value) =
            problem(served.with("run", "POST", "/api/v1/runs").json(&body).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (422, "invalid"), "W15: {body}");
        let told = value["errors"].to_string();
        assert!(told.contains(field), "{body}: {value}");
    }
    let (status, ..) = problem(served.with("read", "GET", "/api/v1/runs/none").send().await.unwrap()).await;
    assert_eq!(status, 404);
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_is_decided_by_whoever_names_its_plan() {
    let mut served = Served::new(&http("")).await;
    let mut people = std::mem::take(&mut served.people);
    people.take(15, "staff");
    people.write(&served.site);
    let id = ask(&served).await;
    let states = follow(&served, &id).await;
    assert_eq!(states.last().unwrap()["state"], "finished");
    let holds = served.get("read", "/api/v1/holds").await;
    let hold = &holds["items"][0];
    assert_eq!(hold["state"], "pending", "{holds}");
    assert!(hold.get("plan").is_none(), "a plan names people: it is not for `read`");
    let path = format!("/api/v1/holds/{}", hold["id"]);
    let one = served.get("explain", &path).await;
    assert!(one["plan"]["changes"].as_array().unwrap().len() >= 15);
    let decide = |word: &str, hash: &str| {
        served.with("approve", "POST", &format!("{path}/{word}")).json(&json!({ "plan_hash": hash })).send()
    };
    for word in ["approve", "reject"] {
        let (status, kind, _) = problem(decide(word, &"0".repeat(64)).await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (409, "conflict"));
    }
    let hash = hold["plan_hash"].as_str().unwrap();
    let approved: Value = decide("approve", hash).await.unwrap().json().await.unwrap();
    assert_eq!(approved["state"], "approved");
    assert!(approved["decided_by"].as_str().unwrap().contains("(approve)"), "{approved}");
    let (status, ..) = problem(decide("reject", hash).await.unwrap()).await;
    assert_eq!(status, 409);
    let id = ask(&served).await;
    follow(&served, &id).await;
    assert!(wait_until(30, || served.site.tables().org_members.len() == 5));
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_listed_in_pages_and_explained() {
    let mut served = Served::new(&http("")).await;
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = served.get("explain", &format!("/api/v1/people?limit=7{next}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        seen.extend(items.iter().map(|one| one["login"].as_str().unwrap().to_owned()));
        match page.get("next") {
            Some(cursor) => next = format!("&cursor={}", cursor.as_str().unwrap()),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 20);
    let found = served.get("explain", "/api/v1/people?query=p003").await;
    let id = found["items"][0]["id"].as_i64().unwrap();
    let none = served.get("explain", "/api/v1/people?query=p%25").await;
    assert_eq!(none["items"], json!([]), "% is a character like others");
    let one = served.get("explain", &format!("/api/v1/people/{id}")).await;
    assert_eq!((one["login"].as_str(), one["identities"][0]["provider"].as_str()), (Some("p003"), Some("corp")));
    let access = served.get("explain", &format!("/api/v1/people/{id}/access")).await;
    assert_eq!(access["usable"], true);
    assert_eq!((access["orgs"][0]["org"].as_str(), access["orgs"][0]["role"].as_str()), (Some("Main"), Some("Viewer")));
    let why = served.get("explain", &format!("/api/v1/people/{id}/explain")).await;
    let by_command = served.site.run(&["explain", "user", "p003", "--output", "json"]).expect(0).json();
    assert_eq!(why, by_command["people"][0]);
    let main = served.get("explain", &format!("/api/v1/people/{id}/explain?org=Main")).await;
    assert_eq!(main["rights"].as_array().unwrap().len(), 1);
    let other = served.get("explain", &format!("/api/v1/people/{id}/explain?org=Other")).await;
    assert_eq!(other["rights"], json!([]));
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=", "unknown=1", "limit=5&limit=6"] {
        let (status, kind, _) =
            problem(served.with("explain", "GET", &format!("/api/v1/people?{bad}")).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (422, "invalid"), "{bad}");
    }
    for bad in ["999999", "x", "-1", "9223372036854775808", "%2e%2e", "1%00"] {
        let (status, ..) =
            problem(served.with("explain", "GET", &format!("/api/v1/people/{bad}")).send().await.unwrap()).await;
        assert_eq!(status, 404, "W15: {bad}");
    }
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rest_says_what_the_commands_say() {
    let mut served = Served::new(&http("")).await;
    let status = served.get("read", "/api/v1/status").await;
    assert_eq!(status["counts"]["active"], 20, "{status}");
    let providers = served.get("read", "/api/v1/providers").await;
    assert_eq!(
        (providers["items"][0]["name"].as_str(), providers["items"][0]["people"].as_i64()),
        (Some("corp"), Some(20))
    );
    let checked = served.with("run", "POST", "/api/v1/providers/corp/check").send().await.unwrap();
    let checked: Value = checked.json().await.unwrap();
    assert_eq!(checked["ok"], true, "{checked}");
    let plan = served.get("explain", "/api/v1/plan?provider=corp").await;
    assert_eq!(plan["changes"], json!([]), "{plan}");

    let simulate = |body: Value| served.with("explain", "POST", "/api/v1/simulate").json(&body).send();
    let input = json!({ "provider": "corp", "input": { "groups": ["staff"] } });
    let answer: Value = simulate(input).await.unwrap().json().await.unwrap();
    assert_eq!(answer["orgs"]["1"].as_str().or(answer["orgs"]["Main"].as_str()), Some("Viewer"), "{answer}");
    let rule = json!({ "id": "all", "match": { "group": "staff" }, "org": "Main", "role": "Editor" });
    let answer: Value = simulate(json!({ "rules": [rule] })).await.unwrap().json().await.unwrap();
    assert_eq!(answer["gains"].as_array().map(Vec::len), Some(20), "{answer}");
    for bad in [
        json!({}),
        json!({ "provider": "corp" }),
        json!({ "rules": [{ "id": "x" }] }),
        json!({ "provider": "no", "input": {} }),
    ] {
        let (status, kind, _) = problem(simulate(bad.clone()).await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (422, "invalid"), "{bad}");
    }
    assert!(served.site.tables().org_members.len() == 20, "nothing was written");

    let audit = served.get("explain", "/api/v1/audit?limit=3").await;
    let seqs: Vec<i64> = audit["items"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3]);
    let more =
        served.get("explain", &format!("/api/v1/audit?limit=1&cursor={}", audit["next"].as_str().unwrap())).await;
    assert_eq!(more["items"][0]["seq"], 4);
    let after = served.get("explain", "/api/v1/audit?after=1000000").await;
    assert_eq!(after, json!({ "items": [] }));
    assert_eq!(served.with("admin", "POST", "/api/v1/reload").send().await.unwrap().status(), 202);
    served.stop();
}
