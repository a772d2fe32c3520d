use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How `rosterd run` works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Daemon {
    /// Where several processes share a PostgreSQL database: how long one of them leads a provider
    /// without having said so again. When it dies another takes over within twice that.
    pub lease: Duration,
    /// What this process is called where it leads. By default the machine's name and the process's
    /// number.
    pub replica: Option<String>,
}

impl Default for Daemon {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), replica: None }
    }
}
