//! WHEN: each provider on its schedule. Every tick ends in the same
//! [`Engine::run_once`](crate::sync::Engine::run_once); a tick carries no data.

mod lead;

pub use lead::{Leadership, Standing, own_name};
mod lookups;

pub use lookups::{LookError, Looks, Lookups, SPACING};

use crate::config::Duration;
use crate::sync::{Cause, Engine, Outcome, RunError};
use rosterd_core::writes::Trigger;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Runs every provider, at once and then as often as its `every` says, until `stop` is done. A run
/// under way is finished first. One provider runs at a time.
pub async fn run(engine: Arc<Engine>, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let daemon = &engine.config.daemon;
    let name = daemon.replica.clone().unwrap_or_else(own_name);
    let gained = Arc::new(tokio::sync::Notify::new());
    let leadership = {
        let gained = Arc::clone(&gained);
        let changed = Arc::new(move || gained.notify_waiters());
        Arc::new(Leadership::new(Arc::clone(&engine.store), name, daemon.lease.get(), changed))
    };
    leadership.providers(&engine.config.providers.keys().cloned().collect());
    let turns = Arc::new(Mutex::new(()));
    let mut loops = JoinSet::new();
    for (name, section) in &engine.config.providers {
        let (engine, turns, stopped) = (Arc::clone(&engine), Arc::clone(&turns), stopped.clone());
        loops.spawn(provider(engine, Arc::clone(&leadership), name.clone(), section.every, turns, stopped));
    }
    stop.await;
    // The receivers are gone only when every loop has ended by itself.
    let _ = stopping.send(true);
    while loops.join_next().await.is_some() {}
    leadership.stop().await;
}

async fn provider(
    engine: Arc<Engine>,
    leadership: Arc<Leadership>,
    name: String,
    every: Duration,
    turns: Arc<Mutex<()>>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = interval(every.get().max(std::time::Duration::from_millis(1)));
    // After a pause of the machine one run catches up; a burst would add nothing.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.changed() => return,
        }
        let turn = turns.lock().await;
        let standing = leadership.standing(&name);
        if !standing.leads() {
            continue;
        }
        let outcome = engine.run_once(&name, Cause { trigger: Trigger::Schedule, epoch: standing.epoch() }).await;
        drop(turn);
        log(&name, outcome);
    }
}

fn log(provider: &str, outcome: Result<Outcome, RunError>) {
    match outcome {
        Ok(Outcome::Unchanged { prepared }) => {
            let (people, groups) = prepared.plan.read();
            tracing::info!(provider, people, groups, complete = prepared.plan.complete, "nothing to change");
        }
        Ok(Outcome::Applied { summary, rows, complete, .. }) => {
            let (added, changed, removed) = (summary.added, summary.changed, summary.removed);
            tracing::info!(provider, added, changed, removed, withheld = summary.withheld, rows, complete, "applied");
        }
        Ok(Outcome::Held { hold, .. }) => {
            tracing::warn!(provider, hold = hold.id, state = hold.state.name(), "held by a limit; nothing was applied");
        }
        Err(error) => tracing::error!(provider, retry = error.retry(), %error, "failed; nothing was changed"),
    }
}
