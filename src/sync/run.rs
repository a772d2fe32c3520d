//! One run for everybody: what a schedule and a command ask for.
//!
//! The first try reads the database and the provider at once and takes its turn only to write. When
//! somebody has written in between (a login, mostly), the second reads the database and plans while
//! it has the turn, which cannot fail for that reason.

use super::engine::{Engine, Outcome, Prepared, Read, RunError};
use super::measure;
use crate::providers::follow::Cursor;
use crate::store::{Decide, Decision, Finished, Hold, HoldState, Scope, Sight, StoreError};
use rosterd_core::ids::Timestamp;
use rosterd_core::plan::{self, Input, Plan, RunFacts, Summary};
use rosterd_core::writes::{CursorWrite, Trigger};
use std::sync::{Arc, Mutex, PoisonError};

/// What makes a run happen, and under which lease.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    pub trigger: Trigger,
    /// Of the replica that leads the provider; `None` where there is only one, and for a command.
    pub epoch: Option<i64>,
}

impl From<Trigger> for Cause {
    fn from(trigger: Trigger) -> Self {
        Self { trigger, epoch: None }
    }
}

enum Gate {
    /// With the hold that allows it, if one was needed.
    Open(Option<i64>),
    Held(Hold),
}

/// What a plan that was made in its turn came to.
enum Turn {
    Unchanged(Plan),
    Held(Plan),
    Applied(Told),
}

/// What is told of a plan after it was carried out.
struct Told {
    summary: Summary,
    notices: Vec<String>,
    complete: bool,
    people: usize,
    groups: usize,
    counts: measure::Counts,
}

impl Told {
    fn of(prepared: &Prepared) -> Self {
        let (people, groups) = prepared.plan.read();
        let (summary, complete) = (prepared.plan.summary(), prepared.plan.complete);
        let counts = measure::Counts::of(prepared);
        Self { summary, notices: prepared.notices(), complete, people, groups, counts }
    }

    fn applied(self, rows: u64, now: Timestamp) -> Outcome {
        let Self { summary, notices, complete, people, groups, counts } = self;
        counts.applied(now);
        Outcome::Applied { summary, notices, rows, complete, people, groups }
    }
}

impl Engine {
    /// Reads `provider`, works out what has to change, and changes it, unless a limit holds it.
    /// A run that finds nothing to change writes nothing.
    pub async fn run_once(&self, provider: &str, cause: impl Into<Cause>) -> Result<Outcome, RunError> {
        self.mark_accounts().await?;
        let prepared = self.prepare(provider).await?;
        self.finish(prepared, cause.into()).await
    }

    /// Carries a plan out, or makes it anew where somebody has written since or read later.
    pub async fn finish(&self, prepared: Prepared, cause: Cause) -> Result<Outcome, RunError> {
        let provider = prepared.plan.provider.clone();
        match self.carry_out(prepared, cause).await {
            Err(RunError::Store(StoreError::Moved | StoreError::Superseded)) => {
                self.run_in_turn(&provider, cause).await
            }
            outcome => outcome,
        }
    }

    /// Changes what a plan says, unless a limit holds it. The store refuses a plan that rests on
    /// an older state of the database.
    pub async fn carry_out(&self, prepared: Prepared, cause: impl Into<Cause>) -> Result<Outcome, RunError> {
        let Cause { trigger, epoch } = cause.into();
        let hold = match self.gate(&prepared, epoch).await? {
            Gate::Open(hold) => hold,
            Gate::Held(hold) => {
                measure::held(&prepared.plan, &hold);
                return Ok(Outcome::Held { hold, prepared });
            }
        };
        if prepared.plan.is_empty() {
            let plan = &prepared.plan;
            if plan.everybody {
                let cursor = prepared.cursor.as_ref().map(|cursor| cursor.0.as_str());
                let finished = Finished { number: plan.number, read_at: plan.read_at() };
                self.store.finished(&plan.provider, finished, plan.generation(), cursor).await?;
            }
            measure::unchanged(plan);
            return Ok(Outcome::Unchanged { prepared });
        }
        let (told, provider) = (Told::of(&prepared), prepared.plan.provider.clone());
        let started_at = prepared.started_at;
        let mut writes = prepared.plan.into_writes(RunFacts { trigger, started_at, hold, epoch });
        writes.cursor = prepared.cursor.map(|Cursor(to)| CursorWrite { from: None, to });
        let apply = self.store.apply(Arc::new(writes), self.clock.now());
        let applied = measure::stage(&provider, "apply", apply).await?;
        Ok(told.applied(applied.rows, self.clock.now()))
    }

