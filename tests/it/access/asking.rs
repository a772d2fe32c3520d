//! The ways of asking: the API, OpenID AuthZEN, the command.

use crate::http::served::{Served, http, problem};
use crate::world::database::Backend;
use serde_json::{Value, json};

/// p1 is Viewer of the organization that the rules name, and there: viewers may read what is in folders, with a row
/// filter; the role `writer` may write to `folders:emea`, and p2 holds it until long ago, p3 for ever. p4 acts for p3.
async fn served(more: &str) -> (Served, String) {
    let served = Served::on(Backend::Sqlite, &http(&format!("failed_logins = 10000\n{more}"))).await;
    let org = served.site.database.value("SELECT name FROM orgs ORDER BY id LIMIT 1");
    let users = served.site.database.rows("SELECT login FROM users ORDER BY id LIMIT 4");
    let of = |n: usize| format!("(SELECT id FROM users WHERE login = '{}')", users[n][0]);
    for sql in [
        "INSERT INTO role_permissions VALUES (2, 'dashboards:read', 'folders:*', '{\"row\":\"all\"}')".to_owned(),
        "INSERT INTO roles VALUES (100, NULL, 'writer', 'custom', '', '', 'file', 1, 1)".to_owned(),
        "INSERT INTO role_permissions VALUES (100, 'dashboards:*', '*', '{\"row\":\"some\"}')".to_owned(),
        "INSERT INTO role_limits VALUES (100, 'dashboards', 20)".to_owned(),
        "INSERT INTO entitlements VALUES (1, 1, 100, NULL, 'folders:emea', '{\"row\":\"mine\"}')".to_owned(),
        format!("INSERT INTO entitlements VALUES (2, NULL, NULL, {}, '*', '{{}}')", of(2)),
        format!("INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES (1, {}, 1000)", of(1)),
        format!(
            "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES (1, {}, 253402300799999)",
            of(2)
        ),
        format!(
            "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES (2, {}, 253402300799999)",
            of(3)
        ),
    ] {
        served.site.database.execute(&sql);
    }
    (served, org)
}

fn logins(served: &Served) -> Vec<String> {
    served
        .site
        .database
        .rows("SELECT login FROM users ORDER BY id LIMIT 4")
        .into_iter()
        .map(|row| row[0].clone())
        .collect()
}

