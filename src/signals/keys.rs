//! The keys of an issuer of events: where they are, by the configuration or by the issuer's own metadata (SSF 1.0 §7.2),
//! which is asked for every hour, and at most every ten seconds while it does not answer.

use crate::fetch::{Client, KeyCache, Url};
use crate::jose::{self, Keys};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

const SELDOM: Duration = Duration::from_secs(10);
const FRESH: Duration = Duration::from_secs(3600);
/// The largest answer.
const LARGEST: usize = 256 << 10;
const PLACE: &str = "/.well-known/ssf-configuration";

/// See the module's text.
#[derive(Debug)]
pub(super) struct IssuerKeys {
    issuer: String,
    fixed: Option<String>,
    found: Mutex<Found>,
    cache: KeyCache,
}

#[derive(Debug, Default)]
struct Found {
    url: Option<(Url, Instant)>,
    failed: Option<(Instant, String)>,
}

impl IssuerKeys {
    pub(super) fn new(issuer: &str, fixed: Option<&str>) -> Self {
        let fixed = fixed.map(str::to_owned);
        Self { issuer: issuer.to_owned(), fixed, found: Mutex::default(), cache: KeyCache::default() }
    }

    /// Where they are.
    pub(super) async fn place(&self, client: &Client) -> Result<Url, String> {
        if let Some(fixed) = &self.fixed {
            return Url::parse(fixed).map_err(|error| format!("keys_url: {error}"));
        }
        let mut found = self.found.lock().await;
        if let Some((url, at)) = &found.url
            && at.elapsed() < FRESH
        {
            return Ok(url.clone());
        }
        let before = found.url.as_ref().map(|(url, _)| url.clone());
        if let Some((at, why)) = &found.failed
            && at.elapsed() < SELDOM
        {
            return before.ok_or_else(|| why.clone());
        }
        match discover(client, &self.issuer).await {
            Ok(url) => {
                *found = Found { url: Some((url.clone(), Instant::now())), failed: None };
                Ok(url)
            }
            Err(why) => {
                tracing::warn!(why, "an issuer of events does not say where its keys are");
                found.failed = Some((Instant::now(), why.clone()));
                // What was known, as long as nothing else is.
                before.ok_or(why)
            }
        }
    }

    pub(super) async fn known(&self, client: &Client) -> Option<Arc<Keys>> {
        self.cache.known(client, &self.place(client).await.ok()?).await
    }

    /// Newer ones, if it is time to ask for them.
    pub(super) async fn newer(&self, client: &Client) -> Option<Arc<Keys>> {
        self.cache.newer(client, &self.place(client).await.ok()?).await
    }
}

async fn discover(client: &Client, issuer: &str) -> Result<Url, String> {
    let place = place(issuer).ok_or_else(|| format!("{issuer:?} is no URL; say `keys_url`"))?;
    let answer = client.get(&place, None, LARGEST).await.map_err(|error| error.to_string())?;
    if !answer.good() {
        return Err(format!("{place} answered {}", answer.status));
    }
    let root = jose::parse(&answer.body, jose::FEW).map_err(|_| format!("{place}: its answer is not JSON"))?;
    read(issuer, &root).map_err(|why| format!("{place}: {why}"))
}

/// Between the host and the issuer's own path (SSF 1.0 §7.2.1).
fn place(issuer: &str) -> Option<Url> {
    let mut url = Url::parse(issuer).ok()?;
    let path = format!("{PLACE}{}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Some(url)
}

/// The issuer must be the one that was asked (SSF 1.0 §7.2.3): another one would vouch for its own events as for these.
fn read(issuer: &str, root: &Value) -> Result<Url, String> {
    let other = root.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if other != issuer {
        return Err(format!("it calls its issuer {other:.200?}; `issuer` must be exactly that"));
    }
    let keys = root.get("jwks_uri").and_then(Value::as_str).ok_or("it does not say where its keys are (jwks_uri)")?;
    Url::parse(keys).map_err(|error| format!("jwks_uri is no URL: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metadata_is_between_the_host_and_the_path() {
        for (issuer, expected) in [
            ("https://tr.example.com", "https://tr.example.com/.well-known/ssf-configuration"),
            ("https://tr.example.com/", "https://tr.example.com/.well-known/ssf-configuration"),
            ("https://tr.example.com/issuer1", "https://tr.example.com/.well-known/ssf-configuration/issuer1"),
            ("https://kc.x.org:8443/realms/a/", "https://kc.x.org:8443/.well-known/ssf-configuration/realms/a"),
        ] {
            assert_eq!(place(issuer).map(String::from).as_deref(), Some(expected));
        }
        assert_eq!(place("tr.example.com"), None);
    }

    #[test]
    fn o26_the_issuer_is_the_one_that_was_asked() {
        let good = json!({ "issuer": "https://x.org", "jwks_uri": "https://x.org/keys" });
        assert!(read("https://x.org", &good).is_ok());
        for (issuer, root) in [
            ("https://x.org/", good),
            ("https://x.org", json!({ "jwks_uri": "https://x.org/keys" })),
            ("https://x.org", json!({ "issuer": "https://x.org" })),
            ("https://x.org", json!({ "issuer": "https://x.org", "jwks_uri": "/keys" })),
            ("https://x.org", json!(null)),
        ] {
            assert!(read(issuer, &root).is_err(), "{root}");
        }
    }
}
