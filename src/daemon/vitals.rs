//! What the operations listener tells of: the worker, the database, each provider.

use super::asked;
use crate::http::ops::{Detail, Vitals};
use crate::telemetry::names;
use crate::worker::{BreakerState, Handle, ProviderStatus};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use std::time::Duration;
use tokio::sync::watch;

/// See the module's text.
pub(super) struct Watched {
    handle: Handle,
    stopped: watch::Receiver<bool>,
}

impl Watched {
    pub(super) fn new(handle: Handle, stopped: watch::Receiver<bool>) -> Self {
        Self { handle, stopped }
    }
}

#[async_trait]
impl Vitals for Watched {
    fn since_beat(&self) -> Duration {
        self.handle.since_beat()
    }

    fn is_stopping(&self) -> bool {
        *self.stopped.borrow()
    }

    async fn database(&self) -> Result<(), String> {
        self.handle.engine().store.alive().await.map_err(|error| error.to_string())
    }

    fn details(&self) -> Vec<Detail> {
        let status = self.handle.status();
        let now = self.handle.engine().clock.now();
        let mut details: Vec<Detail> =
            status.providers.iter().map(|(name, provider)| one(name, provider, now)).collect();
        if let Some(reload) = &status.configuration.last_reload {
            let said = match &reload.result {
                Ok(_) => format!("read again {}", ago(now, reload.at)),
                Err(errors) => format!("cannot be used, {} errors; the one before is in force", errors.len()),
            };
            details.push(Detail { name: "configuration".to_owned(), well: reload.result.is_ok(), said });
        }
        details
    }

    fn measure(&self) {
        for (provider, waiting) in self.handle.waiting() {
            metrics::gauge!(names::LOOKS_WAITING, "provider" => provider).set(waiting as f64);
        }
    }
}

fn one(name: &str, provider: &ProviderStatus, now: Timestamp) -> Detail {
    let leads = if provider.leads { "" } else { "; another replica reads it" };
    let success = provider.last_success.map_or("never read".to_owned(), |at| format!("read {}", ago(now, at)));
    let last = provider.last.as_ref().map_or(String::new(), |last| {
        let outcome = asked::outcome(&last.what);
        format!("; the last run: {}", outcome.get("outcome").and_then(|word| word.as_str()).unwrap_or_default())
    });
    let well = provider.breaker == BreakerState::Closed;
    Detail { name: format!("provider {name}"), well, said: format!("{success}{last}{leads}") }
}

fn ago(now: Timestamp, then: Timestamp) -> String {
    format!("{} s ago", (now.0 - then.0).max(0) / 1000)
}
