//! WHEN: each provider on its schedule, on request, and again after a failure; one loop that knows
//! what is under way, and a task for each run.
//!
//! The loop itself never waits for anything but time, requests and ends of runs, so that its turns
//! are the process's sign of life. It neither reads nor decides: every run ends in
//! [`Engine::prepare`](crate::sync::Engine::prepare) and
//! [`Engine::carry_out`](crate::sync::Engine::carry_out). A request carries no data.

mod breaker;
mod credentials;
mod event;
mod handle;
mod jobs;
mod reload;
mod run;
mod say;
mod schedule;
mod source;
mod status;
mod task;
mod turn;
mod watch;

pub use breaker::State as BreakerState;
pub use event::{RunEvent, What};
pub use handle::{Handle, NoSuchProvider};
pub use source::{FileSource, Source, Surroundings, engine};
pub use status::{Changed, ConfigurationStatus, LastRun, ProviderStatus, Reload, Status};
pub use turn::Worker;
pub use watch::watch;

/// The longest time between two turns of the loop. Schedules go by the wall clock, which may jump.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(10);

/// Whether full runs of a provider are this process's to carry out.
pub trait Leads: Send + Sync + 'static {
    fn leads(&self, provider: &str) -> bool;
}

/// Where one process alone uses the database.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Leads for Alone {
    fn leads(&self, _: &str) -> bool {
        true
    }
}
