//! What the database's answers say in metrics. Decides nothing.

use super::StoreError;
use crate::clock::Stopwatch;
use crate::telemetry::names;
use metrics::{counter, gauge, histogram};
use std::future::Future;

/// Counts what could not be read or written.
pub(super) fn asked<T>(access: &'static str, result: Result<T, StoreError>) -> Result<T, StoreError> {
    match &result {
        Ok(_) => gauge!(names::DATABASE_UP).set(1.0),
        Err(error) => {
            counter!(names::DATABASE_ERRORS, "access" => access, "error" => error.name()).increment(1);
            if matches!(error, StoreError::Unreachable(_)) {
                gauge!(names::DATABASE_UP).set(0.0);
            }
        }
    }
    result
}

/// The same for a transaction that applies, with how long it took.
pub(super) async fn applying<T>(doing: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let watch = Stopwatch::start();
    let done = doing.await;
    histogram!(names::DATABASE_WRITE_DURATION).record(watch.elapsed().as_secs_f64());
    asked("write", done)
}

/// Of the pool, whenever one is taken from it.
pub(super) fn connections(all: u32, idle: usize) {
    let idle = f64::from(u32::try_from(idle).unwrap_or(all).min(all));
    gauge!(names::DATABASE_CONNECTIONS, "state" => "idle").set(idle);
    gauge!(names::DATABASE_CONNECTIONS, "state" => "used").set(f64::from(all) - idle);
}
