//! The public keys of an issuer of tokens (RFC 7517): asked for anew because of a token at most once a minute, whatever
//! tokens say.

use super::{Client, Url};
use crate::jose::{self, Keys};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How often a token of an unknown key can make us ask at most.
const SELDOM: Duration = Duration::from_secs(60);
/// How often an issuer that does not answer is asked.
const AGAIN: Duration = Duration::from_secs(10);
/// After which they are asked for again, so that a key that was withdrawn is not believed for long.
const FRESH: Duration = Duration::from_secs(3600);
/// How long asking may take: shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest answer.
const LARGEST: usize = 256 << 10;

/// See the module's text.
#[derive(Debug, Default)]
pub struct KeyCache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    keys: Option<Arc<Keys>>,
    had_at: Option<Instant>,
    failed_at: Option<Instant>,
    /// When a token was the reason.
    made_to_ask_at: Option<Instant>,
}

impl KeyCache {
    /// The keys, asked for if there are none or they are old.
    pub async fn known(&self, client: &Client, url: &Url) -> Option<Arc<Keys>> {
        let mut state = self.0.lock().await;
        if state.had_at.is_none_or(|at| at.elapsed() >= FRESH) {
            ask(&mut state, client, url).await;
        }
        state.keys.clone()
    }

    /// Newer keys, if it is time to ask for them: the issuer may have begun to use another a moment ago.
    pub async fn newer(&self, client: &Client, url: &Url) -> Option<Arc<Keys>> {
        let mut state = self.0.lock().await;
        if state.made_to_ask_at.is_some_and(|at| at.elapsed() < SELDOM) {
            return None;
        }
        state.made_to_ask_at = Some(Instant::now());
        if ask(&mut state, client, url).await { state.keys.clone() } else { None }
    }
}

/// One at a time: who waits for it finds what the other has fetched.
async fn ask(state: &mut State, client: &Client, url: &Url) -> bool {
    if state.failed_at.is_some_and(|at| at.elapsed() < AGAIN) {
        return false;
    }
    state.failed_at = Some(Instant::now());
    match tokio::time::timeout(PATIENCE, fetch(client, url)).await {
        Ok(Ok(keys)) => {
            (state.keys, state.had_at, state.failed_at) = (Some(Arc::new(keys)), Some(Instant::now()), None);
            true
        }
        Ok(Err(why)) => {
            tracing::warn!(%why, "an issuer's keys could not be fetched");
            false
        }
        Err(_) => {
            tracing::warn!(host = url.host_str(), "an issuer's keys did not come in time");
            false
        }
    }
}

async fn fetch(client: &Client, url: &Url) -> Result<Keys, String> {
    let answer = client.get(url, None, LARGEST).await.map_err(|error| error.to_string())?;
    if !answer.good() {
        return Err(format!("{url} answered {}", answer.status));
    }
    let set = jose::parse(&answer.body, jose::FEW).ok().and_then(|set| Keys::parse(&set));
    set.filter(|keys| !keys.is_empty()).ok_or_else(|| format!("{url} answered no set of keys that can be used"))
}
