//! The metrics of logins. Labels are providers' names of the configuration and words of this program.

use crate::telemetry::names::{LOGINS, RENEWALS};

/// `outcome`: opened, denied, refused, failed.
pub(super) fn login(provider: &str, outcome: &'static str) {
    metrics::counter!(LOGINS, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
}

/// `outcome`: renewed, over, failed.
pub(super) fn renewal(provider: &str, outcome: &'static str) {
    metrics::counter!(RENEWALS, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
}
