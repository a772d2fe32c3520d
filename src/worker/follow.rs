//! When a provider's changes are asked for, between two runs: as often as it says, once everything has been
//! read, and not while that is wanting.

use super::event::What;
use super::jobs::{Done, Job};
use super::listen::Listener;
use super::turn::Worker;
use crate::config::Provider;
use crate::sync::{Cause, Engine, Followed, RunError};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Between two times that a provider is asked for changes, however often it rings, in milliseconds.
const SPACING: i64 = 100;

/// What the loop knows of one provider's changes.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// In milliseconds; 0: not at all.
    every: i64,
    due: Option<Timestamp>,
    under_way: bool,
    /// It has rung while it was asked.
    again: bool,
    /// When it was asked last.
    begun: Option<Timestamp>,
    listener: Option<Listener>,
    /// When to listen anew, once the provider has ended it.
    listen_at: Option<Timestamp>,
    /// Everything was read because changes could not be told, and since then they have not been told once: it
    /// is not read for that again before it is due anyhow.
    in_vain: bool,
}

impl Following {
    pub(super) fn of(section: &Provider, engine: &Engine, name: &str) -> Self {
        let mut following = Self::default();
        following.every_as(section, engine, name);
        following
    }

    /// As the section says now. Not before everything has been read again.
    pub(super) fn every_as(&mut self, section: &Provider, engine: &Engine, name: &str) {
        let every = section.follow_every().map(|every| every.millis().max(1));
        self.every = every.filter(|_| engine.follows(name)).unwrap_or(0);
        self.due = None;
        self.in_vain = false;
        // The next one listens as the section says now.
        self.listener = None;
        self.listen_at = None;
    }

    /// The provider has said that something has changed.
    pub(super) fn rung(&mut self, now: Timestamp) {
        // What is asked for already may have been answered before it happened.
        self.again |= self.under_way;
        let soonest = self.soonest(now);
        self.due = self.due.map(|due| due.min(soonest));
    }

    fn soonest(&self, now: Timestamp) -> Timestamp {
        self.begun.map_or(now, |begun| begun.plus_millis(SPACING).max(now))
    }

    /// Whether to listen now, which nobody does yet.
    fn listens(&mut self, now: Timestamp) -> bool {
        match &self.listener {
            Some(listener) if !listener.has_ended() => return false,
            Some(_) => {
                self.listener = None;
                self.listen_at = Some(now.plus_millis(self.every));
            }
            None => {}
        }
        self.due.is_some() && self.listen_at.is_none_or(|at| at <= now)
    }

    pub(super) fn under_way(&self) -> bool {
        self.under_way
    }

    /// When changes are asked for next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.filter(|_| !self.under_way)
    }

    /// A run has ended: what it has read, or not.
    pub(super) fn run_ended(&mut self, what: &What, trigger: Trigger, now: Timestamp) {
        let complete = matches!(what, What::Applied { complete: true, .. } | What::Unchanged { complete: true });
        self.due = (complete && self.every > 0).then(|| now.plus_millis(self.every));
        self.in_vain &= trigger == Trigger::Feed;
    }

    /// Changes were asked for. Whether everything is to be read now.
    fn ended(&mut self, followed: &Result<Followed, RunError>, now: Timestamp) -> bool {
        self.under_way = false;
        let again = std::mem::take(&mut self.again);
        self.due = Some(if again { self.soonest(now) } else { now.plus_millis(self.every) });
        match followed {
            Ok(Followed::Nothing | Followed::Looked { .. }) => {
                self.in_vain = false;
                false
            }
            Ok(Followed::Waiting) | Err(_) => false,
            // Until the next run says otherwise.
            Ok(Followed::Not) => {
                self.due = None;
                false
            }
            Ok(Followed::Everybody(_)) => {
                self.due = None;
                !std::mem::replace(&mut self.in_vain, true)
            }
        }
    }

    /// The clock was set back by so much.
    pub(super) fn set_back(&mut self, millis: i64) {
        for at in [&mut self.due, &mut self.begun, &mut self.listen_at].into_iter().flatten() {
            *at = at.plus_millis(-millis);
        }
    }
}

impl Worker {
    /// Asks for the changes of those of which it is time.
    pub(super) fn begin_following(&mut self, now: Timestamp) {
        let engine = self.shared.engine.load_full();
        for (name, task) in &mut self.tasks {
            let job = Job::Follow(name.clone());
            let due = task.following.next().is_some_and(|due| due <= now);
            let free = task.running.is_none() && task.asked.is_none() && task.breaker.until().is_none();
            let standing = self.leadership.standing(name);
            if !(due && free && standing.leads()) || self.jobs.has(&job) {
                continue;
            }
            (task.following.under_way, task.following.begun) = (true, Some(now));
            let (engine, name, epoch) = (Arc::clone(&engine), name.clone(), standing.epoch());
            let deadline = engine.config.providers.get(&name).map_or(Duration::MAX, |section| section.deadline.get());
            self.jobs.start(job, async move {
                let cause = Cause { trigger: Trigger::Feed, epoch };
                let followed = timeout(deadline, engine.follow(&name, cause)).await;
                Done::Follow(followed.unwrap_or_else(|_| {
                    Err(RunError::Configuration("following changes took longer than `deadline`".to_owned()))
                }))
            });
        }
    }

