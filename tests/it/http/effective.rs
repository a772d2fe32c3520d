//! The list of what somebody may do: in pages of any size each of it once, whatever goes meanwhile.

use super::served::{Served, http, problem};
use crate::world::database::Backend;
use serde_json::{Value, json};

/// All items, asked for in pages of one; `between` is told how many there are so far.
async fn one_by_one(served: &Served, path: &str, mut between: impl FnMut(usize)) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = served.get("explain", &format!("{path}?limit=1{next}")).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        assert!(all.len() < 50, "it does not end: {all:?}");
        between(all.len());
        match page.get("next") {
            Some(cursor) => next = format!("&cursor={}", cursor.as_str().unwrap()),
            None => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w15_pages_of_one_are_the_whole_list_once() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let mut served = Served::on(backend, &http("")).await;
        let database = &served.site.database;
        let id = database.value("SELECT id FROM users WHERE login = 'p000'");
        // Held on `folders:a`, the first three are all of that scope there: two the same, one with another parameter.
        for sql in [
            "INSERT INTO roles VALUES (100, NULL, 'reader', 'custom', '', '', 'manual', 1, 1)",
            "INSERT INTO role_permissions VALUES (100, 'read', 'folders:a', '{\"row\":\"x\"}')",
            "INSERT INTO role_permissions VALUES (100, 'read', 'folders:a*', '{}')",
            "INSERT INTO role_permissions VALUES (100, 'read', 'folders:*', '{}')",
            "INSERT INTO role_permissions VALUES (100, 'write', 'folders:*', '{}')",
            "INSERT INTO entitlements VALUES (1, 1, 100, NULL, 'folders:a', '{}')",
            "INSERT INTO entitlements VALUES (2, 1, 100, NULL, 'folders:a', '{\"row\":\"y\"}')",
        ] {
            database.execute(sql);
        }
        for held in [1, 2] {
            database.execute(&format!(
                "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES ({held}, {id}, 253402300799999)"
            ));
        }
        let path = format!("/api/v1/people/{id}/effective");
        let whole = served.get("explain", &path).await["items"].as_array().unwrap().clone();
        let said: Vec<(&str, &Value, &Value)> = whole
            .iter()
            .map(|item| (item["action"].as_str().unwrap(), &item["parameters"], &item["role_parameters"]))
            .collect();
        let (none, x, y) = (json!({}), json!({ "row": "x" }), json!({ "row": "y" }));
        let expected = [("read", &none, &none), ("read", &none, &x), ("read", &y, &none), ("read", &y, &x)];
        assert!(expected.iter().all(|one| said.contains(one)), "{said:?}");
        assert_eq!(whole.len(), 6, "each once: {said:?}");
        assert_eq!(one_by_one(&served, &path, |_| {}).await, whole);

        // What a page ended with goes: the list goes on behind it, and does not begin again.
        let gone = whole[2]["entitlement_id"].as_i64().unwrap();
        let left = |item: &&Value| item["entitlement_id"] != gone;
        let mut kept: Vec<Value> = whole[..3].to_vec();
        kept.extend(whole[3..].iter().filter(left).cloned());
        let take = |so_far: usize| {
            if so_far == 3 {
                database.execute(&format!("DELETE FROM user_entitlements WHERE entitlement_id = {gone}"));
            }
        };
        assert_eq!(one_by_one(&served, &path, take).await, kept);

        for bad in ["org=nowhere", "org=%23999", "org=%230"] {
            let asked = served.with("explain", "GET", &format!("{path}?{bad}")).send().await.unwrap();
            assert_eq!(problem(asked).await.0, 404, "{bad}");
        }
        assert!(!served.get("explain", &format!("{path}?org=%231")).await["items"].as_array().unwrap().is_empty());
        for bad in ["x", "ZWZmZWN0aXZlOnt9"] {
            let asked = served.with("explain", "GET", &format!("{path}?cursor={bad}")).send().await.unwrap();
            assert_eq!(problem(asked).await.0, 422, "{bad}");
        }
        served.stop();
    }
}
