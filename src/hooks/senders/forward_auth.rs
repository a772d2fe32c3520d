//! A proxy that asks about each request before it lets it through: nginx (`auth_request`), Traefik
//! (ForwardAuth), Caddy (`forward_auth`), Envoy (`ext_authz`), with the headers that oauth2-proxy,
//! Authelia and others set. Who the person is, the proxy has verified; that it is the proxy who asks is
//! known by the address alone.

use crate::hooks::read::{Call, Form, Given, Verified, event, group_list, one_as, only, sha256};
use crate::hooks::refusal::{Refusal, unproved};
use crate::hooks::shapes::Shape;
use serde_json::{Map, Value};

const FORM: Form = Form {
    subject: Some("/user"),
    login: Some("/user"),
    email: None,
    name: Some("/name"),
    id: None,
    kind: None,
    time: None,
};

/// What is read from which headers; the first that is there counts.
const FIELDS: [(&str, &[&str]); 3] = [
    (
        "user",
        &[
            "Remote-User",
            "X-Auth-Request-Preferred-Username",
            "X-Auth-Request-User",
            "X-Forwarded-Preferred-Username",
            "X-Forwarded-User",
        ],
    ),
    ("email", &["Remote-Email", "X-Auth-Request-Email", "X-Forwarded-Email"]),
    ("name", &["Remote-Name"]),
];
const GROUPS: [&str; 3] = ["Remote-Groups", "X-Auth-Request-Groups", "X-Forwarded-Groups"];

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    let text = |names: &[&str]| -> Result<Option<String>, Refusal> {
        for name in names {
            if let Some(value) = only(call.headers, name)? {
                let text = std::str::from_utf8(value).map_err(|_| unproved("header"))?;
                return Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()));
            }
        }
        Ok(None)
    };
    let mut root = Map::new();
    for (field, names) in FIELDS {
        root.insert(field.to_owned(), text(names)?.into());
    }
    if let Some(groups) = text(&GROUPS)? {
        root.insert("groups".to_owned(), group_list(&groups));
    }
    let root = Value::Object(root);
    let hash = sha256(root.to_string().as_bytes());
    Ok(one_as(event(&root, given, &FORM, None, hash), Shape::ForwardAuth))
}
