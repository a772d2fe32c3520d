//! WHEN: each provider on its schedule, on request, and again after a failure; one loop that knows
//! what is under way, and a task for each run.
//!
//! The loop itself never waits for anything but time, requests and ends of runs, so that its turns
//! are the process's sign of life. It neither reads nor decides: every run is a
//! [`Engine`](crate::sync::Engine)'s. A request carries no data.

mod breaker;
mod credentials;
mod event;
mod follow;
mod handle;
mod jobs;
mod lead;
mod listen;
mod lookups;
mod measure;
mod provision;
mod reload;
mod requests;
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
pub use lead::{Leadership, Standing, own_name};
pub use lookups::{FullRun, LookError, Looks, Lookups, SPACING};
pub use source::{FileSource, Source, Surroundings, engine, logins};
pub use status::{Changed, ConfigurationStatus, LastRun, ProviderStatus, Reload, Status};
pub use turn::Worker;
pub use watch::watch;

/// The longest time between two turns of the loop. Schedules go by the wall clock, which may jump.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(10);
