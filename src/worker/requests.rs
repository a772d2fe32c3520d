//! Runs that were asked for at any replica: the rows of `run_requests` that a run serves.
//!
//! A request that cannot be noted as started or finished never stops a run: it stays open and is
//! served again.

use super::event::What;
use super::jobs::{Done, Job};
use super::turn::Worker;
use crate::store::RunRequest;
use crate::sync::Engine;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::PROVISIONING;
use serde_json::{Value, json};

/// How often the leader of a provider looks for requests, in milliseconds.
pub(super) const LOOK_MILLIS: i64 = 1000;

/// Those that wait or were left behind, now being served.
pub(super) async fn start(engine: &Engine, provider: &str) -> Vec<RunRequest> {
    let open = match engine.store.open_requests(provider).await {
        Ok(open) => open,
        Err(error) => {
            tracing::debug!(provider, %error, "requests for runs cannot be read");
            Vec::new()
        }
    };
    for request in &open {
        if let Err(error) = engine.store.start_request(&request.id, engine.clock.now()).await {
            tracing::debug!(provider, %error, "a request for a run cannot be noted as started");
        }
    }
    open
}

/// Says how the run ended that served them.
pub(super) async fn finish(engine: &Engine, requests: &[RunRequest], what: &What) {
    let outcome = json(what).to_string();
    for request in requests {
        if let Err(error) = engine.store.finish_request(&request.id, &outcome, engine.clock.now()).await {
            tracing::warn!(provider = request.provider, %error, "a request for a run cannot be noted as finished");
        }
    }
}

/// Whether somebody asked for a run of the provider that has not begun.
pub(super) async fn wait(engine: &Engine, provider: &str) -> bool {
    engine.store.open_requests(provider).await.is_ok_and(|open| !open.is_empty())
}

impl Worker {
    /// Where several replicas take requests, the one that leads a provider carries them out.
    pub(super) fn look_for_requests(&mut self, now: Timestamp) {
        let engine = self.shared.engine.load_full();
        let due = now.0 - self.requested.0 >= LOOK_MILLIS;
        if !engine.store.shared() || !due || self.jobs.has(&Job::Requests) {
            return;
        }
        self.requested = now;
        let idle = self.tasks.iter().filter(|(name, task)| {
            task.asked.is_none() && task.running.is_none() && self.leadership.standing(name).leads()
        });
        let names: Vec<String> = idle.map(|(name, _)| name.clone()).collect();
        let provisions = engine.provisions() && self.leadership.standing(PROVISIONING).leads();
        self.jobs.start(Job::Requests, async move {
            let mut asked = Vec::new();
            for name in names {
                if wait(&engine, &name).await {
                    asked.push(name);
                }
            }
            // What cannot be read is read again.
            let generation = if provisions { engine.store.generation().await.ok() } else { None };
            Done::Requests(asked, generation)
        });
    }
}

/// How a run ended, as the table holds it.
fn json(what: &What) -> Value {
    let outcome = what.name();
    match what {
        What::Applied { added, changed, removed, withheld, rows, complete } => json!({
            "outcome": outcome, "complete": complete, "added": added, "changed": changed,
            "removed": removed, "withheld": withheld, "rows": rows,
        }),
        What::Unchanged { complete } => json!({ "outcome": outcome, "complete": complete }),
        What::Held { hold, state } => json!({ "outcome": outcome, "hold": hold, "state": state.name() }),
        What::Failed { message, retry } => json!({ "outcome": outcome, "error": message, "retry": retry }),
        What::Started | What::Read { .. } | What::Planned { .. } => json!({ "outcome": outcome }),
    }
}
