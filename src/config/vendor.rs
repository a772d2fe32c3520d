//! What sections of vendors' interfaces have in common.

use super::Duration;

pub(super) fn all_groups() -> Vec<String> {
    vec!["*".to_owned()]
}

pub(super) fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}
