//! The metrics of hooks. Labels are hooks' names of the configuration and words of this program.

use crate::telemetry::names::{HOOK_DELIVERIES, HOOK_DURATION, HOOK_PENDING, PROPAGATION};
use std::time::Duration;

/// `outcome`: accepted, duplicate, done, failed, refused, limited.
pub(super) fn delivery(hook: &str, outcome: &'static str) {
    metrics::counter!(HOOK_DELIVERIES, "hook" => hook.to_owned(), "outcome" => outcome).increment(1);
}

/// `class`: async, inline. From the last byte of a call to its answer.
pub(super) fn took(hook: &str, class: &'static str, time: Duration) {
    metrics::histogram!(HOOK_DURATION, "hook" => hook.to_owned(), "class" => class).record(time);
}

pub(super) fn pending(deliveries: u64) {
    metrics::gauge!(HOOK_PENDING).set(deliveries as f64);
}

/// From a call until the tables said what it meant.
pub(super) fn propagated(provider: &str, millis: i64) {
    metrics::histogram!(PROPAGATION, "provider" => provider.to_owned()).record(millis.max(0) as f64 / 1000.0);
}
