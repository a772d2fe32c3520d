//! Roles and entitlements by hand: as the operator by commands, and in somebody's name over HTTP.

use super::backends;
use crate::http::served::{Served, http, problem};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use serde_json::{Value, json};

/// What somebody may, as (organization or nothing, action, scope).
fn may(site: &Site, login: &str) -> Vec<Vec<String>> {
    site.database.rows(&format!(
        "SELECT p.org_id, p.action, p.scope FROM effective_permissions p JOIN users u ON u.id = p.user_id
         WHERE u.login = '{login}' ORDER BY p.action, p.scope"
    ))
}

#[test]
fn the_operator_makes_roles_and_gives_them() {
    for backend in backends() {
        let config = format!("{PROVIDER}{STAFF_VIEWS}team = \"all\"\n");
        let site = Site::new(backend, &config);
        Roster::of(3, "p", "staff").write(&site);
        site.sync(0);
        let run = |args: &[&str], code: i32| site.run(args).expect(code);
        for (name, why) in
            [("basic:boss", "not made by hand"), ("fixed:x", "not made by hand"), ("Boss", "no name for a role")]
        {
            run(&["role", "create", name, "--allow", "a"], 1).says(why);
        }
        run(&["role", "create", "x", "--allow", "a*b"], 64).says("before its end");
        run(&["role", "create", "x", "--allow", "a@b", "--allow", "a@b"], 1).says("there twice");
        for (parameter, why) in [("a", "a space"), ("a row", "a space"), ("a =x", "a space"), ("b row=x", "no --allow")]
        {
            run(&["role", "create", "x", "--allow", "a", "--parameter", parameter], 64).says(why);
        }
        let said = ["--parameter", "a@b row=x = 1", "--parameter", "a@b tier=gold", "--bundle", "--output", "json"];
        let args = [&["role", "create", "said", "--allow", "a@b", "--allow", "a@c"], &said[..]].concat();
        let made = run(&args, 0).json();
        assert_eq!(made["permissions"][0]["parameters"], json!({ "row": "x = 1", "tier": "gold" }), "{made}");
        assert_eq!((&made["permissions"][1]["parameters"], &made["kind"]), (&json!({}), &json!("bundle")), "{made}");
        run(&["role", "delete", &made["id"].to_string()], 0);
        let made =
            ["role", "create", "readers", "--org", "Main", "--allow", "reports:read@folders:*", "--limit", "exports=5"];
        run(&made, 0);
        run(&made, 1).says("already");
        let give = |more: &[&str], code: i32| {
            let args: Vec<&str> = [&["grant", "give", "--role", "readers", "--org", "Main"], more].concat();
            run(&args, code)
        };
        give(&["--user", "p000", "--scope", "folders:emea", "--parameter", "row=x"], 0);
        assert_eq!(may(&site, "p000"), [["1", "reports:read", "folders:emea"]]);
        give(&["--team", "all"], 0);
        give(&["--everybody"], 0);
        assert_eq!(may(&site, "p001").len(), 2);
        give(&["--user", "p000", "--lasts", "0s"], 64);
        give(&["--user", "p000", "--parameter", "=x"], 64).says("a name, `=` and a value");
        give(&["--user", "nobody"], 1).says("nobody has the login");
        give(&["--team", "none"], 1).says("no team");
        run(&["grant", "give", "--role", "basic:admin", "--user", "p000"], 1).says("membership");
        run(&["grant", "give", "--act-for", "p000", "--user", "p000"], 1).says("acts for themselves");
        run(&["grant", "give", "--act-for", "p000", "--org", "Main", "--everybody"], 1).says("only one account");
        run(&["grant", "give", "--act-for", "p000", "--user", "p002", "--lasts", "8h"], 0);
        assert_eq!(site.database.rows("SELECT scope FROM delegations"), [["*"]]);

        // Nobody else's columns are touched, and no run touches these.
        site.database.execute("UPDATE user_entitlements SET declared_until = 253402300799999 WHERE user_id = (SELECT id FROM users WHERE login = 'p000')");
        invariants::check(&site).expect(0);
        let listed = run(&["grant", "list", "--output", "json"], 0).json();
        assert_eq!(listed["held"].as_array().unwrap().len(), 4);
        for held in listed["held"].as_array().unwrap() {
            let (id, holder) = (held["id"].to_string(), held["holder"].as_str().unwrap().to_owned());
            run(&["grant", "take", &id, &holder], 0);
            run(&["grant", "take", &id, &holder], 1).says("by hand");
        }
        assert_eq!(may(&site, "p000").len(), 1, "the file's stays");
        let id = site.database.rows("SELECT id FROM roles WHERE name = 'readers'").concat().concat();
        run(&["role", "delete", &id], 1).says("held by somebody");
        site.database.execute("DELETE FROM user_entitlements");
        run(&["role", "set", &id, "--allow", "reports:*"], 0).says("version 2");
        run(&["role", "set", "1", "--allow", "x"], 1).says("from the beginning");
        site.database.execute("UPDATE roles SET origin = 'file' WHERE name = 'readers'");
        run(&["role", "delete", &id], 1).says("provisioning file");
        site.database.execute("UPDATE roles SET origin = 'manual' WHERE name = 'readers'");
        run(&["role", "delete", &id], 0);
        invariants::check(&site).expect(0);
    }
}