async fn post(served: &Served, path: &str, body: &Value) -> Value {
    let response = served.with("check", "POST", path).json(body).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path} {body}: {}", response.text().await.unwrap());
    response.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_asks_and_is_told_what_goes_with_a_yes() {
    let (mut served, org) = served("").await;
    let who = logins(&served);
    let ask =
        |user: &str, action: &str, scope: &str| json!({ "user": user, "org": org, "action": action, "scope": scope });
    let yes = post(&served, "/api/v1/check", &ask(&who[0], "dashboards:read", "folders:emea")).await;
    assert_eq!((&yes["allowed"], &yes["parameters"]), (&json!(true), &json!({ "row": "all" })), "{yes}");
    let yes = post(&served, "/api/v1/check", &ask(&who[2], "dashboards:write", "folders:emea")).await;
    assert_eq!(yes["parameters"], json!({ "row": "mine" }), "{yes}");
    assert_eq!(yes["limits"], json!({ "dashboards": 20 }));
    let no = post(&served, "/api/v1/check", &ask(&who[1], "dashboards:write", "folders:emea")).await;
    assert_eq!(no, json!({ "allowed": false }), "it has ended");
    let nobody = post(&served, "/api/v1/check", &ask("nobody", "dashboards:write", "folders:emea")).await;
    assert_eq!(nobody, no, "W15: a no does not say who there is");
    // In another's name.
    let mut asked = ask(&who[3], "dashboards:write", "folders:emea");
    assert_eq!(post(&served, "/api/v1/check", &asked).await, no);
    asked["acting_for"] = json!(who[2]);
    let yes = post(&served, "/api/v1/check", &asked).await;
    assert!(yes["allowed"] == true && yes["user"].is_i64() && yes["acting_for"].is_i64(), "{yes}");
    asked["acting_for"] = json!(who[0]);
    assert_eq!(post(&served, "/api/v1/check", &asked).await, no);
    // Many, in order.
    let many: Vec<Value> = (0..1000)
        .map(|n| ask(&who[n % 3], if n % 2 == 0 { "dashboards:read" } else { "dashboards:write" }, "folders:emea"))
        .collect();
    let answers = post(&served, "/api/v1/checks", &json!({ "questions": many })).await;
    let answers = answers["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 1000);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer["allowed"], n % 2 == 0 || n % 3 == 2, "{n}");
    }
    // What is no question is said with its field.
    for (body, field) in [
        (json!({ "user": "", "action": "a" }), "user"),
        (json!({ "user": "a", "action": "a b" }), "action"),
        (json!({ "user": "a", "action": "a", "scope": "*x" }), "scope"),
        (json!({ "user": "a", "action": "a", "org": "\0" }), "org"),
    ] {
        let (status, _, value) =
            problem(served.with("check", "POST", "/api/v1/check").json(&body).send().await.unwrap()).await;
        assert_eq!((status, &value["errors"][0]["field"]), (422, &json!(field)), "{value}");
    }
    let too_many = json!({ "questions": vec![ask("a", "a", "a"); 1001] });
    let (status, ..) =
        problem(served.with("check", "POST", "/api/v1/checks").json(&too_many).send().await.unwrap()).await;
    assert_eq!(status, 422);
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_authzen_is_answered_as_its_specification_says() {
    let (mut served, org) = served("public_url = \"http://127.0.0.1:7171\"").await;
    let who = logins(&served);
    let resource = |id: &str| json!({ "type": "folders", "id": id, "properties": { "any": 1 } });
    let whole = json!({
        "subject": { "type": "user", "id": who[2] }, "action": { "name": "dashboards:write", "properties": {} },
        "resource": resource("emea"), "context": { "org": org, "time": "2024-05-31T15:22-07:00" },
    });
    let response = served
        .with("check", "POST", "/access/v1/evaluation")
        .header("x-request-id", "bfe9eb29")
        .json(&whole)
        .send()
        .await
        .unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["x-request-id"]), (200, &"bfe9eb29".parse().unwrap()));
    let decision: Value = response.json().await.unwrap();
    assert_eq!((&decision["decision"], &decision["context"]["parameters"]), (&json!(true), &json!({ "row": "mine" })));

    let mut list = whole.clone();
    list["evaluations"] = json!([
        { "resource": resource("emea") },
        { "resource": resource("apac") },
        { "subject": { "type": "user", "id": who[0] } },
        { "subject": { "type": "robot", "id": "x" } },
        { "action": { "name": "dashboards:read" }, "resource": resource("apac") },
    ]);
    let decided = |answer: &Value| -> Vec<bool> {
        answer["evaluations"].as_array().unwrap().iter().map(|one| one["decision"].as_bool().unwrap()).collect()
    };
    let all = post(&served, "/access/v1/evaluations", &list).await;
    assert_eq!(decided(&all), [true, false, false, false, true], "{all}");
    assert!(all["evaluations"][3]["context"]["reason"].as_str().unwrap().contains("subject.type"), "{all}");
    assert_eq!(all["evaluations"][1], json!({ "decision": false }));
    for (semantic, expected) in [
        ("execute_all", vec![true, false, false, false, true]),
        ("deny_on_first_deny", vec![true, false]),
        ("permit_on_first_permit", vec![true]),
    ] {
        list["options"] = json!({ "evaluations_semantic": semantic, "another_option": "value" });
        assert_eq!(decided(&post(&served, "/access/v1/evaluations", &list).await), expected, "{semantic}");
    }
    // Without a list it is one evaluation.
    list["evaluations"] = json!([]);
    assert_eq!(post(&served, "/access/v1/evaluations", &list).await["decision"], true);
    // In another's name.
    let mut acting = whole.clone();
    acting["subject"] = json!({ "type": "user", "id": who[3], "properties": { "acting_for": who[2] } });
    assert_eq!(post(&served, "/access/v1/evaluation", &acting).await["decision"], true);

    let mut bad: Vec<(Value, &str)> = Vec::new();
    for key in ["subject", "action", "resource"] {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(key);
        bad.push((without, key));
    }
    let mut number = whole.clone();
    number["context"]["org"] = json!(1);
    bad.push((number, "context.org"));
    bad.push((json!([]), ""));
    for (body, what) in bad {
        let response = served
            .with("check", "POST", "/access/v1/evaluation")
            .header("x-request-id", "r-2")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["x-request-id"], "r-2", "an error says it too");
        let (status, _, value) = problem(response).await;
        assert!(status == 400 && value["detail"].as_str().unwrap().contains(what), "{value}");
    }
    let refused =
        served.ask("POST", "/access/v1/evaluation").header("x-request-id", "r-3").json(&whole).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["x-request-id"]), (401, &"r-3".parse().unwrap()));

    let metadata: Value =
        served.ask("GET", "/.well-known/authzen-configuration").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        metadata,
        json!({
            "policy_decision_point": "http://127.0.0.1:7171",
            "access_evaluation_endpoint": "http://127.0.0.1:7171/access/v1/evaluation",
            "access_evaluations_endpoint": "http://127.0.0.1:7171/access/v1/evaluations",
        })
    );
    served.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_it_is_listed_and_explained() {
    let (mut served, org) = served("").await;
    let who = logins(&served);
    let id = served.site.database.value(&format!("SELECT id FROM users WHERE login = '{}'", who[2]));
    let path = format!("/api/v1/people/{id}/effective");
    let whole = served.get("explain", &path).await;
    let items = whole["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| &item["source"]).collect::<Vec<_>>(), ["user", "basic"], "{whole}");
    assert_eq!((&items[0]["role"], &items[0]["scope"]), (&json!("writer"), &json!("folders:emea")));
    let first = served.get("explain", &format!("{path}?limit=1")).await;
    let second = served.get("explain", &format!("{path}?limit=1&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&first["items"][0], &second["items"][0]), (&items[0], &items[1]));
    assert!(second["next"].is_null(), "{second}");
    let (status, ..) =
        problem(served.with("explain", "GET", &format!("{path}?org=nowhere")).send().await.unwrap()).await;
    assert_eq!(status, 404);

    let asked = format!("/api/v1/people/{id}/permission?action=dashboards:write&scope=folders:emea&org={org}");
    let why = served.get("explain", &asked).await;
    assert_eq!((&why["allowed"], &why["ways"][0]["given_by"]), (&json!(true), &json!(["by hand"])), "{why}");
    served.stop();

    let explain = |args: &[&str]| {
        let run = served.site.run(&[&["explain", "permission"], args, &["--org", &org]].concat());
        run.expect(0).stdout
    };
    let said = explain(&[&who[2], "dashboards:write", "folders:emea"]);
    assert!(said.contains(" may dashboards:write to folders:emea") && said.contains("given by hand"), "{said}");
    let said = explain(&[&who[0], "dashboards:read"]);
    assert!(said.contains("basic:viewer") && said.contains("given by rule"), "{said}");
    for (args, why) in [
        (vec![&*who[1], "dashboards:write", "folders:emea"], "was held until 1970"),
        (vec![&*who[2], "dashboards:write", "folders:apac"], "to folders:emea only"),
        (vec![&*who[0], "dashboards:write", "folders:emea"], "these would: writer"),
        (vec![&*who[0], "nothing:such"], "no role that allows it"),
    ] {
        let said = explain(&args);
        assert!(said.contains("may not") && said.contains(why), "{said}");
    }
    served.site.database.execute(&format!("UPDATE users SET state = 'archived' WHERE login = '{}'", who[2]));
    let said = explain(&[&who[2], "dashboards:write", "folders:emea"]);
    assert!(said.contains("is archived"), "{said}");
    served.site.run(&["explain", "permission", "nobody", "a"]).expect(1);
    served.site.run(&["explain", "permission", &who[2], "a b"]).expect(64);
}
