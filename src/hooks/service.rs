//! What all hooks share: the configuration in force, the queue, the limits.

use super::count;
use super::hook::Hook;
use super::inline::Memo;
use super::keeping::Keeping;
use super::looking::Looks;
use super::read::Event;
use super::refusal::{Refusal, refuse};
use super::seldom::Seldom;
use super::set::Set;
use crate::clock::Clock;
use crate::config::Config;
use crate::providers::Login;
use crate::random::{Random, RandomError};
use crate::store::{DeliveryResult, NewDelivery, NewRequest, Store, StoreError};
use crate::sync::Engine;
use arc_swap::ArcSwap;
use axum::http::StatusCode;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};

/// The most deliveries that wait. More are answered 429: senders try again, memory does not come back.
pub(super) const MOST_WAITING: u64 = 50_000;
/// How many results wait to be noted. One that finds no room is worked on once more.
const RESULTS: usize = 10_000;
/// How many large bodies are read and verified at once: each takes some ten times its size meanwhile.
const LARGE_AT_ONCE: usize = 4;

/// Everything that login hooks need, shared by routes and work behind them.
#[derive(Debug)]
pub struct Hooks {
    pub(super) looks: Arc<dyn Looks>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    set: ArcSwap<Set>,
    /// One makes a set at a time.
    making: Mutex<()>,
    /// How many deliveries wait: as last counted, and what came since.
    pub(super) waiting: AtomicU64,
    pub(super) wake: Notify,
    pub(super) results: mpsc::Sender<DeliveryResult>,
    pub(super) unnoted: Mutex<Option<mpsc::Receiver<DeliveryResult>>>,
    pub(super) memo: Memo,
    pub(super) keeping: Keeping,
    pub(super) large: Semaphore,
    said: Seldom,
    /// When everybody of a provider was asked for last, because somebody was missed there.
    pub(super) missed: Mutex<BTreeMap<String, Timestamp>>,
}

impl Hooks {
    #[must_use]
    pub fn new(
        looks: Arc<dyn Looks>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        config: &Config,
    ) -> Arc<Self> {
        let (results, unnoted) = mpsc::channel(RESULTS);
        Arc::new(Self {
            looks,
            store,
            clock,
            random,
            set: ArcSwap::from_pointee(Set::new(config, "")),
            making: Mutex::default(),
            waiting: AtomicU64::new(0),
            wake: Notify::new(),
            results,
            unnoted: Mutex::new(Some(unnoted)),
            memo: Memo::default(),
            keeping: Keeping::default(),
            large: Semaphore::new(LARGE_AT_ONCE),
            said: Seldom::default(),
            missed: Mutex::default(),
        })
    }

    /// The hooks of the configuration in force. Calls under way end with the one they began with.
    fn set(&self) -> Arc<Set> {
        let set = self.set.load_full();
        let Some(engine) = self.looks.engine().filter(|engine| engine.config_hash != set.hash) else { return set };
        // Two that ask at the same time get the same: what a provider learns of its other side, it learns once.
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let set = self.set.load_full();
        if set.hash == engine.config_hash {
            return set;
        }
        let newer = Arc::new(Set::new(&engine.config, &engine.config_hash));
        self.set.store(Arc::clone(&newer));
        newer
    }

    pub(super) fn hook(&self, name: &str) -> Result<Arc<Hook>, Refusal> {
        self.set().hooks.get(name).map(Arc::clone).ok_or(refuse("no-such-hook", StatusCode::NOT_FOUND))
    }

    /// Takes as many from the limits of the hook and its provider as the call has events.
    pub(super) fn within_rate(&self, hook: &Hook, events: usize) -> Result<(), Duration> {
        let events = u32::try_from(events).unwrap_or(u32::MAX).max(1);
        hook.bucket.take(1)?;
        self.within_provider_rate(&hook.config.provider, events)
    }

    /// Takes as many from the limit of the provider, which is for all who speak of its people.
    ///
    /// # Errors
    /// The time after which they would be taken.
    pub fn within_provider_rate(&self, provider: &str, events: u32) -> Result<(), Duration> {
        match self.set.load().buckets.get(provider) {
            Some(bucket) => bucket.take(events),
            None => Ok(()),
        }
    }

    pub(super) fn has_room(&self, events: usize) -> bool {
        self.waiting.load(Ordering::Relaxed).saturating_add(events as u64) <= MOST_WAITING
    }

    /// Who verifies logins of a provider, by the configuration in force.
    #[must_use]
    pub fn verifier(&self, provider: &str) -> Option<Arc<dyn Login>> {
        self.set().verifiers.get(provider).cloned()
    }

    /// The engine of the configuration in force.
    #[must_use]
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.looks.engine()
    }

    /// Asks for a run of everybody at a provider, at whichever replica leads it.
    ///
    /// # Errors
    /// When the database does not answer: it is not asked for, except of this process.
    pub async fn run_of(&self, provider: &str, trigger: Trigger, asked_by: &str) -> Result<(), StoreError> {
        self.looks.run(provider, trigger);
        let seed = self.random.seed().map_err(|error| StoreError::Refused(error.to_string()))?;
        let wanted = NewRequest {
            id: format!("{seed:032x}"),
            provider: provider.to_owned(),
            trigger: trigger.name().to_owned(),
            asked_by: asked_by.to_owned(),
        };
        self.store.ask(&wanted, self.clock.now()).await.map(drop)
    }

    /// Whether this replica leads the provider.
    #[must_use]
    pub fn leads(&self, provider: &str) -> bool {
        self.looks.leads(provider)
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The event as it is kept, of a hook and its provider. Of one without an id nothing can be known again.
    pub(super) fn delivery(
        &self,
        (hook, provider): (&str, &str),
        event: &Event,
        now: Timestamp,
        not_before: Timestamp,
    ) -> Result<NewDelivery, RandomError> {
        let id = format!("{:032x}", self.random.seed()?);
        Ok(NewDelivery {
            sender_id: event.id.clone().unwrap_or_else(|| format!("-{id}")),
            id,
            hook: hook.to_owned(),
            body_hash: event.hash,
            event: event.kind.clone(),
            provider: provider.to_owned(),
            person: event.login.person(),
            login: event.login.to_json(),
            event_at: event.login.said.as_ref().map(|_| event.at.unwrap_or(now)),
            not_before,
        })
    }

    /// Hands over what came of a delivery; it is written soon, with others.
    pub(super) fn note(&self, result: DeliveryResult) {
        // Without room it stays as it is in the table, and is taken again when its time has come.
        let _ = self.results.try_send(result);
    }

    /// Counts a refusal and logs it, but not each of many.
    pub(super) fn refused(&self, hook: &str, refusal: Refusal) {
        let limited = refusal.status == StatusCode::TOO_MANY_REQUESTS;
        count::delivery(hook, if limited { "limited" } else { "refused" });
        let Some(more) = self.said.more(hook, refusal.code) else { return };
        let status = refusal.status.as_u16();
        tracing::warn!(hook, code = refusal.code, status, more, "a call of a login hook was refused");
    }
}