    /// Reads the provider, then plans and writes while nobody else can write.
    async fn run_in_turn(&self, provider: &str, cause: Cause) -> Result<Outcome, RunError> {
        let (started_at, window) = self.now();
        let number = self.store.begin_reading().await?;
        let Read { reading, cursor, verifies } = measure::stage(provider, "read", self.read(provider)).await?;
        let approved = self.approved(provider).await?;
        let turn = Arc::new(Mutex::new(None));
        let decide: Decide = {
            let (turn, provider, hash) = (Arc::clone(&turn), provider.to_owned(), self.config_hash.clone());
            let (rules, policy) = (self.rules(&provider)?, self.policy(&provider));
            Box::new(move |sight: Sight| {
                let Sight { observed, given, .. } = sight;
                let (rules, policy) = (&*rules, &policy);
                let now = started_at;
                let (login, provider) = (None, &*provider);
                let plan = plan::plan(Input { provider, observed, reading, rules, policy, number, given, login, now });
                let hold = if plan.exceeded.is_empty() {
                    Ok(None)
                } else {
                    let harm = plan.harm_hash(&hash);
                    approved.into_iter().find(|hold| hold.plan_hash == harm).map(|hold| Some(hold.id)).ok_or(())
                };
                let (came, decision) = match hold {
                    Err(()) => (Turn::Held(plan), Decision::default()),
                    Ok(_) if plan.is_empty() => {
                        let finished = Finished { number, read_at: plan.read_at() };
                        let finished = plan.everybody.then_some(finished);
                        (Turn::Unchanged(plan), Decision { finished, writes: None })
                    }
                    Ok(hold) => {
                        let cursor = cursor.filter(|_| plan.complete);
                        let prepared = Prepared { plan, started_at, cursor, verifies };
                        let told = Told::of(&prepared);
                        let facts = RunFacts { trigger: cause.trigger, started_at, hold, epoch: cause.epoch };
                        let mut writes = prepared.plan.into_writes(facts);
                        writes.cursor = prepared.cursor.map(|Cursor(to)| CursorWrite { from: None, to });
                        let writes = Some(Arc::new(writes));
                        (Turn::Applied(told), Decision { writes, finished: None })
                    }
                };
                *turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
                decision
            })
        };
        let (applied, _) = self.store.revise(provider, Scope::Everybody, window, decide, self.clock.now()).await?;
        let came = turn.lock().unwrap_or_else(PoisonError::into_inner).take();
        match came {
            None => Err(RunError::Configuration("planning failed unexpectedly; please report it".to_owned())),
            Some(Turn::Held(plan)) => {
                self.hold(Prepared { plan, started_at, cursor: None, verifies }, cause.epoch).await
            }
            Some(Turn::Unchanged(plan)) => {
                measure::unchanged(&plan);
                Ok(Outcome::Unchanged { prepared: Prepared { plan, started_at, cursor: None, verifies } })
            }
            Some(Turn::Applied(told)) => Ok(told.applied(applied.map_or(0, |applied| applied.rows), self.clock.now())),
        }
    }

    async fn hold(&self, prepared: Prepared, epoch: Option<i64>) -> Result<Outcome, RunError> {
        let now = self.clock.now();
        let hash = prepared.plan.harm_hash(&self.config_hash);
        let hold = self.store.hold(&self.new_hold(&prepared, hash, epoch, now), now).await?;
        measure::held(&prepared.plan, &hold);
        Ok(Outcome::Held { hold, prepared })
    }

    /// Whether the plan may be applied: it is within the limits, or somebody has approved it.
    async fn gate(&self, prepared: &Prepared, epoch: Option<i64>) -> Result<Gate, RunError> {
        if prepared.plan.exceeded.is_empty() {
            return Ok(Gate::Open(None));
        }
        let hash = prepared.plan.harm_hash(&self.config_hash);
        let approved = self.approved(&prepared.plan.provider).await?;
        if let Some(hold) = approved.into_iter().find(|hold| hold.plan_hash == hash) {
            return Ok(Gate::Open(Some(hold.id)));
        }
        let now: Timestamp = self.clock.now();
        Ok(Gate::Held(self.store.hold(&self.new_hold(prepared, hash, epoch, now), now).await?))
    }

    /// What somebody has approved of the provider's plans.
    pub(super) async fn approved(&self, provider: &str) -> Result<Vec<Hold>, StoreError> {
        let mut holds = self.store.holds(self.clock.now()).await?;
        holds.retain(|hold| hold.state == HoldState::Approved && hold.provider == provider);
        Ok(holds)
    }
}
