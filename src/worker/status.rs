//! How things stand, as one value: what `status()`, readiness and the API show.

use super::breaker::State;
use super::event::What;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::collections::BTreeMap;

/// See the module's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Those that can be listed.
    pub providers: BTreeMap<String, ProviderStatus>,
    pub configuration: ConfigurationStatus,
    /// No new run begins any more.
    pub stopping: bool,
}

/// One provider's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderStatus {
    /// Since when a run is under way.
    pub running: Option<Timestamp>,
    /// A run was asked for and has not begun.
    pub asked: bool,
    pub last: Option<LastRun>,
    /// When a run last ended as it should: applied, or with nothing to change.
    pub last_success: Option<Timestamp>,
    /// When the next one is due by schedule, or after a failure.
    pub next: Option<Timestamp>,
    pub breaker: State,
    /// Whether full runs are this process's to carry out.
    pub leads: bool,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    pub trigger: Trigger,
    pub started: Timestamp,
    pub ended: Timestamp,
    /// `Applied`, `Unchanged`, `Held` or `Failed`.
    pub what: What,
}

/// The configuration in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigurationStatus {
    /// SHA-256 of the whole, in hexadecimal.
    pub hash: String,
    /// How many reloads have ended.
    pub reloads: u64,
    pub last_reload: Option<Reload>,
}

/// How a reload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    pub at: Timestamp,
    /// Whether something changed; or why the configuration that was in force stays.
    pub result: Result<Changed, Vec<String>>,
}

/// Whether a reload found another configuration than the one in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Yes,
    No,
}
