//! What the worker's loop knows of one provider: when it is due, what was asked, how it went.

use super::breaker::{Breaker, Pauses};
use super::credentials::Print;
use super::event::What;
use super::follow::Following;
use super::run::Ended;
use super::schedule::Schedule;
use super::status::{LastRun, ProviderStatus};
use crate::config::Provider;
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;

/// How far a clock may be set back before a time of day that comes again counts again. As cron(8)
/// has it.
const SET_BACK_MILLIS: i64 = 3 * 3_600_000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Task {
    schedule: Schedule,
    jitter_millis: i64,
    due: Option<Due>,
    pub(super) asked: Option<Trigger>,
    pub(super) running: Option<Running>,
    pub(super) breaker: Breaker,
    pub(super) following: Following,
    /// What a run by schedule is for.
    scheduled: Trigger,
    /// Of what the provider refused.
    pub(super) refused: Option<Print>,
    last: Option<LastRun>,
    last_success: Option<Timestamp>,
}

/// When the schedule wants the next run.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// By the schedule alone.
    plain: Timestamp,
    /// With what chance adds.
    at: Timestamp,
}

/// A run that is under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Running {
    pub(super) since: Timestamp,
    pub(super) trigger: Trigger,
}

impl Task {
    /// Due at once: whatever was missed while nobody looked is caught up.
    pub(super) fn new(section: &Provider, following: Following, now: Timestamp) -> Result<Self, String> {
        Ok(Self {
            schedule: Schedule::of(section)?,
            jitter_millis: section.jitter.millis(),
            due: Some(Due { plain: now, at: now }),
            asked: None,
            running: None,
            breaker: Breaker::default(),
            following,
            scheduled: if section.lease().is_some() { Trigger::Lease } else { Trigger::Schedule },
            refused: None,
            last: None,
            last_success: None,
        })
    }

    /// The section has changed, or something that it depends on. Due at once.
    pub(super) fn reschedule(&mut self, schedule: Schedule, jitter_millis: i64, now: Timestamp) {
        self.schedule = schedule;
        self.jitter_millis = jitter_millis;
        self.due = Some(Due { plain: now, at: now });
        self.breaker.try_now();
    }

    /// Whether its people cannot be listed.
    pub(super) fn ends_leases(&self) -> bool {
        self.scheduled == Trigger::Lease
    }

    /// When the next run begins, if nobody asks for one before.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let due = self.due?.at;
        // A failure's pause both delays a schedule that is quicker and goes before one that is slower.
        Some(self.breaker.until().unwrap_or(due))
    }

    /// What a run would be for, if one is to begin now.
    pub(super) fn wants(&self, now: Timestamp) -> Option<Trigger> {
        if self.running.is_some() || self.following.under_way() {
            return None;
        }
        let due = self.next().is_some_and(|next| next <= now);
        self.asked.or(due.then_some(self.scheduled))
    }

    /// A run begins. `chance` is any number.
    pub(super) fn begin(&mut self, trigger: Trigger, now: Timestamp, chance: u128) {
        self.asked = None;
        self.running = Some(Running { since: now, trigger });
        self.plan_next(now, chance);
    }

    fn plan_next(&mut self, now: Timestamp, chance: u128) {
        // What was asked for by hand does not stand in for a time of day.
        if matches!(self.schedule, Schedule::Cron(_)) && self.due.is_some_and(|due| due.plain > now) {
            return;
        }
        self.due = self.schedule.next(now).map(|plain| {
            let jitter = u128::try_from(self.jitter_millis).unwrap_or(0);
            let more = if jitter == 0 { 0 } else { chance % jitter };
            Due { plain, at: plain.plus_millis(i64::try_from(more).unwrap_or(0)) }
        });
    }

    /// The run has ended.
    pub(super) fn end(&mut self, ended: &Ended, now: Timestamp, pauses: &Pauses, chance: u128) {
        let Some(running) = self.running.take() else { return };
        let failed = matches!(ended.what, What::Failed { .. });
        if failed {
            self.breaker.failed(now, ended.blame, pauses, chance);
            self.refused = ended.print.clone().filter(|_| self.breaker.refused());
        } else {
            self.breaker.succeeded();
            self.refused = None;
        }
        self.following.run_ended(&ended.what, running.trigger, now);
        if matches!(ended.what, What::Applied { .. } | What::Unchanged { .. }) {
            self.last_success = Some(now);
        }
        self.last =
            Some(LastRun { trigger: running.trigger, started: running.since, ended: now, what: ended.what.clone() });
    }

    /// The clock was set back by so much.
    pub(super) fn set_back(&mut self, millis: i64, now: Timestamp, chance: u128) {
        self.breaker.shift(millis);
        self.following.set_back(millis);
        match &self.schedule {
            Schedule::Every(_) => {
                let earlier = |time: Timestamp| time.plus_millis(-millis);
                self.due = self.due.map(|due| Due { plain: earlier(due.plain), at: earlier(due.at) });
            }
            Schedule::Cron(_) if millis > SET_BACK_MILLIS => {
                self.due = None;
                self.plan_next(now, chance);
            }
            // Set back a little, the clock does not make a run happen twice.
            Schedule::Cron(_) => {}
        }
    }

    pub(super) fn status(&self, leads: bool) -> ProviderStatus {
        ProviderStatus {
            running: self.running.map(|running| running.since),
            asked: self.asked.is_some(),
            last: self.last.clone(),
            last_success: self.last_success,
            next: self.next(),
            breaker: self.breaker.state(self.running.is_some()),
            leads,
        }
    }
}
