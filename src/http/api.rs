//! What the routes work with.

use super::caller::Known;
use super::failures::Failures;
use crate::sync::Engine;
use rosterd_core::ids::Timestamp;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// The part of the daemon that the API asks.
pub trait Work: Send + Sync + fmt::Debug {
    /// Of the configuration in force.
    fn engine(&self) -> Arc<Engine>;

    /// Tells the worker that somebody asked for a run of this provider. False when the
    /// configuration in force has none that can be listed under this name.
    fn run(&self, provider: &str) -> bool;

    /// Asks for the configuration to be read again; how that ended shows in the status.
    fn reload(&self);

    /// How the worker is, as JSON: each provider's last and next run, how the last reload ended.
    fn status(&self) -> Value;
}

/// See the module's text. One for the life of the process.
#[derive(Debug)]
pub struct Api {
    pub(super) work: Arc<dyn Work>,
    pub(super) failures: Failures,
    pub(super) known: Known,
    /// True when the process is about to end: streams end by themselves.
    pub(super) stopping: watch::Receiver<bool>,
}

impl Api {
    /// `stopping` becomes true when the process is about to end.
    #[must_use]
    pub fn new(work: Arc<dyn Work>, stopping: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self { work, failures: Failures::default(), known: Known::default(), stopping })
    }

    pub(super) fn engine(&self) -> Arc<Engine> {
        self.work.engine()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.work.engine().clock.now()
    }
}
