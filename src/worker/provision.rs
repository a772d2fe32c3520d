//! When provisioning files are looked at: at the start, after a reload, and whenever a run or a login may have brought
//! somebody or something for whom they wait. Of several replicas one does, which leads: were each to carry out the files
//! that it has, rights would come and go for as long as these differ. What another replica has written it sees by the
//! database's generation. What fails and may succeed later is tried again, after pauses as a provider's.

use super::breaker::{Blame, Breaker, Pauses};
use super::jobs::{Done, Job};
use super::turn::Worker;
use crate::store::StoreError;
use crate::sync::{Provisioned, ProvisioningError, provisioning_notices};
use crate::telemetry::names;
use metrics::{counter, gauge};
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::PROVISIONING;
use std::sync::Arc;

/// The least time between two looks: many logins that bring something are one.
const PAUSE_MILLIS: i64 = 1_000;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Provisioning {
    /// One is to be made.
    pub(super) wanted: bool,
    /// When the last look began.
    last: Option<Timestamp>,
    breaker: Breaker,
    /// Of the database, when this process last looked at that while it led.
    generation: Option<i64>,
    /// What was wrong at the last look: the same is not said each time.
    wrong: String,
}

impl Provisioning {
    pub(super) fn at_once() -> Self {
        Self { wanted: true, ..Self::default() }
    }

    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// When the next look may begin, if one is wanted.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let pause = self.last.map_or(Timestamp(0), |last| last.plus_millis(PAUSE_MILLIS));
        self.wanted.then(|| self.breaker.until().map_or(pause, |until| until.max(pause)))
    }

    /// The clock was set back: nobody waits longer for that.
    pub(super) fn set_back(&mut self, millis: i64) {
        self.last = self.last.map(|last| last.plus_millis(-millis));
        self.breaker.shift(millis);
    }

    /// Somebody may have mended what was wrong: it is tried without waiting.
    pub(super) fn reloaded(&mut self) {
        self.wanted = true;
        self.breaker.try_now();
    }

    /// The database's generation is this, where it is looked at.
    pub(super) fn stands_at(&mut self, generation: Option<i64>) {
        self.wanted |= generation.is_some() && generation != self.generation;
        self.generation = generation;
    }

    fn failed(&mut self, retry: bool, now: Timestamp, pauses: &Pauses, chance: u128) {
        if retry {
            self.wanted = true;
            self.breaker.failed(now, Blame::Database, pauses, chance);
        } else {
            self.breaker.succeeded();
        }
    }

    fn succeeded(&mut self) {
        self.breaker.succeeded();
        self.wrong.clear();
    }
}

impl Worker {
    pub(super) fn begin_provisioning(&mut self, now: Timestamp) {
        let engine = self.shared.engine.load_full();
        let due = self.provisioning.next().is_some_and(|next| next <= now);
        if !due || self.jobs.has(&Job::Provision) {
            return;
        }
        if !engine.provisions() {
            self.provisioning.wanted = false;
            return;
        }
        // It stays wanted: whoever comes to lead looks.
        let standing = self.leadership.standing(PROVISIONING);
        if !standing.leads() {
            return;
        }
        self.provisioning.wanted = false;
        self.provisioning.last = Some(now);
        let (engine, epoch) = (Arc::clone(&engine), standing.epoch());
        self.jobs.start(Job::Provision, async move { Done::Provision(Box::new(engine.provision(epoch).await)) });
    }

    /// `Err`: it panicked.
    pub(super) fn provisioned(&mut self, ended: Result<Result<Option<Provisioned>, ProvisioningError>, String>) {
        let outcome = match ended {
            Ok(Ok(None)) => return,
            Ok(Ok(Some(Provisioned::Unchanged { plan }))) => {
                let notices = provisioning_notices(&plan).len();
                tracing::debug!(files = plan.files, notices, "provisioning files: nothing to change");
                "unchanged"
            }
            Ok(Ok(Some(Provisioned::Applied { summary: s, notices, rows }))) => {
                let (added, changed, removed, withheld) = (s.added, s.changed, s.removed, s.withheld);
                // They name people, and a log must not.
                let notices = notices.len();
                tracing::info!(added, changed, removed, withheld, rows, notices, "provisioning files: applied");
                "applied"
            }
            Ok(Ok(Some(Provisioned::Held { hold, .. }))) => {
                let (hold, state) = (hold.id, hold.state.name());
                tracing::warn!(hold, state, "provisioning files: held by a limit; nothing was applied");
                "held"
            }
            Ok(Err(ProvisioningError::Store(StoreError::Fenced))) => {
                tracing::info!("provisioning files: another replica leads by now; nothing was applied");
                return;
            }
            Ok(Err(error)) => {
                self.wrong(&error.to_string(), error.retry());
                "failed"
            }
            Err(why) => {
                self.wrong(&why, true);
                "failed"
            }
        };
        counter!(names::PROVISIONING_RUNS, "outcome" => outcome).increment(1);
        gauge!(names::PROVISIONING_OK).set(if outcome == "failed" { 0.0 } else { 1.0 });
        if outcome != "failed" {
            self.provisioning.succeeded();
        }
    }

    fn wrong(&mut self, text: &str, retry: bool) {
        let (now, pauses, chance) = (self.now(), self.pauses(), self.chance());
        self.provisioning.failed(retry, now, &pauses, chance);
        if text == self.provisioning.wrong {
            tracing::debug!("the provisioning files are as wrong as before");
            return;
        }
        for line in text.lines() {
            tracing::error!(error = line, "the provisioning files cannot be used");
        }
        tracing::error!(retry, "what provisioning files declared before stays");
        text.clone_into(&mut self.provisioning.wrong);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const PAUSES: Pauses = Pauses {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(300),
        credentials: Duration::from_secs(1800),
    };

    #[test]
    fn what_may_succeed_later_is_tried_again_after_longer_and_longer_pauses() {
        let mut files = Provisioning::default();
        assert_eq!(files.next(), None);
        let mut next = Vec::new();
        for _ in 0..3 {
            files.wanted = false;
            files.failed(true, Timestamp(0), &PAUSES, 0);
            next.push(files.next().map(|next| next.0));
        }
        assert_eq!(next, [Some(5_000), Some(10_000), Some(20_000)]);
        // Whatever else wants one waits for it, too; a reload does not.
        files.want();
        assert_eq!(files.next(), Some(Timestamp(20_000)));
        files.set_back(15_000);
        assert_eq!(files.next(), Some(Timestamp(5_000)));
        files.reloaded();
        assert_eq!(files.next(), Some(Timestamp(0)));
        // What somebody has to mend is not tried again by itself.
        files.wanted = false;
        files.failed(false, Timestamp(0), &PAUSES, 0);
        assert_eq!(files.next(), None);
    }

    #[test]
    fn what_others_write_is_looked_at_by_whoever_leads() {
        let mut files = Provisioning::default();
        files.stands_at(None);
        assert!(!files.wanted);
        for (generation, wanted) in [(Some(3), true), (Some(3), false), (Some(4), true), (None, false), (Some(4), true)]
        {
            files.wanted = false;
            files.stands_at(generation);
            assert_eq!(files.wanted, wanted, "{generation:?}");
        }
    }
}
