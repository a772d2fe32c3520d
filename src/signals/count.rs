//! The metric of signals. Labels are streams' names of the configuration and words of this program.

use crate::telemetry::names::SIGNALS;

/// `outcome`: carried, repeated, late, nobody, noted, unknown, refused, limited, failed.
pub(super) fn signal(stream: &str, outcome: &'static str) {
    metrics::counter!(SIGNALS, "signal" => stream.to_owned(), "outcome" => outcome).increment(1);
}
