//! The metrics of hooks. Labels are hooks' names of the configuration and words of this program.

use std::time::Duration;

const DELIVERIES: &str = "rosterd_hook_deliveries_total";
const DURATION: &str = "rosterd_hook_duration_seconds";
const PENDING: &str = "rosterd_hook_deliveries_pending";
const PROPAGATION: &str = "rosterd_propagation_seconds";

/// `outcome`: accepted, duplicate, done, failed, refused, limited.
pub(super) fn delivery(hook: &str, outcome: &'static str) {
    metrics::counter!(DELIVERIES, "hook" => hook.to_owned(), "outcome" => outcome).increment(1);
}

/// `class`: async, inline. From the last byte of a call to its answer.
pub(super) fn took(hook: &str, class: &'static str, time: Duration) {
    metrics::histogram!(DURATION, "hook" => hook.to_owned(), "class" => class).record(time);
}

pub(super) fn pending(deliveries: u64) {
    metrics::gauge!(PENDING).set(deliveries as f64);
}

/// From a call until the tables said what it meant.
pub(super) fn propagated(provider: &str, millis: i64) {
    metrics::histogram!(PROPAGATION, "provider" => provider.to_owned()).record(millis.max(0) as f64 / 1000.0);
}
