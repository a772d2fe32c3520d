//! How everybody else talks to the worker: asks for runs and reloads, follows what happens.
//!
//! What is asked for is kept as a set, not as a queue: asking a thousand times is asking once, and
//! takes no memory.

use super::event::RunEvent;
use super::lookups::{LookError, Lookups};
use super::status::Status;
use crate::clock::Stopwatch;
use crate::sync::{Asked, Engine, Finding, Looked};
use arc_swap::ArcSwap;
use rosterd_core::writes::Trigger;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};

/// How many events a slow follower may fall behind before it misses the oldest.
const EVENTS: usize = 256;

/// Cheap to clone; every clone is the same worker's.
#[derive(Clone)]
pub struct Handle(pub(super) Arc<Shared>);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

/// No provider of that name can be listed by the configuration in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no provider {0:?} that can be listed")]
pub struct NoSuchProvider(pub String);

/// What the worker's loop and its handles share.
pub(super) struct Shared {
    pub(super) engine: ArcSwap<Engine>,
    asked: Mutex<Wanted>,
    pub(super) wake: Notify,
    pub(super) events: broadcast::Sender<RunEvent>,
    pub(super) status: watch::Sender<Status>,
    beat: Mutex<Stopwatch>,
    pub(super) lookups: Lookups,
}

/// What the loop has not taken up yet.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) runs: BTreeMap<String, Trigger>,
    pub(super) reload: bool,
    /// Of providers that have said that something has changed.
    pub(super) rung: BTreeSet<String>,
    /// Somebody or something may have come for whom provisioning files wait.
    pub(super) provision: bool,
}

impl Shared {
    pub(super) fn new(engine: Engine) -> Arc<Self> {
        Arc::new(Self {
            engine: ArcSwap::from_pointee(engine),
            asked: Mutex::default(),
            wake: Notify::new(),
            events: broadcast::Sender::new(EVENTS),
            status: watch::Sender::default(),
            beat: Mutex::new(Stopwatch::start()),
            lookups: Lookups::default(),
        })
    }

    /// What was asked for since the last time.
    pub(super) fn take(&self) -> Wanted {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The provider has said that something has changed.
    pub(super) fn ring(&self, provider: &str) {
        self.ask(|asked| {
            asked.rung.insert(provider.to_owned());
        });
    }

    fn ask(&self, what: impl FnOnce(&mut Wanted)) {
        what(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_one();
    }

    /// Only the loop itself calls this, in each of its turns.
    pub(super) fn beat(&self) {
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Stopwatch::start();
    }
}

impl Handle {
    /// Of the configuration in force. Whoever keeps it goes on with the one that was.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.0.engine.load_full()
    }

    /// Asks for a full run of `provider`. One that is asked for again before it has begun is one
    /// run; one that is asked for while one is under way begins when that has ended, because that
    /// one may already have read what the asker wants to be read.
    ///
    /// # Errors
    /// The configuration in force has no such provider.
    pub fn run(&self, provider: &str, trigger: Trigger) -> Result<(), NoSuchProvider> {
        if !self.0.engine.load().with_runs().contains(provider) {
            return Err(NoSuchProvider(provider.to_owned()));
        }
        self.0.ask(|asked| {
            asked.runs.entry(provider.to_owned()).or_insert(trigger);
        });
        Ok(())
    }

    /// Looks at somebody now, with whoever else waits for a look; see [`super::lookups`]. Where a
    /// limit holds it, a full run is asked for, which says so as a whole.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn look(&self, provider: &str, asked: Asked, trigger: Trigger) -> Result<Looked, LookError> {
        let looked = self.0.lookups.look(self.engine(), provider, asked, trigger).await;
        // Where people cannot be listed, a run would find the same as before.
        let engine = self.0.engine.load();
        if engine.provisions() && matches!(&looked, Ok(Looked { finding: Finding::Applied, .. })) {
            self.0.ask(|asked| asked.provision = true);
        }
        let listed = engine.providers.contains_key(provider);
        if listed && matches!(&looked, Ok(Looked { finding: Finding::Held(_), .. })) {
            // It may have been taken out meanwhile.
            let _ = self.run(provider, trigger);
        }
        looked
    }

    /// How many people wait to be looked at, by provider.
    #[must_use]
    pub fn waiting(&self) -> BTreeMap<String, usize> {
        self.0.lookups.waiting()
    }

    /// From now on. A follower that falls behind by more than a few hundred misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<RunEvent> {
        self.0.events.subscribe()
    }

    /// Asks for the configuration to be read again; how that ended shows in [`Self::status`].
    pub fn reload(&self) {
        self.0.ask(|asked| asked.reload = true);
    }

    /// Lets the loop look at the clock now, after the clock was set or the machine has slept; it does
    /// so by itself a little later.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    #[must_use]
    pub fn status(&self) -> Status {
        self.0.status.borrow().clone()
    }

    /// The same, to be waited on.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Status> {
        self.0.status.subscribe()
    }

    /// How long ago the worker's loop last turned. It does so at least every
    /// [`HEARTBEAT`](super::HEARTBEAT), unless it is stuck.
    #[must_use]
    pub fn since_beat(&self) -> Duration {
        self.0.beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}
