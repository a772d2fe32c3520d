//! A service of five people and two groups, as RFC 7644 has it, where a test does not say otherwise.

use crate::world::scripted_http::{Asked, Reply, ScriptedHttp};
use serde_json::{Value, json};

pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const KIND: &str = "application/scim+json";

pub fn users() -> Vec<Value> {
    let user = |n: usize| json!({ "id": format!("user-{n}"), "userName": format!("u{n}"), "active": true });
    (1..=5).map(user).collect()
}

pub fn groups() -> Vec<Value> {
    let members: Vec<Value> = (1..=5).map(|n| json!({ "value": format!("user-{n}") })).collect();
    vec![
        json!({ "id": "group-1", "displayName": "all", "members": members }),
        json!({ "id": "group-2", "displayName": "above", "members": [{ "value": "group-1" }] }),
    ]
}

/// The page that is asked for, of these.
pub fn page(asked: &Asked, entries: &[Value]) -> Value {
    let (start, count) = (asked.number("startIndex"), asked.number("count"));
    let some: Vec<&Value> = entries.iter().skip(start - 1).take(count).collect();
    json!({ "schemas": [LIST], "totalResults": entries.len(), "startIndex": start, "itemsPerPage": some.len(), "Resources": some })
}

pub fn reply(body: &Value) -> Reply {
    Reply::new(200, KIND, body.to_string())
}

/// What a service without a fault answers.
pub fn good(asked: &Asked) -> Reply {
    let found =
        |entries: &[Value]| entries.iter().find(|entry| asked.path().ends_with(entry["id"].as_str().unwrap())).cloned();
    match asked.path() {
        "/v2/Users" => reply(&page(asked, &users())),
        "/v2/Groups" => reply(&page(asked, &groups())),
        path if path.starts_with("/v2/Groups/") => reply(&found(&groups()).unwrap()),
        "/v2/ServiceProviderConfig" => reply(&json!({ "filter": { "supported": false } })),
        _ => Reply::new(404, KIND, "{}"),
    }
}

/// A server that answers so, and rightly where `script` has nothing to say.
pub fn server(script: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> ScriptedHttp {
    ScriptedHttp::start(move |asked| script(asked).unwrap_or_else(|| good(asked)))
}

/// The same, where the `n`th page of users is changed.
pub fn changed(n: usize, change: impl Fn(&mut Value) + Send + Sync + 'static) -> ScriptedHttp {
    server(move |asked| {
        let of_users = asked.path() == "/v2/Users";
        (of_users && asked.number("startIndex") == n).then(|| {
            let mut body = page(asked, &users());
            change(&mut body);
            reply(&body)
        })
    })
}