    /// Listens to those that are followed by this process.
    pub(super) fn begin_listening(&mut self, now: Timestamp) {
        for (name, task) in &mut self.tasks {
            if !self.leadership.standing(name).leads() {
                task.following.listener = None;
            } else if task.following.listens(now) {
                let (shared, engine) = (Arc::clone(&self.shared), self.shared.engine.load_full());
                task.following.listener = Some(Listener::start(shared, engine, name.clone()));
            }
        }
    }

    /// What came of it; a run that cannot be told one by one becomes one of everybody.
    pub(super) fn followed(&mut self, name: &str, followed: &Result<Followed, RunError>) {
        let now = self.now();
        let Some(task) = self.tasks.get_mut(name) else { return };
        let everybody = task.following.ended(followed, now);
        match followed {
            // All that has changed is elsewhere in the directory.
            Ok(Followed::Looked { people: 0, .. }) => tracing::debug!(provider = name, "changes concern nobody"),
            Ok(Followed::Looked { people, rows }) => {
                tracing::info!(provider = name, people, rows, "changes were followed");
                self.provisioning.want();
            }
            Ok(Followed::Everybody(why)) => {
                tracing::info!(provider = name, why, now = everybody, "changes cannot be followed: everything is read");
            }
            Ok(Followed::Not) => tracing::debug!(provider = name, "the provider does not tell of changes"),
            Ok(Followed::Nothing | Followed::Waiting) => {}
            Err(error) => tracing::warn!(provider = name, %error, "changes could not be followed"),
        }
        if everybody {
            task.asked.get_or_insert(Trigger::Feed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: What = What::Unchanged { complete: true };

    fn following() -> Following {
        Following { every: 10, ..Following::default() }
    }

    #[test]
    fn it_begins_when_everything_has_been_read() {
        let mut one = following();
        assert_eq!(one.next(), None);
        one.run_ended(&What::Unchanged { complete: false }, Trigger::Schedule, Timestamp(5));
        assert_eq!(one.next(), None);
        one.run_ended(&COMPLETE, Trigger::Schedule, Timestamp(5));
        assert_eq!(one.next(), Some(Timestamp(15)));
        let mut never = Following::default();
        never.run_ended(&COMPLETE, Trigger::Schedule, Timestamp(5));
        assert_eq!(never.next(), None);
    }

    #[test]
    fn whoever_rings_is_asked_soon_and_not_all_the_time() {
        let mut one = Following { every: 10_000, ..Following::default() };
        one.rung(Timestamp(0));
        assert_eq!(one.next(), None, "everything is read first");
        one.run_ended(&COMPLETE, Trigger::Schedule, Timestamp(0));
        one.rung(Timestamp(50));
        assert_eq!(one.next(), Some(Timestamp(50)));
        (one.under_way, one.begun) = (true, Some(Timestamp(50)));
        one.rung(Timestamp(60));
        assert!(!one.ended(&Ok(Followed::Nothing), Timestamp(70)));
        assert_eq!(one.next(), Some(Timestamp(150)), "it rang again meanwhile");
        (one.under_way, one.begun) = (true, Some(Timestamp(150)));
        one.ended(&Ok(Followed::Nothing), Timestamp(160));
        assert_eq!(one.next(), Some(Timestamp(10_160)));
    }

    #[test]
    fn everything_is_not_read_over_and_over_for_a_feed_that_is_of_no_use() {
        let lost = || Ok(Followed::Everybody("as the test says".to_owned()));
        let mut one = following();
        one.run_ended(&COMPLETE, Trigger::Schedule, Timestamp(0));
        assert!(one.ended(&lost(), Timestamp(10)));
        one.run_ended(&COMPLETE, Trigger::Feed, Timestamp(20));
        assert!(!one.ended(&lost(), Timestamp(30)), "in vain once is enough");
        assert_eq!(one.next(), None);
        // It is due anyhow, and changes are told again.
        one.run_ended(&COMPLETE, Trigger::Schedule, Timestamp(40));
        assert!(!one.ended(&Ok(Followed::Nothing), Timestamp(50)));
        assert!(one.ended(&lost(), Timestamp(60)));
    }
}
