//! What happens behind: deliveries are taken, people looked at, results noted, old ones forgotten.
//!
//! Whatever stops in the middle is found in the table when its time has come, by this replica or
//! another. Many deliveries about one person are one look.

use super::count;
use super::looking::{Asked, Finding, LookError, Looked, Said};
use super::read::Login;
use super::service::Hooks;
use super::wanted::{is_wanted, named};
use crate::store::{Delivery, DeliveryResult, StoreError, Then};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How many deliveries are taken at once.
const BATCH: u32 = 256;
/// How many people are looked at, at once, all providers together and of one.
const AT_ONCE: usize = 512;
const AT_ONCE_OF_ONE: usize = 128;
/// How long a look may take, and how long nobody else takes what is being worked on.
const PATIENCE: Duration = Duration::from_secs(45);
const LEASE: i64 = 60_000;
/// How long results gather after some were written.
const GATHER: Duration = Duration::from_millis(100);
/// How many are written at once.
const TOGETHER: usize = 5000;
/// How often the table is looked at without being told to.
const EVERY: Duration = Duration::from_secs(1);
/// How often old deliveries are forgotten.
const PRUNE: Duration = Duration::from_secs(600);
/// How old deliveries become, how many are kept, and what is never forgotten: senders repeat for a day.
const KEPT_FOR: i64 = 7 * 86_400_000;
const MOST_KEPT: u32 = 1_000_000;
const NEVER_BEFORE: i64 = 86_400_000;
/// How often a delivery is tried: with the pauses between, for about two hours.
const TRIES: i64 = 20;
const LONGEST_PAUSE: i64 = 600_000;

/// What came of looking: nothing where it failed, with the reason.
pub(super) type Answer = Result<Looked, &'static str>;

/// A delivery that is being worked on.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) id: String,
    pub(super) hook: String,
    pub(super) provider: String,
    pub(super) received_at: Timestamp,
    pub(super) attempts: i64,
    /// A signed source said it.
    pub(super) signed: bool,
}

impl Hooks {
    /// Works off deliveries until `stop`; what is under way then is finished first.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (stopping, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let results = self.unnoted.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (enough, no_more) = watch::channel(false);
        let noting = results.map(|results| tokio::spawn(note(Arc::clone(&self), results, no_more)));
        tasks.spawn(work(Arc::clone(&self), stopped.clone()));
        tasks.spawn(prune(Arc::clone(&self), stopped));
        stop.await;
        // The receivers are gone only when the tasks have ended by themselves.
        let _ = stopping.send(true);
        while tasks.join_next().await.is_some() {}
        let _ = enough.send(true);
        if let Some(noting) = noting {
            let _ = noting.await;
        }
    }
}

async fn work(hooks: Arc<Hooks>, mut stopped: watch::Receiver<bool>) {
    let mut looks = JoinSet::new();
    let mut turns: BTreeMap<String, Arc<Semaphore>> = BTreeMap::new();
    while !*stopped.borrow() {
        while looks.try_join_next().is_some() {}
        let room = AT_ONCE.saturating_sub(looks.len());
        let most = u32::try_from(room).unwrap_or(BATCH).min(BATCH);
        let taken = if most == 0 { 0 } else { take(&hooks, most, &mut looks, &mut turns).await };
        if taken < BATCH as usize {
            tokio::select! {
                () = hooks.wake.notified() => {}
                _ = looks.join_next(), if room == 0 => {}
                () = tokio::time::sleep(EVERY) => {}
                _ = stopped.changed() => {}
            }
        }
    }
    while looks.join_next().await.is_some() {}
}

/// Takes deliveries and begins to look; returns how many were taken.
async fn take(
    hooks: &Arc<Hooks>,
    most: u32,
    looks: &mut JoinSet<()>,
    turns: &mut BTreeMap<String, Arc<Semaphore>>,
) -> usize {
    let now = hooks.clock.now();
    let taken = match waiting(hooks).await {
        // Asked first, so that an idle daemon writes nothing.
        Ok(0) => return 0,
        Ok(_) => hooks.store.take_deliveries(most, now, now.plus_millis(LEASE)).await,
        Err(error) => Err(error),
    };
    let taken = match taken {
        Ok(taken) => taken,
        Err(error) => {
            tracing::error!(%error, "deliveries of login hooks cannot be taken; they wait");
            return 0;
        }
    };
    let count = taken.len();
    let mut people: BTreeMap<(String, String), Vec<Delivery>> = BTreeMap::new();
    for delivery in taken {
        // What a signed source says of somebody differs from one delivery to the next.
        let own = if delivery.event_at.is_some() { &delivery.id } else { &delivery.person };
        people.entry((delivery.provider.clone(), own.clone())).or_default().push(delivery);
    }
    for ((provider, _), deliveries) in people {
        let turn = turns.entry(provider).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE_OF_ONE)));
        match Arc::clone(turn).try_acquire_owned() {
            Ok(turn) => {
                let hooks = Arc::clone(hooks);
                looks.spawn(async move {
                    one(&hooks, deliveries).await;
                    drop(turn);
                });
            }
            // A provider that is slow must not keep the others' people waiting.
            Err(_) => {
                for delivery in deliveries {
                    let then = Then::Wait(now.plus_millis(1000));
                    hooks.note(DeliveryResult { id: delivery.id, outcome: outcome("waiting", 0), signed: false, then });
                }
            }
        }
    }
    count
}

