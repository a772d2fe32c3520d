//! Each sender: its good call, and everything that is almost one.

mod each;
mod forms;
mod tokens;

use super::read;
use crate::config::{Hook, LoginProtocol, Secret};
use crate::hooks::make;
use crate::hooks::read::{Call, Event, Given, Verified};
use crate::hooks::refusal::Refusal;
use crate::jose::Keys;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use rosterd_core::ids::Timestamp;
use serde_json::{Value, json};

pub(super) const NOW: Timestamp = Timestamp(1_767_225_600_000);
pub(super) const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A hook with these keys besides `provider`.
pub(super) fn hook(keys: Value) -> Hook {
    let mut all = json!({ "provider": "corp" });
    all.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// One of each that proves itself with a secret, as somebody would configure it.
pub(super) fn with_secrets() -> Vec<Hook> {
    let person = json!({ "login": "/user" });
    ["standard-webhooks", "bearer", "hmac", "okta", "keycloak", "kratos", "zitadel", "authentik", "auth0"]
        .into_iter()
        .map(|sender| match sender {
            "standard-webhooks" | "bearer" | "hmac" => hook(json!({ "sender": sender, "person": person })),
            _ => hook(json!({ "sender": sender })),
        })
        .chain([hook(json!({ "sender": "hmac", "person": person, "timestamp_header": "X-Time", "header": "X-Sig" }))])
        .collect()
}

/// A call that can be changed.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Sent {
    pub(super) fn good(hook: &Hook, secret: &str) -> Self {
        let made = make(hook, Some(&Secret::new(secret.to_owned())), "ann@example.org", "evt_1", NOW).unwrap();
        let mut sent = Self { method: made.method.parse().unwrap(), headers: HeaderMap::new(), body: made.body };
        for (name, value) in made.headers {
            sent.set(&name, &value);
        }
        sent
    }

    pub(super) fn post(body: &Value) -> Self {
        Self { method: Method::POST, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let name: HeaderName = name.parse().unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
    }

    pub(super) fn read(&self, hook: &Hook, secrets: &[&str]) -> Result<Verified, Refusal> {
        self.read_at(hook, secrets, NOW)
    }

    pub(super) fn read_at(&self, hook: &Hook, secrets: &[&str], now: Timestamp) -> Result<Verified, Refusal> {
        self.read_with(hook, secrets, None, None, now)
    }

    pub(super) fn read_with(
        &self,
        hook: &Hook,
        secrets: &[&str],
        keys: Option<&Keys>,
        source: Option<LoginProtocol>,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect();
        let call = Call { method: &self.method, headers: &self.headers, body: &self.body };
        read(&call, &Given { hook, secrets: &secrets, keys, source, now })
    }
}

pub(super) fn events(verified: Result<Verified, Refusal>) -> Vec<Event> {
    match verified.unwrap() {
        Verified::Events { events, .. } => events,
        Verified::Challenge(_) => Vec::new(),
    }
}

pub(super) fn code(verified: Result<Verified, Refusal>) -> &'static str {
    verified.unwrap_err().code
}
