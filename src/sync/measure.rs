//! What runs and looks say of themselves in metrics and traces. Decides nothing.

use super::engine::{Prepared, RunError};
use super::follow::Followed;
use super::look::Looked;
use crate::clock::Stopwatch;
use crate::store::{Ending, Hold, HoldState};
use crate::telemetry::names;
use metrics::{counter, gauge, histogram};
use rosterd_core::ids::Timestamp;
use rosterd_core::plan::{Change, Effect, Plan};
use std::collections::BTreeMap;
use std::future::Future;
use tracing::Instrument as _;

/// Measures one stage of a run: `read`, `observe`, `plan` or `apply`.
pub(super) async fn stage<T>(provider: &str, stage: &'static str, doing: impl Future<Output = T>) -> T {
    let watch = Stopwatch::start();
    let done = doing.instrument(tracing::info_span!("stage", otel.name = stage, provider)).await;
    histogram!(names::SYNC_DURATION, "provider" => provider.to_owned(), "stage" => stage)
        .record(watch.elapsed().as_secs_f64());
    done
}

/// What a provider answered to a reading of everybody.
pub(super) fn read<T>(provider: &str, reading: Result<T, RunError>) -> Result<T, RunError> {
    let up = match &reading {
        Ok(_) => Some(1.0),
        Err(RunError::Provider(_)) => Some(0.0),
        Err(_) => None,
    };
    if let Some(up) = up {
        gauge!(names::PROVIDER_UP, "provider" => provider.to_owned()).set(up);
    }
    reading
}

/// A plan for everybody, not carried out yet.
pub(super) fn planned(plan: &Plan) {
    let provider = &plan.provider;
    let (people, groups) = plan.read();
    let complete = if plan.complete { 1.0 } else { 0.0 };
    gauge!(names::PROVIDER_COMPLETE, "provider" => provider.clone()).set(complete);
    // Where people cannot be listed, nothing was read.
    let listed = plan.everybody || !plan.complete;
    for (object, there) in [("people", people), ("groups", groups)].into_iter().filter(|_| listed) {
        gauge!(names::PROVIDER_OBJECTS, "provider" => provider.clone(), "object" => object).set(there as f64);
    }
    gauge!(names::DRIFT, "provider" => provider.clone()).set((plan.changes.len() + plan.withheld.len()) as f64);
    gauge!(names::WITHHELD, "provider" => provider.clone()).set(plan.withheld.len() as f64);
}

/// How many leases end when.
pub(super) fn ending(provider: &str, ending: &Ending) {
    for (within, people) in [("now", ending.now), ("1d", ending.day), ("7d", ending.week)] {
        gauge!(names::LEASES_ENDING, "provider" => provider.to_owned(), "within" => within).set(people as f64);
    }
}

/// Nothing was to be done.
pub(super) fn unchanged(plan: &Plan) {
    planned(plan);
    gauge!(names::HELD, "provider" => plan.provider.clone()).set(0.0);
}

/// A limit held it.
pub(super) fn held(plan: &Plan, hold: &Hold) {
    planned(plan);
    let waits = if hold.state == HoldState::Pending { plan.changes.len() } else { 0 };
    gauge!(names::HELD, "provider" => plan.provider.clone()).set(waits as f64);
}

/// What a plan comes to, for when it was applied.
pub(super) struct Counts {
    provider: String,
    changes: BTreeMap<(&'static str, &'static str), u64>,
    withheld: usize,
    started_at: Timestamp,
    verifies: bool,
}

impl Counts {
    pub(super) fn of(prepared: &Prepared) -> Self {
        let plan = &prepared.plan;
        planned(plan);
        let (provider, withheld, started_at) = (plan.provider.clone(), plan.withheld.len(), prepared.started_at);
        Self { provider, changes: count(&plan.changes), withheld, started_at, verifies: prepared.verifies }
    }

    /// All of it stands in the tables now.
    pub(super) fn applied(self, now: Timestamp) {
        if self.verifies {
            counter!(names::FOLLOW_MISSED, "provider" => self.provider.clone()).increment(self.changes.values().sum());
        }
        for ((object, op), changes) in self.changes {
            counter!(names::CHANGES, "provider" => self.provider.clone(), "object" => object, "op" => op)
                .increment(changes);
        }
        gauge!(names::DRIFT, "provider" => self.provider.clone()).set(self.withheld as f64);
        gauge!(names::HELD, "provider" => self.provider.clone()).set(0.0);
        let seconds = (now.0 - self.started_at.0).max(0) as f64 / 1000.0;
        histogram!(names::PROPAGATION, "provider" => self.provider).record(seconds);
    }
}

fn count(changes: &[Change]) -> BTreeMap<(&'static str, &'static str), u64> {
    let mut counts = BTreeMap::new();
    for change in changes {
        let object = match change {
            Change::CreateOrg { .. } | Change::RenameOrg { .. } => "org",
            Change::CreateTeam { .. } | Change::RenameTeam { .. } => "team",
            Change::CreateUser { .. }
            | Change::Link { .. }
            | Change::UpdateUser { .. }
            | Change::Suspend { .. }
            | Change::Resume { .. }
            | Change::Archive { .. } => "user",
            Change::ServerAdmin { .. } => "server_admin",
            Change::OrgRole { .. } => "org_member",
            Change::TeamRole { .. } => "team_member",
            Change::Entitlement { .. } => "entitlement",
        };
        let op = match change.effect() {
            Effect::Add => "add",
            Effect::Change | Effect::Lower => "change",
            Effect::Remove => "remove",
        };
        *counts.entry((object, op)).or_insert(0) += 1;
    }
    counts
}

/// Measures following a provider's changes.
pub(super) async fn follow(
    provider: &str,
    doing: impl Future<Output = Result<Followed, RunError>>,
) -> Result<Followed, RunError> {
    let watch = Stopwatch::start();
    let followed = doing.instrument(tracing::info_span!("follow", provider)).await;
    let outcome = match &followed {
        Ok(Followed::Nothing) => "nothing",
        Ok(Followed::Looked { .. }) => "looked",
        Ok(Followed::Everybody(_)) => "everybody",
        Ok(Followed::Waiting) => "waiting",
        Ok(Followed::Not) => "not",
        Err(_) => "failed",
    };
    counter!(names::FOLLOWS, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
    histogram!(names::FOLLOW_DURATION, "provider" => provider.to_owned()).record(watch.elapsed().as_secs_f64());
    followed
}

/// Measures a look at `people`.
pub(super) async fn look(
    provider: &str,
    people: usize,
    doing: impl Future<Output = Result<Vec<Looked>, RunError>>,
) -> Result<Vec<Looked>, RunError> {
    let watch = Stopwatch::start();
    let looked = doing.instrument(tracing::info_span!("look", provider, people)).await;
    let count = |outcome: &'static str, people: usize| {
        counter!(names::LOOKS, "provider" => provider.to_owned(), "outcome" => outcome).increment(people as u64);
    };
    match &looked {
        Ok(looked) => looked.iter().for_each(|one| count(one.finding.name(), 1)),
        Err(_) => count("failed", people),
    }
    histogram!(names::LOOK_DURATION, "provider" => provider.to_owned()).record(watch.elapsed().as_secs_f64());
    looked
}