async fn waiting(hooks: &Hooks) -> Result<u64, StoreError> {
    let waiting = hooks.store.pending_deliveries().await?;
    hooks.waiting.store(waiting, Ordering::Relaxed);
    count::pending(waiting);
    Ok(waiting)
}

async fn one(hooks: &Hooks, deliveries: Vec<Delivery>) {
    let Some(first) = deliveries.first() else { return };
    let answer = match Login::from_json(&first.login) {
        Ok(login) if is_wanted(&deliveries) => named(hooks, &deliveries, &login).await,
        Ok(login) => asked(hooks, &first.provider, &login, first.event_at).await,
        Err(_) => Err("damaged"),
    };
    for delivery in &deliveries {
        let work = Work {
            id: delivery.id.clone(),
            hook: delivery.hook.clone(),
            provider: delivery.provider.clone(),
            received_at: delivery.received_at,
            attempts: delivery.attempts,
            signed: delivery.event_at.is_some(),
        };
        finish(hooks, &work, &answer);
    }
}

/// Looks at somebody; `at`: when a signed source said it. What went wrong is logged here, in our own words.
pub(super) async fn asked(hooks: &Hooks, provider: &str, login: &Login, at: Option<Timestamp>) -> Answer {
    asked_by(hooks, provider, login, at, Trigger::Login).await
}

/// The same, made to by something else than a login.
pub(super) async fn asked_by(
    hooks: &Hooks,
    provider: &str,
    login: &Login,
    at: Option<Timestamp>,
    trigger: Trigger,
) -> Answer {
    let asked = match &login.said {
        None => Asked::Key(login.key.clone()),
        Some(said) => Asked::Said(Box::new(Said { at, ..said.clone() })),
    };
    match timeout(PATIENCE, hooks.looks.look(provider, asked, trigger)).await {
        Ok(Ok(looked)) => Ok(looked),
        // Many wait: no reason for a line about each.
        Ok(Err(LookError::Busy(_))) => Err("busy"),
        Ok(Err(error)) => {
            tracing::warn!(provider, %error, "a login could not be looked at");
            Err(if matches!(&error, LookError::Run(run) if !run.retry()) { "failed" } else { "unreachable" })
        }
        Err(_) => {
            tracing::warn!(provider, "looking at a login took too long");
            Err("late")
        }
    }
}

/// Notes what came of it.
pub(super) fn finish(hooks: &Hooks, work: &Work, answer: &Answer) {
    let now = hooks.clock.now();
    let millis = now.0.saturating_sub(work.received_at.0);
    let again = || {
        // 1 s, 2 s, 4 s, … 10 min.
        let pause = 1000_i64.saturating_mul(1 << work.attempts.clamp(1, 20) >> 1).min(LONGEST_PAUSE);
        if work.attempts >= TRIES { Then::Failed } else { Then::Again(now.plus_millis(pause)) }
    };
    let (word, then) = match answer {
        Ok(looked) => match &looked.finding {
            Finding::Applied => ("applied", Then::Done),
            Finding::Unchanged => ("unchanged", Then::Done),
            Finding::Nobody => ("nobody", Then::Done),
            Finding::Several => ("several", Then::Done),
            Finding::Held(_) => ("held", Then::Done),
            // The rest is taken by the next look that sees everything.
            Finding::Incomplete(_) => ("incomplete", again()),
            Finding::NotYet => ("not_yet", again()),
        },
        Err("busy") => ("busy", Then::Wait(now.plus_millis(1000))),
        Err(why) => (*why, again()),
    };
    match then {
        Then::Done => count::delivery(&work.hook, "done"),
        Then::Failed => count::delivery(&work.hook, "failed"),
        Then::Again(_) | Then::Wait(_) => {}
    }
    if word == "applied" {
        count::propagated(&work.provider, millis);
    }
    hooks.note(DeliveryResult { id: work.id.clone(), outcome: outcome(word, millis), signed: work.signed, then });
}

fn outcome(finding: &str, millis: i64) -> String {
    serde_json::json!({ "finding": finding, "ms": millis }).to_string()
}

/// Writes results, as many at once as there are: nobody waits for them, so they gather for a moment.
async fn note(hooks: Arc<Hooks>, mut results: mpsc::Receiver<DeliveryResult>, mut enough: watch::Receiver<bool>) {
    let mut some = Vec::new();
    loop {
        let count = tokio::select! {
            biased;
            count = results.recv_many(&mut some, TOGETHER) => count,
            _ = enough.wait_for(|enough| *enough) => return,
        };
        if count == 0 {
            return;
        }
        if let Err(error) = hooks.store.finish_deliveries(std::mem::take(&mut some), hooks.clock.now()).await {
            // They are worked on again, which finds that nothing differs.
            tracing::error!(%error, "what came of deliveries could not be noted");
        }
        tokio::select! {
            () = tokio::time::sleep(GATHER) => {}
            _ = enough.wait_for(|enough| *enough) => {}
        }
    }
}

async fn prune(hooks: Arc<Hooks>, mut stopped: watch::Receiver<bool>) {
    loop {
        let now = hooks.clock.now();
        let (before, keep) = (now.plus_millis(-KEPT_FOR), now.plus_millis(-NEVER_BEFORE));
        match hooks.store.prune_deliveries(before, keep, MOST_KEPT).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old deliveries of login hooks were forgotten"),
            Err(error) => tracing::warn!(%error, "old deliveries of login hooks could not be forgotten"),
        }
        tokio::select! {
            () = tokio::time::sleep(PRUNE) => {}
            _ = stopped.changed() => return,
        }
    }
}
