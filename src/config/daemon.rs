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
    /// How many providers are read at the same time.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: u32,
    /// How long what is under way may take to end after the daemon was told to stop. A second
    /// signal ends it at once.
    pub grace: Duration,
    /// Whether the configuration is read again when its file changes. SIGHUP does it always.
    pub watch: bool,
    /// How long a provider is left alone after its first failure. Each further one doubles it.
    pub retry: Duration,
    /// The longest such pause.
    pub retry_longest: Duration,
    /// How long a provider is left alone that refused the credentials, unless they change before.
    pub credentials_pause: Duration,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            replica: None,
            concurrency: 4,
            grace: Duration::from_secs(25),
            watch: true,
            retry: Duration::from_secs(5),
            retry_longest: Duration::from_secs(300),
            credentials_pause: Duration::from_secs(1800),
        }
    }
}