/// Numbers, names, ends and records: what is gone is not taken for what comes.
#[test]
fn what_is_gone_gives_its_number_and_its_name_to_nobody() {
    for backend in backends() {
        let site = Site::new(backend, &format!("{PROVIDER}{STAFF_VIEWS}"));
        Roster::of(3, "p", "staff").write(&site);
        site.sync(0);
        let run = |args: &[&str], code: i32| site.run(args).expect(code);
        let number = |name: &str| {
            let sql = format!("SELECT id FROM roles WHERE name = '{name}'");
            site.database.rows(&sql).concat().concat()
        };
        run(&["role", "create", "first", "--org", "Main", "--allow", "a"], 0);
        let first = number("first");
        let give = |role: &str, more: &[&str]| {
            run(&[&["grant", "give", "--role", role, "--org", "Main", "--user", "p000"], more].concat(), 0)
        };
        give("first", &["--lasts", "8h"]);
        let chain = || site.database.rows("SELECT count(*) FROM audit").concat().concat();
        let entitlement = || site.database.rows("SELECT max(id) FROM entitlements").concat().concat();
        let (records, before) = (chain(), entitlement());
        run(&["role", "delete", &first], 1).says("held by somebody");
        // What has ended holds nothing.
        site.database.execute("UPDATE user_entitlements SET manual_until = 5");
        run(&["role", "delete", &first], 0);
        run(&["role", "create", "second", "--org", "Main", "--allow", "b@c", "--limit", "seats=1"], 0);
        assert_ne!(number("second"), first);
        give("second", &[]);
        assert_ne!(entitlement(), before);
        // The same once more is nothing new.
        let given = chain();
        give("second", &[]);
        assert_eq!(chain(), given);
        assert_ne!(given, records);

        // A name is one thing, in an organization and in every one.
        run(&["role", "create", "second", "--allow", "b"], 1).says("of an organization already");
        run(&["role", "create", "everywhere", "--allow", "b"], 0);
        run(&["role", "create", "everywhere", "--org", "Main"], 1).says("of every organization already");

        // The chain says what a role came to allow, and what no more.
        run(&["role", "set", &number("second"), "--allow", "b@d"], 0);
        let said = site.database.rows("SELECT body FROM audit ORDER BY seq DESC LIMIT 1").concat().concat();
        let said: Value = serde_json::from_str(&said).unwrap();
        let change = &said["changes"][0];
        assert_eq!((&change[0], &change[2]), (&json!("change_role"), &json!(2)), "{said}");
        assert_eq!((&change[3]["allow"], &change[3]["take"]), (&json!([["b", "d"]]), &json!([["b", "c"]])), "{said}");

        // A rule let somebody act for a person who is purged: the others' histories say that it is over.
        run(&["grant", "give", "--act-for", "p001", "--user", "p002", "--scope", "folders:p001"], 0);
        run(&["grant", "give", "--role", "second", "--org", "Main", "--user", "p001", "--scope", "folders:p001"], 0);
        run(&["user", "archive", "p001"], 0);
        run(&["purge", "p001", "--yes"], 0);
        assert_eq!(
            site.database.rows("SELECT 1 FROM entitlements WHERE scope = 'folders:p001'"),
            Vec::<Vec<String>>::new()
        );
        let told =
            site.database.rows("SELECT body FROM audit WHERE user_id = (SELECT id FROM users WHERE login = 'p002')");
        assert!(told.concat().concat().contains("take_entitlement"), "{told:?}");
        invariants::audit(&site);
    }
}

