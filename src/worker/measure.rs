//! What the worker says of itself in metrics. Decides nothing.

use super::breaker::State;
use super::event::What;
use super::status::{Reload, Status};
use crate::telemetry::names;
use metrics::{counter, gauge};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;

fn seconds(at: Timestamp) -> f64 {
    at.0 as f64 / 1000.0
}

/// The loop has turned.
pub(super) fn beat(now: Timestamp) {
    gauge!(names::HEARTBEAT).set(seconds(now));
}

/// A run has ended.
pub(super) fn ended(provider: &str, trigger: Trigger, what: &What, now: Timestamp) {
    counter!(names::SYNC_RUNS, "provider" => provider.to_owned(), "trigger" => trigger.name(), "outcome" => what.name())
        .increment(1);
    gauge!(names::SYNC_LAST_RUN, "provider" => provider.to_owned()).set(seconds(now));
    if matches!(what, What::Applied { complete: true, .. } | What::Unchanged { complete: true }) {
        gauge!(names::SYNC_LAST_SUCCESS, "provider" => provider.to_owned()).set(seconds(now));
    }
}

/// A part of the program failed unexpectedly.
pub(super) fn panicked() {
    counter!(names::TASK_PANICS).increment(1);
}

/// How things stand.
pub(super) fn status(status: &Status) {
    for (name, provider) in &status.providers {
        if let Some(next) = provider.next {
            gauge!(names::SYNC_NEXT_RUN, "provider" => name.clone()).set(seconds(next));
        }
        let breaker = match provider.breaker {
            State::Closed => 0.0,
            State::HalfOpen => 1.0,
            State::Open => 2.0,
        };
        gauge!(names::BREAKER, "provider" => name.clone()).set(breaker);
        gauge!(names::LEADER, "provider" => name.clone()).set(if provider.leads { 1.0 } else { 0.0 });
    }
}

/// The configuration was loaded at the start.
pub(super) fn loaded(now: Timestamp) {
    gauge!(names::RELOAD_SUCCESSFUL).set(1.0);
    gauge!(names::RELOAD_SUCCESS_TIME).set(seconds(now));
}

/// A reload has ended.
pub(super) fn reloaded(reload: &Reload) {
    let outcome = if reload.result.is_ok() { "applied" } else { "refused" };
    counter!(names::RELOADS, "outcome" => outcome).increment(1);
    match reload.result {
        Ok(_) => loaded(reload.at),
        Err(_) => gauge!(names::RELOAD_SUCCESSFUL).set(0.0),
    }
}
