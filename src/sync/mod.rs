//! The pipeline, on one screen: every trigger ends here.
//!
//! ```text
//! read ─┬─▶ map ─▶ plan ─▶ limits ─┬─▶ apply (one transaction, with its audit records)
//! observe ┘                        └─▶ hold
//! ```
//!
//! A run covers one provider. A trigger carries no rights and no data: whatever made a run happen,
//! it reads everything anew, so that what one run missed the next one sees.

mod answer;
mod engine;
mod reasons;
mod rules;
mod simulate;
mod sums;
mod terms;

pub use answer::{Answer, Reason, RuleTried, TeamAnswer};
pub use engine::{Engine, Outcome, Prepared, RunError};
pub use reasons::{said, unsaid, verdict};
pub use rules::{policy_for, rules_for};
pub use simulate::Simulation;
pub use sums::Sums;

use rosterd_core::plan::RunFacts;
use rosterd_core::writes::Trigger;
use std::sync::Arc;

impl Engine {
    /// Reads `provider`, works out what has to change, and changes it, unless a limit holds it.
    /// A run that finds nothing to change writes nothing.
    pub async fn run_once(&self, provider: &str, trigger: Trigger) -> Result<Outcome, RunError> {
        let prepared = self.prepare(provider).await?;
        self.carry_out(prepared, trigger).await
    }

    /// Changes what a plan says, unless a limit holds it. The store refuses a plan that rests on
    /// an older state of the database.
    pub async fn carry_out(&self, prepared: Prepared, trigger: Trigger) -> Result<Outcome, RunError> {
        let hold = match self.gate(&prepared).await? {
            Gate::Open(hold) => hold,
            Gate::Held(hold) => return Ok(Outcome::Held { hold, prepared }),
        };
        if prepared.plan.is_empty() {
            return Ok(Outcome::Unchanged { prepared });
        }
        let (summary, complete) = (prepared.plan.summary(), prepared.plan.complete);
        let (people, groups) = prepared.plan.read();
        let notices = prepared.notices();
        let started_at = prepared.started_at;
        let writes = prepared.plan.into_writes(RunFacts { trigger, started_at, hold });
        let applied = self.store.apply(Arc::new(writes), self.clock.now()).await?;
        Ok(Outcome::Applied { summary, notices, rows: applied.rows, complete, people, groups })
    }

    /// Whether the plan may be applied: it is within the limits, or somebody has approved it.
    async fn gate(&self, prepared: &Prepared) -> Result<Gate, RunError> {
        if prepared.plan.exceeded.is_empty() {
            return Ok(Gate::Open(None));
        }
        let hash = prepared.plan.harm_hash(&self.config_hash);
        let now = self.clock.now();
        let approved = self.store.holds(now).await?.into_iter().find(|hold| {
            hold.state == crate::store::HoldState::Approved
                && hold.provider == prepared.plan.provider
                && hold.plan_hash == hash
        });
        if let Some(hold) = approved {
            return Ok(Gate::Open(Some(hold.id)));
        }
        let hold = self.store.hold(&self.new_hold(prepared, hash, now), now).await?;
        Ok(Gate::Held(hold))
    }
}

enum Gate {
    /// With the hold that allows it, if one was needed.
    Open(Option<i64>),
    Held(crate::store::Hold),
}