async fn send(
    served: &Served,
    (method, path): (&str, &str),
    acting: &str,
    version: Option<i64>,
    body: Value,
) -> (u16, Value) {
    let mut request = served.with("admin", method, path).json(&body);
    if !acting.is_empty() {
        request = request.header("acting-for", acting);
    }
    if let Some(version) = version {
        request = request.header("if-match", format!("\"{version}\""));
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

/// A permission is held with its parameters, for a time; a limit up to a number. More of it nobody gives, not even to
/// themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w14_parameters_limits_and_ends_are_held_too() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let mut served = Served::on(backend, &http("failed_logins = 10000")).await;
        let (roles, all) = (("POST", "/api/v1/roles"), ("PUT", "/api/v1/entitlements"));
        let allow =
            |action: &str, scope: &str, said: Value| json!({ "action": action, "scope": scope, "parameters": said });
        let row = |filter: &str| json!({ "row": filter });
        let put = async |acting: &str, body: Value| send(&served, all, acting, None, body).await.0;
        let chief = json!({ "org": "Main", "name": "chief", "limits": { "exports": 5 }, "permissions": [
            allow("roles:*", "roles:*", json!({})), allow("reports:read", "folders:emea*", row("emea")) ] });
        assert_eq!(send(&served, roles, "", None, chief).await.0, 201);
        assert_eq!(put("", json!({ "role": "chief", "org": "Main", "user": "p000" })).await, 200);
        let make = async |name: &str, permissions: Value, limits: Value| {
            let role = json!({ "org": "Main", "name": name, "permissions": permissions, "limits": limits });
            send(&served, roles, "p000", None, role).await
        };
        let reports = |said: Value| json!([allow("reports:read", "folders:emea", said)]);
        assert_eq!(make("wide", reports(json!({})), json!({})).await.0, 403, "without the filter there is more to see");
        assert_eq!(make("wide", reports(row("true")), json!({})).await.0, 403);
        assert_eq!(make("wide", json!([]), json!({ "exports": 6 })).await.0, 403);
        assert_eq!(make("wide", json!([]), json!({ "seats": 1 })).await.0, 403, "of which they have no limit");
        let (status, said) = make("same", reports(row("emea")), json!({ "exports": 5 })).await;
        assert_eq!(status, 201, "{said}");
        let give = |to: &str, more: Value| {
            let mut body = json!({ "role": "same", "org": "Main", "user": to });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        assert_eq!(put("p000", give("p000", json!({ "parameters": row("true") }))).await, 403, "to themselves");
        assert_eq!(put("p000", give("p001", json!({ "parameters": row("true") }))).await, 403);
        assert_eq!(put("p000", give("p001", json!({ "parameters": { "other": "x" } }))).await, 403);
        assert_eq!(put("p000", give("p001", json!({}))).await, 200);
        // What carries parameters is the operator's to take, and to change.
        let (_, held) = send(&served, all, "p000", None, give("p001", json!({}))).await;
        let one = format!("/api/v1/entitlements/{}/user/{}", held["id"], held["holder_id"]);
        assert_eq!(send(&served, ("DELETE", &one), "p000", None, json!({})).await.0, 403);
        let soon = 4_000_000_000_000_i64;
        assert_eq!(put("p000", give("p001", json!({ "until": soon }))).await, 403, "shorter is taking too");
        let role = format!("/api/v1/roles/{}", said["id"]);
        assert_eq!(send(&served, ("PATCH", &role), "p000", Some(1), json!({ "permissions": [] })).await.0, 403);
        assert_eq!(send(&served, ("DELETE", &one), "", None, json!({})).await.0, 204);

        // A part of it in which something else counts for them is not theirs to give as the rest.
        let part = json!({ "role": "chief", "org": "Main", "user": "p000", "scope": "folders:emea:q3", "parameters": row("q3") });
        assert_eq!(put("", part).await, 200);
        assert_eq!(put("p000", give("p002", json!({}))).await, 200, "folders:emea itself is no part of q3");
        let all_of = json!({ "role": "chief", "org": "Main", "user": "p002", "scope": "folders:emea*" });
        assert_eq!(put("p000", all_of).await, 403);

        // For no longer than they have it, and nobody makes their own last longer.
        let late = json!({ "role": "chief", "org": "Main", "user": "p003", "until": soon });
        assert_eq!(put("", late.clone()).await, 200);
        assert_eq!(put("p003", json!({ "role": "chief", "org": "Main", "user": "p003" })).await, 403, "their own");
        assert_eq!(put("p003", json!({ "role": "same", "org": "Main", "user": "p001" })).await, 403);
        assert_eq!(put("p003", json!({ "role": "same", "org": "Main", "user": "p001", "until": soon })).await, 200);
        assert_eq!(put("p003", late).await, 200, "as it is");
        served.stop();
    }
}

/// `p000` may write and assign roles in Main, and read reports of one region there. Nobody grants what they don't hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w14_nobody_grants_what_they_do_not_hold() {
    for backend in [Backend::Sqlite, Backend::Postgres].into_iter().filter(|backend| backend.is_there()) {
        let mut served = Served::on(backend, &http("failed_logins = 10000")).await;
        let roles = ("POST", "/api/v1/roles");
        let all = ("PUT", "/api/v1/entitlements");
        let allow = |action: &str, scope: &str| json!({ "action": action, "scope": scope });
        let chief = json!({ "org": "Main", "name": "chief", "permissions": [
            allow("roles:*", "roles:*"), allow("reports:read", "folders:emea*") ] });
        assert_eq!(send(&served, roles, "", None, chief).await.0, 201);
        let (status, said) =
            send(&served, all, "", None, json!({ "role": "chief", "org": "Main", "user": "p000" })).await;
        assert_eq!(status, 200, "{said}");

        let role =
            |name: &str, permissions: Vec<Value>| json!({ "org": "Main", "name": name, "permissions": permissions });
        let narrow = || vec![allow("reports:read", "folders:emea:q3")];
        let (status, made) = send(&served, roles, "p000", None, role("q3", narrow())).await;
        assert_eq!((status, &made["version"]), (201, &json!(1)), "{made}");
        for (name, permissions) in [
            ("wide", vec![allow("reports:read", "*")]),
            ("wide", vec![allow("reports:*", "folders:emea")]),
            ("wide", vec![allow("reports:write", "folders:emea")]),
            ("wide", [narrow(), vec![allow("*", "*")]].concat()),
        ] {
            let (status, said) = send(&served, roles, "p000", None, role(name, permissions)).await;
            assert_eq!(status, 403, "{said}");
        }
        // In every organization they hold nothing; and somebody else holds nothing anywhere.
        assert_eq!(send(&served, roles, "p000", None, json!({ "name": "q4", "permissions": [] })).await.0, 403);
        assert_eq!(send(&served, roles, "p001", None, role("q4", Vec::new())).await.0, 403);
        assert_eq!(send(&served, roles, "nobody", None, role("q4", Vec::new())).await.0, 422);

        // Changing: by version, and both what it said and what it is to say.
        let one = format!("/api/v1/roles/{}", made["id"]);
        let patch = ("PATCH", one.as_str());
        let wide = json!({ "permissions": [allow("reports:read", "*")] });
        assert_eq!(send(&served, patch, "p000", None, wide.clone()).await.0, 400);
        assert_eq!(send(&served, patch, "p000", Some(9), json!({ "title": "Q3" })).await.0, 412);
        assert_eq!(send(&served, patch, "p000", Some(1), wide.clone()).await.0, 403);
        assert_eq!(send(&served, patch, "p000", Some(1), json!({ "title": "Q3" })).await.1["version"], 2);

        // Giving: what it comes to within the scope.
        let give = |role: &str, scope: &str| json!({ "role": role, "org": "Main", "user": "p001", "scope": scope });
        assert_eq!(send(&served, roles, "", None, role("wide", vec![allow("reports:read", "*")])).await.0, 201);
        assert_eq!(send(&served, all, "p000", None, give("wide", "*")).await.0, 403);
        assert_eq!(send(&served, all, "p000", None, give("wide", "folders:emea:q1")).await.0, 200);
        assert_eq!(may(&served.site, "p001"), [["1", "reports:read", "folders:emea:q1"]]);
        assert_eq!(
            send(&served, all, "p001", None, give("wide", "folders:emea:q1")).await.0,
            403,
            "nor on what they hold alone"
        );
        // Adding it a second time takes nothing, and is one row.
        let (_, held) = send(&served, all, "p000", None, give("wide", "folders:emea:q1")).await;
        let taken = format!("/api/v1/entitlements/{}/user/{}", held["id"], held["holder_id"]);
        assert_eq!(send(&served, ("DELETE", &taken), "p001", None, json!({})).await.0, 403);
        assert_eq!(send(&served, ("DELETE", &taken), "p000", None, json!({})).await.0, 204);
        assert_eq!(send(&served, ("DELETE", &taken), "p000", None, json!({})).await.0, 404);
        assert_eq!(may(&served.site, "p001"), Vec::<Vec<String>>::new());

        // To act for somebody: theirs to give, and what comes of it is nobody's to hand on.
        let stand_in = json!({ "act_for": "p000", "user": "p002", "scope": "folders:*" });
        assert_eq!(send(&served, all, "p001", None, stand_in.clone()).await.0, 403);
        let (status, held) = send(&served, all, "p000", None, stand_in).await;
        assert_eq!((status, &held["act_for"]), (200, &json!("p000")));
        assert!(!may(&served.site, "p002").is_empty());
        let rights = json!({ "act_for": "p000", "user": "p002", "scope": "roles:*" });
        assert_eq!(send(&served, all, "p000", None, rights).await.0, 200);
        assert_eq!(send(&served, all, "p002", None, give("q3", "*")).await.0, 403, "rights of a stand-in");
        let gives_up = format!("/api/v1/entitlements/{}/user/{}", held["id"], held["holder_id"]);
        assert_eq!(send(&served, ("DELETE", &gives_up), "p002", None, json!({})).await.0, 204);

        // Whoever has no scope and is nobody that holds something may nothing.
        let refused = served.with("read", "PUT", "/api/v1/entitlements").json(&give("q3", "*")).send().await.unwrap();
        assert_eq!(problem(refused).await.0, 403);
        let past = json!({ "role": "q3", "org": "Main", "user": "p001", "until": 5 });
        assert_eq!(send(&served, all, "", None, past).await.0, 409);
        assert_eq!(send(&served, ("DELETE", &one), "p000", Some(2), json!({})).await.0, 204);
        let bodies = served.site.database.rows("SELECT body FROM audit").concat().concat();
        assert!(
            bodies.contains("give_entitlement") && bodies.contains("create_role") && !bodies.contains("p000"),
            "{bodies}"
        );
        served.stop();
        invariants::audit(&served.site);
    }
}
