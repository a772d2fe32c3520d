//! Over HTTP: acts about people, service accounts and their tokens, and what a token may do here.

use super::backends;
use crate::http::served::{Served, http, problem};
use crate::world::invariants;
use serde_json::{Value, json};

async fn send(served: &Served, method: &str, path: &str, body: Value) -> (u16, Value) {
    let response = served.with("admin", method, path).json(&body).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_blocked_and_unblocked_over_http() {
    for backend in backends() {
        let mut served = Served::on(backend, &http("")).await;
        let first = served.get("explain", "/api/v1/people?query=p000").await["items"][0]["id"].clone();
        let path = |act: &str| format!("/api/v1/people/{first}/{act}");
        let (status, said) = send(&served, "POST", &path("block"), json!({ "reason": "left in anger" })).await;
        assert_eq!((status, &said["state"]), (200, &json!("blocked")));
        assert_eq!(said["reasons"][0]["reason"], "left in anger");
        let again = served.with("admin", "POST", &path("block")).json(&json!({})).send().await.unwrap();
        assert_eq!(problem(again).await.0, 409);
        let long = json!({ "reason": "x".repeat(501) });
        let refused = served.with("admin", "POST", &path("suspend")).json(&long).send().await.unwrap();
        assert_eq!(problem(refused).await.0, 422);
        for (act, state) in [("suspend", "blocked"), ("unblock", "suspended"), ("resume", "active")] {
            assert_eq!(send(&served, "POST", &path(act), json!({})).await.1["state"], state);
        }
        for (act, state) in [("archive", "archived by hand"), ("unarchive", "active")] {
            assert_eq!(send(&served, "POST", &path(act), json!({})).await.1["state"], state);
        }
        let nobody = served.with("admin", "POST", "/api/v1/people/999/block").json(&json!({})).send().await.unwrap();
        assert_eq!(problem(nobody).await.0, 404);
        served.stop();
        invariants::audit(&served.site);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_says_whose_it_is_and_does_what_its_account_may() {
    for backend in backends() {
        let mut served = Served::on(backend, &http("failed_logins = 10000")).await;
        let new = json!({ "org": "Main", "name": "ci", "role": "Viewer" });
        let (status, account) = send(&served, "POST", "/api/v1/service-accounts", new).await;
        assert_eq!((status, &account["login"], &account["kind"]), (201, &json!("service:1:ci"), &json!("service")));
        let base = format!("/api/v1/service-accounts/{}", account["id"]);
        let (status, made) = send(&served, "POST", &format!("{base}/tokens"), json!({ "name": "runner" })).await;
        assert_eq!(status, 201);
        let token = made["token"].as_str().unwrap().to_owned();
        let id = made["id"].as_str().unwrap().to_owned();
        let introspect = async |token: &str| {
            let asked = served.with("check", "POST", "/api/v1/tokens/introspect").json(&json!({ "token": token }));
            asked.send().await.unwrap().json::<Value>().await.unwrap()
        };
        let said = introspect(&token).await;
        assert_eq!(said["active"], true, "{said}");
        assert_eq!((&said["sub"], &said["username"]), (&json!(account["id"].to_string()), &json!("service:1:ci")));
        assert_eq!((&said["org"], &said["jti"]), (&json!(1), &json!(id)));
        let api_token = served.tokens["read"].clone();
        for other in ["nonsense", &format!("rstd_{}", "A".repeat(43)), &api_token] {
            assert_eq!(introspect(other).await, json!({ "active": false }), "{other}");
        }

        // It may nothing here until its role says so, in every organization and on everything.
        let asked =
            async |path: &str| served.ask("GET", path).bearer_auth(&token).send().await.unwrap().status().as_u16();
        assert_eq!(asked("/api/v1/me").await, 200);
        assert_eq!(asked("/api/v1/status").await, 403);
        let rows = [
            "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
             VALUES (100, NULL, 'readers', 'custom', '', '', 'manual', 1, 0)",
            "INSERT INTO role_permissions (role_id, action, scope) VALUES (100, 'rosterd:re*', '*')",
            "INSERT INTO entitlements (id, org_id, role_id, for_user_id, scope, parameters) VALUES (100, 1, 100, NULL, '*', '{}')",
        ];
        for row in rows {
            served.site.database.execute(row);
        }
        served.site.database.execute(&format!(
            "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES (100, {}, 253402300799999)",
            account["id"]
        ));
        assert_eq!(asked("/api/v1/status").await, 403, "in one organization only");
        served.site.database.execute("UPDATE entitlements SET org_id = NULL WHERE id = 100");
        assert_eq!(asked("/api/v1/status").await, 200);
        assert_eq!(asked("/api/v1/people").await, 403, "`explain` is another scope");
        let people = served.get("explain", "/api/v1/people?query=service").await;
        assert_eq!(people["items"], json!([]), "no list of people has it");

        // Rotated: both count; the old one until the overlap is over.
        let (_, rotated) = send(&served, "POST", &format!("{base}/tokens/{id}/rotate"), json!({})).await;
        let second = rotated["token"].as_str().unwrap().to_owned();
        assert_eq!((asked("/api/v1/status").await, introspect(&second).await["active"].clone()), (200, json!(true)));
        let other = format!("{base}/tokens/nothing");
        assert_eq!(send(&served, "DELETE", &other, json!({})).await.0, 404);
        assert_eq!(send(&served, "DELETE", &format!("{base}/tokens/{id}"), json!({})).await.0, 200);
        assert_eq!(asked("/api/v1/status").await, 401, "revoked");

        // Disabled: at once, and back.
        for (act, counts) in [("disable", false), ("enable", true)] {
            assert_eq!(send(&served, "POST", &format!("{base}/{act}"), json!({})).await.0, 200);
            let status = served.ask("GET", "/api/v1/status").bearer_auth(&second).send().await.unwrap().status();
            assert_eq!((status.as_u16() == 200, introspect(&second).await["active"] == true), (counts, counts));
        }
        assert_eq!(send(&served, "DELETE", &base, json!({})).await.1["state"], "archived by hand");
        assert_eq!(introspect(&second).await, json!({ "active": false }));
        // Back, as by the command; what was revoked stays so.
        for before in [["POST", "disable"], ["DELETE", ""]] {
            send(&served, before[0], format!("{base}/{}", before[1]).trim_end_matches('/'), json!({})).await;
        }
        let (status, said) = send(&served, "POST", &format!("{base}/enable"), json!({})).await;
        assert_eq!((status, &said["state"]), (200, &json!("active")), "{said}");
        assert_eq!(introspect(&second).await, json!({ "active": false }));
        assert_eq!(send(&served, "POST", &format!("{base}/enable"), json!({})).await.0, 409);
        let actors = served.site.database.rows("SELECT DISTINCT actor FROM audit").concat();
        assert!(actors.iter().any(|actor| actor.starts_with("token ")), "{actors:?}");
        served.stop();
        invariants::audit(&served.site);
    }
}
