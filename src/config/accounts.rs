use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of people who leave.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// How long somebody stays suspended before the account is archived.
    pub archive_after: Duration,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { archive_after: Duration::from_secs(30 * 24 * 3600) }
    }
}
