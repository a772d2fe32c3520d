use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of people who leave.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// How long somebody stays suspended before the account is archived.
    pub archive_after: Duration,
    /// Logins of people whom no run touches, for the day on which providers fail: nothing is given to them or taken
    /// from them, and each of their logins is loud. They have to exist; nobody else is ever given such a login.
    pub break_glass: Vec<String>,
    /// The longest that a token of a service account may last.
    pub service_token_longest: Duration,
    /// How long the old token of a service account still counts once there is one in its place.
    pub rotation_overlap: Duration,
}

const DAY: u64 = 24 * 3600;

impl Default for Accounts {
    fn default() -> Self {
        Self {
            archive_after: Duration::from_secs(30 * DAY),
            break_glass: Vec::new(),
            service_token_longest: Duration::from_secs(366 * DAY),
            rotation_overlap: Duration::from_secs(DAY),
        }
    }
}
