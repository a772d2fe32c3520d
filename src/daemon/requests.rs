//! Runs that were asked for over the API, at whichever replica: carried out where the provider is
//! led, one run for all who asked before it began.

use super::asked::outcome;
use crate::store::{RunRequest, StoreError};
use crate::worker::{Handle, RunEvent, What};
use rosterd_core::writes::Trigger;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::interval;

/// How often is looked for what others' replicas were asked.
const LOOK: Duration = Duration::from_secs(1);
/// How long a finished request is kept: 7 days, in milliseconds.
const KEPT: i64 = 7 * 24 * 3600 * 1000;

/// Carries requests out until `stop`.
pub(super) async fn serve(handle: Handle, requested: Arc<Notify>, stop: impl Future<Output = ()> + Send) {
    tokio::pin!(stop);
    let mut events = handle.events();
    let mut ticks = interval(LOOK);
    let mut begun: BTreeMap<String, Vec<RunRequest>> = BTreeMap::new();
    let mut looks = 0u64;
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
            () = requested.notified() => {}
            event = events.recv() => match event {
                Ok(event) => {
                    follow(&handle, &mut begun, &event).await;
                    continue;
                }
                // What was missed is found open again.
                Err(RecvError::Lagged(_)) => begun.clear(),
                Err(RecvError::Closed) => return,
            },
        }
        if let Err(error) = begin(&handle, &begun).await {
            tracing::warn!(%error, "requests for runs cannot be looked for");
        }
        looks += 1;
        if looks.is_multiple_of(3600) {
            forget(&handle).await;
        }
    }
}

/// Asks the worker for a run wherever somebody waits for one.
async fn begin(handle: &Handle, begun: &BTreeMap<String, Vec<RunRequest>>) -> Result<(), StoreError> {
    let status = handle.status();
    let engine = handle.engine();
    for (name, provider) in &status.providers {
        if !provider.leads || begun.contains_key(name) {
            continue;
        }
        if !engine.store.open_requests(name).await?.is_empty() {
            // Of one that has begun nobody knows how it ended: whoever carried it out is gone.
            let _ = handle.run(name, Trigger::Api);
        }
    }
    Ok(())
}

/// Notes which requests a run serves that begins, and how it ended.
async fn follow(handle: &Handle, begun: &mut BTreeMap<String, Vec<RunRequest>>, event: &RunEvent) {
    let engine = handle.engine();
    let store = &engine.store;
    match &event.what {
        What::Started => {
            let open = store.open_requests(&event.provider).await.unwrap_or_default();
            for request in &open {
                if let Err(error) = store.start_request(&request.id, event.at).await {
                    tracing::warn!(%error, "that a run has begun cannot be noted");
                }
            }
            if !open.is_empty() {
                begun.insert(event.provider.clone(), open);
            }
        }
        What::Read { .. } | What::Planned { .. } => {}
        ended => {
            let said = outcome(ended).to_string();
            for request in begun.remove(&event.provider).unwrap_or_default() {
                if let Err(error) = store.finish_request(&request.id, &said, event.at).await {
                    tracing::warn!(%error, "how a run ended cannot be noted");
                }
            }
        }
    }
}

async fn forget(handle: &Handle) {
    let engine = handle.engine();
    let before = engine.clock.now().plus_millis(-KEPT);
    if let Err(error) = engine.store.forget_requests(before).await {
        tracing::warn!(%error, "old requests for runs cannot be forgotten");
    }
}
