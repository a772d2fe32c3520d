//! WHO: which of several processes reads a provider in full. One task for each provider asks for
//! its lease, renews it, and gives it back at a clean stop.
//!
//! What is decided here only says when to begin. Whether something may be written is decided where
//! it is written: a process that was stopped for a minute and wakes up still believes that it
//! leads, until it has asked. No wall clock is looked at; the database's says when a lease ends, and
//! a steady one when this process can no longer be sure of it.

use crate::store::{Claim, Lease, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long to wait for an answer at least: the store finds out by itself, sooner than this, that a
/// server is gone, and looks for another one, which must not be cut short each time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one process is to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No other process uses the database.
    Alone,
    Leads(Lease),
    /// Another one reads it, or nobody knows.
    Follows,
}

impl Standing {
    /// Whether full runs are this process's to carry out.
    #[must_use]
    pub fn leads(&self) -> bool {
        !matches!(self, Self::Follows)
    }

    /// What its full runs are written under.
    #[must_use]
    pub fn epoch(&self) -> Option<i64> {
        match self {
            Self::Leads(lease) => Some(lease.epoch),
            Self::Alone | Self::Follows => None,
        }
    }
}

/// This process's leases.
pub struct Leadership {
    store: Arc<dyn Store>,
    /// Who it is, for people.
    holder: String,
    ttl: Duration,
    /// Called after a standing has changed.
    changed: Arc<dyn Fn() + Send + Sync>,
    tasks: Mutex<BTreeMap<String, Task>>,
}

struct Task {
    standing: watch::Receiver<Standing>,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl fmt::Debug for Leadership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leadership").field("holder", &self.holder).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl Leadership {
    /// `ttl` is how long a lease holds without being renewed: a provider whose leader has died is
    /// taken over within twice that.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, holder: String, ttl: Duration, changed: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { store, holder, ttl, changed, tasks: Mutex::default() }
    }

    /// Tries from now on to lead these providers, and no others: leases of those that are gone are
    /// given back. Within a runtime.
    pub fn providers(&self, names: &BTreeSet<String>) {
        if !self.store.shared() {
            return;
        }
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|name, task| {
            let stays = names.contains(name);
            if !stays {
                task.stop.cancel();
            }
            stays
        });
        for name in names {
            if !tasks.contains_key(name) {
                tasks.insert(name.clone(), self.start(name.clone()));
            }
        }
    }

    fn start(&self, provider: String) -> Task {
        let (sender, standing) = watch::channel(Standing::Follows);
        let stop = CancellationToken::new();
        let keeper = Keeper {
            store: Arc::clone(&self.store),
            provider,
            holder: self.holder.clone(),
            ttl: self.ttl,
            changed: Arc::clone(&self.changed),
            standing: sender,
        };
        let ended = tokio::spawn(keeper.keep(stop.clone()));
        Task { standing, stop, ended }
    }

    /// What this process is to the provider now.
    #[must_use]
    pub fn standing(&self, provider: &str) -> Standing {
        if !self.store.shared() {
            return Standing::Alone;
        }
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.get(provider).map_or(Standing::Follows, |task| task.standing.borrow().clone())
    }

    /// The same, to be waited on. `None` for a provider that is not one of those to be led.
    #[must_use]
    pub fn follow(&self, provider: &str) -> Option<watch::Receiver<Standing>> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.get(provider).map(|task| task.standing.clone())
    }

    /// Gives every lease back, so that others need not wait for its end. After the last run.
    pub async fn stop(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks.values() {
            task.stop.cancel();
        }
        for task in tasks.into_values() {
            // A panic there has been reported, and the lease ends by itself.
            let _ = task.ended.await;
        }
    }
}

/// One provider's task.
struct Keeper {
    store: Arc<dyn Store>,
    provider: String,
    holder: String,
    ttl: Duration,
    changed: Arc<dyn Fn() + Send + Sync>,
    standing: watch::Sender<Standing>,
}

impl Keeper {
    async fn keep(self, stop: CancellationToken) {
        let mut failed = false;
        loop {
            let asked = Instant::now();
            let pause = match self.acquire().await {
                Ok(Claim::Won(lease)) => {
                    failed = false;
                    tracing::info!(provider = self.provider, epoch = lease.epoch, "leads");
                    self.say(Standing::Leads(lease.clone()));
                    let why = self.lead(&lease, asked, &stop).await;
                    self.say(Standing::Follows);
                    match why {
                        Stepped::Stopped => return self.give_back(&lease).await,
                        Stepped::Lost => {
                            tracing::warn!(provider = self.provider, "leads no more: another replica does")
                        }
                        Stepped::Unsure => {
                            tracing::warn!(provider = self.provider, "leads no more: the lease could not be renewed");
                        }
                    }
                    Duration::ZERO
                }
                // It ends no earlier than that, unless it is given back.
                Ok(Claim::Taken { left, .. }) => {
                    failed = false;
                    left.min(self.ttl / 3)
                }
                Err(error) => {
                    if !failed {
                        tracing::warn!(provider = self.provider, %error, "cannot ask for the lease");
                    }
                    failed = true;
                    self.ttl / 3
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn acquire(&self) -> Result<Claim, StoreError> {
        let acquire = self.store.acquire(&self.provider, &self.holder, self.ttl);
        timeout(self.ttl.max(PATIENCE), acquire).await.unwrap_or_else(|_| Err(silent()))
    }

    /// Renews until that is no longer possible. `asked` is when the lease began at the earliest.
    async fn lead(&self, lease: &Lease, asked: Instant, stop: &CancellationToken) -> Stepped {
        let mut sure = asked + self.sure();
        let mut pause = self.ttl / 3;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => return Stepped::Stopped,
            }
            let asked = Instant::now();
            match timeout_at(sure, self.store.renew(lease, self.ttl)).await {
                Ok(Ok(true)) => {
                    sure = asked + self.sure();
                    pause = self.ttl / 3;
                }
                Ok(Ok(false)) => return Stepped::Lost,
                Ok(Err(error)) => {
                    tracing::debug!(provider = self.provider, %error, "the lease was not renewed");
                    pause = self.ttl / 10;
                    if Instant::now() + pause >= sure {
                        return Stepped::Unsure;
                    }
                }
                Err(_) => return Stepped::Unsure,
            }
        }
    }

    /// For how long after it was asked for a lease is surely there: two clocks run at speeds that
    /// differ by far less than a tenth.
    fn sure(&self) -> Duration {
        self.ttl - self.ttl / 10
    }

    async fn give_back(&self, lease: &Lease) {
        match timeout(self.ttl, self.store.release(lease)).await.unwrap_or_else(|_| Err(silent())) {
            Ok(()) => tracing::info!(provider = self.provider, "gave the lease back"),
            // It ends by itself.
            Err(error) => tracing::warn!(provider = self.provider, %error, "could not give the lease back"),
        }
    }

    fn say(&self, standing: Standing) {
        self.standing.send_replace(standing);
        (self.changed)();
    }
}

/// Why one stopped leading.
enum Stepped {
    Stopped,
    Lost,
    Unsure,
}

fn silent() -> StoreError {
    StoreError::Unreachable("it does not answer".to_owned())
}

/// What this process is called where the configuration does not say it: the machine and the process.
#[must_use]
pub fn own_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}/{}", if host.is_empty() { "rosterd" } else { host }, std::process::id())
}
