//! When provisioning files are looked at: at the start, after a reload, and whenever a run or a login may have brought
//! somebody or something for whom they wait. Every replica does; what one has written the next finds done.

use super::jobs::{Done, Job};
use super::turn::Worker;
use crate::sync::{Provisioned, ProvisioningError, provisioning_notices};
use crate::telemetry::names;
use metrics::{counter, gauge};
use rosterd_core::ids::Timestamp;
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
        self.wanted.then(|| self.last.map_or(Timestamp(0), |last| last.plus_millis(PAUSE_MILLIS)))
    }
}

impl Worker {
    pub(super) fn begin_provisioning(&mut self, now: Timestamp) {
        let engine = self.shared.engine.load_full();
        // Set back, the clock makes nobody wait.
        let due = self.provisioning.next().is_some_and(|next| next <= now || self.provisioning.last > Some(now));
        if !due || self.jobs.has(&Job::Provision) {
            return;
        }
        self.provisioning.wanted = false;
        if !engine.provisions() {
            return;
        }
        self.provisioning.last = Some(now);
        let engine = Arc::clone(&engine);
        self.jobs.start(Job::Provision, async move { Done::Provision(Box::new(engine.provision(None).await)) });
    }

    pub(super) fn provisioned(&mut self, ended: Result<Option<Provisioned>, ProvisioningError>) {
        let outcome = match ended {
            Ok(None) => return,
            Ok(Some(Provisioned::Unchanged { plan })) => {
                let notices = provisioning_notices(&plan).len();
                tracing::debug!(files = plan.files, notices, "provisioning files: nothing to change");
                "unchanged"
            }
            Ok(Some(Provisioned::Applied { summary: s, notices, rows })) => {
                let (added, changed, removed, withheld) = (s.added, s.changed, s.removed, s.withheld);
                // They name people, and a log must not.
                let notices = notices.len();
                tracing::info!(added, changed, removed, withheld, rows, notices, "provisioning files: applied");
                "applied"
            }
            Ok(Some(Provisioned::Held { hold, .. })) => {
                let (hold, state) = (hold.id, hold.state.name());
                tracing::warn!(hold, state, "provisioning files: held by a limit; nothing was applied");
                "held"
            }
            Err(error) => {
                self.wrong(&error);
                "failed"
            }
        };
        counter!(names::PROVISIONING_RUNS, "outcome" => outcome).increment(1);
        gauge!(names::PROVISIONING_OK).set(if outcome == "failed" { 0.0 } else { 1.0 });
        if outcome != "failed" {
            self.provisioning.wrong.clear();
        }
    }

    fn wrong(&mut self, error: &ProvisioningError) {
        let text = error.to_string();
        if text == self.provisioning.wrong {
            tracing::debug!("the provisioning files are as wrong as before");
            return;
        }
        for line in text.lines() {
            tracing::error!(error = line, "the provisioning files cannot be used");
        }
        tracing::error!(retry = error.retry(), "what provisioning files declared before stays");
        self.provisioning.wrong = text;
    }
}
