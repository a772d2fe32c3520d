//! The public keys of an issuer of tokens (RFC 7517): asked for at most once a minute, whatever tokens say.

use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How often they are asked for at most. A token of an unknown key must not make us ask again.
const SELDOM: Duration = Duration::from_secs(60);
/// After which they are asked for again, so that a key that was withdrawn is not believed for long.
const FRESH: Duration = Duration::from_secs(3600);
/// How long asking may take: shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest answer.
const LARGEST: usize = 256 * 1024;
/// The most keys that are looked at.
const MOST_KEYS: usize = 100;

#[derive(Debug)]
pub(super) struct KeyCache {
    url: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Arc<JwkSet>>,
    had_at: Option<Instant>,
    asked_at: Option<Instant>,
}

impl KeyCache {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), state: Mutex::default() }
    }

    /// The keys, asked for if there are none or they are old.
    pub(super) async fn known(&self) -> Option<Arc<JwkSet>> {
        let mut state = self.state.lock().await;
        if state.had_at.is_none_or(|at| at.elapsed() >= FRESH) {
            self.ask(&mut state).await;
        }
        state.keys.clone()
    }

    /// Newer keys, if it is time to ask for them.
    pub(super) async fn newer(&self) -> Option<Arc<JwkSet>> {
        let mut state = self.state.lock().await;
        if self.ask(&mut state).await { state.keys.clone() } else { None }
    }

    /// One at a time: who waits here finds what the other has fetched.
    async fn ask(&self, state: &mut State) -> bool {
        if state.asked_at.is_some_and(|at| at.elapsed() < SELDOM) {
            return false;
        }
        state.asked_at = Some(Instant::now());
        match tokio::time::timeout(PATIENCE, fetch(&self.url)).await {
            Ok(Ok(keys)) => {
                (state.keys, state.had_at) = (Some(Arc::new(keys)), Some(Instant::now()));
                true
            }
            Ok(Err(why)) => {
                tracing::warn!(url = self.url, why, "an issuer's keys could not be fetched");
                false
            }
            Err(_) => {
                tracing::warn!(url = self.url, "an issuer's keys did not come in time");
                false
            }
        }
    }
}

async fn fetch(url: &str) -> Result<JwkSet, String> {
    // A redirect could lead anywhere, also into our own network.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(|error| error.to_string())?;
    let mut answer = client.get(url).send().await.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
        if body.len() + chunk.len() > LARGEST {
            return Err(format!("its answer is larger than {LARGEST} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut root: Value = serde_json::from_slice(&body).map_err(|_| "its answer is not JSON".to_owned())?;
    let keys = root.get_mut("keys").map(Value::take);
    let Some(Value::Array(keys)) = keys else { return Err("its answer is not a set of keys".to_owned()) };
    // One of a kind that is not known here must not hide the others.
    let keys = keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok()).collect();
    Ok(JwkSet { keys })
}
