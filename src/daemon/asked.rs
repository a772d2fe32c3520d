//! What the API asks, asked of the worker.

use crate::http::Work;
use crate::sync::Engine;
use crate::worker::{Changed, Handle, ProviderStatus, Reload, What};
use rosterd_core::writes::Trigger;
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Asked(pub(super) Handle);

impl Work for Asked {
    fn engine(&self) -> Arc<Engine> {
        self.0.engine()
    }

    fn run(&self, provider: &str) -> bool {
        // Where another replica reads the provider, that one finds the request by itself.
        let leads = self.0.status().providers.get(provider).is_some_and(|provider| provider.leads);
        if leads { self.0.run(provider, Trigger::Api).is_ok() } else { self.engine().with_runs().contains(provider) }
    }

    fn reload(&self) {
        self.0.reload();
    }

    fn status(&self) -> Value {
        let status = self.0.status();
        let providers: serde_json::Map<String, Value> =
            status.providers.iter().map(|(name, one)| (name.clone(), provider(one))).collect();
        json!({
            "stopping": status.stopping,
            "configuration": {
                "hash": status.configuration.hash,
                "reloads": status.configuration.reloads,
                "last_reload": status.configuration.last_reload.as_ref().map(reload),
            },
            "providers": providers,
            "people_waiting": self.0.waiting(),
        })
    }
}

fn provider(one: &ProviderStatus) -> Value {
    json!({
        "leads": one.leads,
        "running_since": one.running.map(|at| at.0),
        "asked": one.asked,
        "last": one.last.as_ref().map(|last| json!({
            "trigger": last.trigger.name(),
            "started_at": last.started.0,
            "ended_at": last.ended.0,
            "outcome": outcome(&last.what),
        })),
        "last_success_at": one.last_success.map(|at| at.0),
        "next_at": one.next.map(|at| at.0),
        "breaker": one.breaker.name(),
    })
}

fn reload(reload: &Reload) -> Value {
    match &reload.result {
        Ok(changed) => json!({ "at": reload.at.0, "ok": true, "changed": *changed == Changed::Yes }),
        Err(errors) => json!({ "at": reload.at.0, "ok": false, "errors": errors }),
    }
}

/// How a run ended, as the API tells it.
pub(super) fn outcome(what: &What) -> Value {
    match what {
        What::Started | What::Read { .. } | What::Planned { .. } => json!({ "outcome": "running" }),
        What::Unchanged { complete } => json!({ "outcome": "unchanged", "complete": complete }),
        What::Applied { added, changed, removed, withheld, complete, .. } => json!({
            "outcome": "applied", "added": added, "changed": changed, "removed": removed, "withheld": withheld,
            "complete": complete,
        }),
        What::Held { hold, .. } => json!({ "outcome": "held", "hold": hold }),
        What::Failed { message, retry } => json!({ "outcome": "failed", "message": message, "retry": retry }),
    }
}
