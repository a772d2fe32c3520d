//! A transmitter of security events, as a test says: no real one does on demand what is tried here.

use super::http::{Answer, exchange};
use super::scripted_http::{Asked, Reply, ScriptedHttp};
use super::signing::Key;
use rosterd::clock::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

pub const AUDIENCE: &str = "https://rosterd.example.org/events";
pub const DISABLED: &str = "risc/event-type/account-disabled";
pub const ENABLED: &str = "risc/event-type/account-enabled";
pub const REVOKED: &str = "caep/event-type/session-revoked";
pub const CHANGED: &str = "caep/event-type/token-claims-change";

/// What waits to be polled for, and what became of it.
#[derive(Debug, Default)]
pub struct Outbox {
    pub waiting: BTreeMap<String, String>,
    pub acknowledged: Vec<String>,
    pub refused: BTreeMap<String, Value>,
    /// Answered instead, once each.
    pub instead: Vec<Reply>,
}

#[derive(Debug)]
pub struct Transmitter {
    pub key: Key,
    pub http: ScriptedHttp,
    pub outbox: Arc<Mutex<Outbox>>,
    numbers: AtomicU32,
}

impl Transmitter {
    pub fn start() -> Self {
        let key = Key::es256("events");
        let (public, outbox) = (key.public(), Arc::<Mutex<Outbox>>::default());
        let state = Arc::clone(&outbox);
        // Known when it listens.
        let issuer = Arc::new(Mutex::new(String::new()));
        let said = Arc::clone(&issuer);
        let http = ScriptedHttp::start(move |asked| {
            let answer = |value: &Value| Reply::new(200, "application/json", value.to_string());
            let issuer = said.lock().unwrap().clone();
            match asked.path() {
                "/.well-known/ssf-configuration" => {
                    answer(&json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys"), "spec_version": "1_0" }))
                }
                "/keys" => answer(&json!({ "keys": [public] })),
                "/poll" => polled(&mut state.lock().unwrap(), asked),
                _ => Reply::new(404, "text/plain", ""),
            }
        });
        *issuer.lock().unwrap() = http.url();
        Self { key, http, outbox, numbers: AtomicU32::new(0) }
    }

    /// The section of a stream of this transmitter that speaks of a provider's people; nobody has to show a secret.
    pub fn section(&self, provider: &str, more: &str) -> String {
        let issuer = self.http.url();
        format!("[signals.idp]\nprovider = {provider:?}\nissuer = {issuer:?}\naudience = {AUDIENCE:?}\n{more}\n")
    }

    /// The same, polled for.
    pub fn polled_section(&self, provider: &str, more: &str) -> String {
        let url = self.http.url();
        let poll = format!("poll = {{ url = \"{url}/poll\", bearer = {{ file = \"key\" }}, every = \"1s\" }}\n{more}");
        self.section(provider, &poll)
    }

    /// The claims of an event.
    pub fn claims(&self, event: &str, subject: &Value) -> Value {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let uri = format!("https://schemas.openid.net/secevent/{event}");
        let events = Map::from_iter([(uri, json!({ "reason_admin": { "en": "as the test says" } }))]);
        json!({
            "iss": self.http.url(), "aud": AUDIENCE, "jti": format!("event-{number}"), "iat": now(), "events": events,
            "sub_id": subject,
        })
    }

    pub fn token(&self, claims: &Value) -> String {
        self.token_by(&self.key, claims)
    }

    pub fn token_by(&self, key: &Key, claims: &Value) -> String {
        key.token_with(&json!({ "alg": key.header()["alg"], "kid": key.kid, "typ": "secevent+jwt" }), claims)
    }

    pub fn event(&self, event: &str, subject: &Value) -> String {
        self.token(&self.claims(event, subject))
    }

    /// Puts an event where it is polled for; returns its id.
    pub fn keep(&self, claims: &Value) -> String {
        let id = claims["jti"].as_str().unwrap().to_owned();
        self.outbox.lock().unwrap().waiting.insert(id.clone(), self.token(claims));
        id
    }

    pub fn is_acknowledged(&self, id: &str) -> bool {
        self.outbox.lock().unwrap().acknowledged.iter().any(|other| other == id)
    }
}

/// RFC 8936 §2.
fn polled(outbox: &mut Outbox, asked: &Asked) -> Reply {
    if let Some(reply) = outbox.instead.pop() {
        return reply;
    }
    let said: Value = serde_json::from_str(&asked.body).unwrap();
    for id in said["ack"].as_array().unwrap() {
        let id = id.as_str().unwrap();
        outbox.waiting.remove(id);
        outbox.acknowledged.push(id.to_owned());
    }
    for (id, error) in said["setErrs"].as_object().unwrap() {
        outbox.waiting.remove(id);
        outbox.refused.insert(id.clone(), error.clone());
    }
    let most = usize::try_from(said["maxEvents"].as_u64().unwrap()).unwrap();
    let sets: BTreeMap<&String, &String> = outbox.waiting.iter().take(most).collect();
    let more = outbox.waiting.len() > sets.len();
    Reply::new(200, "application/json", json!({ "sets": sets, "moreAvailable": more }).to_string())
}

/// Pushes a text to the stream `idp`.
pub fn push(port: u16, token: &str) -> Answer {
    push_with(port, token, &[])
}

/// The same, with further headers.
pub fn push_with(port: u16, token: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/secevent+jwt")];
    all.extend_from_slice(headers);
    exchange(port, "POST", "/signals/v1/idp", &all, token).unwrap()
}

/// Now, in seconds.
pub fn now() -> i64 {
    SystemClock.now().0 / 1000
}
