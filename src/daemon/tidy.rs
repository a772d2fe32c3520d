//! What has to be done now and then: old rows are forgotten, samples of metrics are taken in.

use crate::telemetry::Metrics;
use crate::worker::Handle;
use std::future::Future;
use std::time::Duration;
use tokio::time::interval;

/// How often samples are taken in: what is recorded meanwhile is kept in memory.
const SAMPLES: Duration = Duration::from_secs(5);
/// How often old rows are looked for, in such turns: about an hour.
const ROWS: u64 = 720;
/// In which of those turns entitlements are: a minute after the start, which has other things to do.
const LATER: u64 = 12;
/// How long a finished request for a run is kept: 7 days, in milliseconds.
const REQUESTS: i64 = 7 * 24 * 3600 * 1000;

/// How long explanations still say what somebody was given by hand, after it has ended: 90 days, in milliseconds.
const GIVEN: i64 = 90 * 24 * 3600 * 1000;

/// Until `stop`.
pub(super) async fn keep(handle: Handle, metrics: Metrics, stop: impl Future<Output = ()> + Send) {
    tokio::pin!(stop);
    let mut ticks = interval(SAMPLES);
    let mut turns = 0u64;
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => {}
        }
        metrics.upkeep();
        if turns.is_multiple_of(ROWS) {
            let engine = handle.engine();
            let before = engine.clock.now().plus_millis(-REQUESTS);
            if let Err(error) = engine.store.forget_requests(before).await {
                tracing::debug!(%error, "old requests for runs cannot be forgotten now");
            }
        }
        if turns % ROWS == LATER {
            let engine = handle.engine();
            let before = engine.clock.now().plus_millis(-GIVEN);
            if let Err(error) = engine.store.forget_entitlements(before).await {
                tracing::debug!(%error, "entitlements that are over cannot be forgotten now");
            }
        }
        turns += 1;
    }
}
