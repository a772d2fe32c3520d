//! One plan for provisioning files: read, observe, plan, hold or apply.
//!
//! It is made as a provider's: the files are read anew each time, the first try writes at the generation that it was
//! planned at, and the second plans while nobody else can write. What cannot be read or is wrong changes nothing.

use super::engine::Engine;
use crate::config::{ProvisionError, load_provision};
use crate::store::{Hold, HoldState, NewHold, StoreError};
use rosterd_core::ids::Timestamp;
use rosterd_core::plan::Summary;
use rosterd_core::provision::{self, Declared, Exceeded, Limits, Observed, PROVISIONING, Plan, Policy, Wanted};
use std::sync::{Arc, Mutex, PoisonError};

/// Why nothing was done about the files.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// Everything that is wrong with them, each with its place. It needs somebody to mend it.
    #[error("{}", .0.join("\n"))]
    Files(Vec<String>),
    #[error("{0} failed unexpectedly; please report it with the log before this")]
    Unexpected(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvisionError> for ProvisioningError {
    fn from(error: ProvisionError) -> Self {
        Self::Files(error.0)
    }
}

impl ProvisioningError {
    /// Whether it can succeed later without anybody's doing.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::Files(_) => false,
            Self::Unexpected(_) => true,
            Self::Store(error) => error.retry(),
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Provisioned {
    /// Nothing differs; nothing was written.
    Unchanged {
        plan: Plan,
    },
    Applied {
        summary: Summary,
        notices: Vec<String>,
        rows: u64,
    },
    /// Over a limit; nothing of it was applied.
    Held {
        hold: Hold,
        plan: Plan,
    },
}

/// What a plan that was made in its turn came to.
enum Turn {
    Wrong(Vec<String>),
    Unchanged(Plan),
    Held(Plan),
    Applied(Summary, Vec<String>),
}

impl Engine {
    /// Whether there are to be files.
    #[must_use]
    pub fn provisions(&self) -> bool {
        !self.config.provisioning.files.is_empty()
    }

    async fn declared(&self) -> Result<Arc<Declared>, ProvisioningError> {
        let names = self.config.provisioning.files.clone();
        let read = tokio::task::spawn_blocking(move || load_provision(&names)).await;
        let failed = |_| ProvisioningError::Unexpected("reading the files");
        Ok(Arc::new(read.map_err(failed)??))
    }

    fn provisioning_policy(&self) -> Policy {
        let section = &self.config.provisioning;
        let limits = Limits {
            removals_percent: section.removals_percent,
            removals_at_least: section.removals_at_least,
            privileged_gains: section.privileged_gains,
        };
        Policy { limits, break_glass: self.config.accounts.break_glass.iter().cloned().collect() }
    }

    /// Reads the files and plans; writes nothing. `None` where there are to be no files.
    ///
    /// # Errors
    /// The files are wrong or cannot be read, or the database does not answer.
    pub async fn prepare_provisioning(&self) -> Result<Option<Plan>, ProvisioningError> {
        if !self.provisions() {
            return Ok(None);
        }
        let declared = self.declared().await?;
        Ok(Some(self.provisioning_plan(&declared, &mut declared.wanted()).await?))
    }

    async fn provisioning_plan(
        &self,
        declared: &Arc<Declared>,
        wanted: &mut Wanted,
    ) -> Result<Plan, ProvisioningError> {
        loop {
            let observed = self.store.observe_declared(wanted, self.clock.now()).await?;
            let (declared, policy) = (Arc::clone(declared), self.provisioning_policy());
            let work = move || provision::plan(&declared, observed, &policy);
            let planned = tokio::task::spawn_blocking(work).await;
            let failed = |_| ProvisioningError::Unexpected("planning");
            let plan = planned.map_err(failed)?.map_err(ProvisioningError::Files)?;
            // Who else is an Admin, and how many people there are, is looked for only where it matters: it takes a look
            // at everybody there.
            let (admins, reach) = (plan.takes_admins(), plan.takes_from_many());
            if (wanted.admins || !admins) && (wanted.reach || !reach) {
                return Ok(plan);
            }
            wanted.admins |= admins;
            wanted.reach |= reach;
        }
    }

    /// Makes the database say what the files declare, unless a limit holds it. `None` where there are to be no files.
    ///
    /// # Errors
    /// The files are wrong or cannot be read, or the database does not answer: nothing was changed.
    ///
    /// `epoch`: under which the process leads, where several replicas do it; another one that has taken over since
    /// refuses it.
    pub async fn provision(&self, epoch: Option<i64>) -> Result<Option<Provisioned>, ProvisioningError> {
        if !self.provisions() {
            return Ok(None);
        }
        let declared = self.declared().await?;
        let mut wanted = declared.wanted();
        let plan = self.provisioning_plan(&declared, &mut wanted).await?;
        if plan.writes_nothing() && plan.exceeded.is_empty() {
            return Ok(Some(Provisioned::Unchanged { plan }));
        }
        let approved = self.approved(PROVISIONING).await?;
        let Some(hold) = allowed(&plan, &approved, &self.config_hash) else {
            return self.hold_provisioning(plan, epoch).await.map(Some);
        };
        let (summary, notices) = (plan.summary(), notices(&plan));
        match self.store.apply_declared(plan.writes(hold, epoch), self.clock.now()).await {
            Ok(rows) => Ok(Some(Provisioned::Applied { summary, notices, rows })),
            Err(StoreError::Moved) => self.provision_in_turn(declared, wanted, approved, epoch).await.map(Some),
            Err(error) => Err(error.into()),
        }
    }

    /// Plans and writes while nobody else can write.
    async fn provision_in_turn(
        &self,
        declared: Arc<Declared>,
        wanted: Wanted,
        approved: Vec<Hold>,
        epoch: Option<i64>,
    ) -> Result<Provisioned, ProvisioningError> {
        let wanted = Wanted { admins: true, reach: true, ..wanted };
        let turn = Arc::new(Mutex::new(None));
        let decide = {
            let (turn, policy, hash) = (Arc::clone(&turn), self.provisioning_policy(), self.config_hash.clone());
            move |observed: Observed| {
                let (came, writes) = match provision::plan(&declared, observed, &policy) {
                    Err(problems) => (Turn::Wrong(problems), None),
                    Ok(plan) if plan.writes_nothing() && plan.exceeded.is_empty() => (Turn::Unchanged(plan), None),
                    Ok(plan) => match allowed(&plan, &approved, &hash) {
                        None => (Turn::Held(plan), None),
                        Some(hold) => (Turn::Applied(plan.summary(), notices(&plan)), Some(plan.writes(hold, epoch))),
                    },
                };
                *turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
                writes
            }
        };
        let rows = self.store.revise_declared(&wanted, Box::new(decide), self.clock.now()).await?;
        let came = turn.lock().unwrap_or_else(PoisonError::into_inner).take();
        match came {
            None => Err(ProvisioningError::Unexpected("planning")),
            Some(Turn::Wrong(problems)) => Err(ProvisioningError::Files(problems)),
            Some(Turn::Unchanged(plan)) => Ok(Provisioned::Unchanged { plan }),
            Some(Turn::Held(plan)) => self.hold_provisioning(plan, epoch).await,
            Some(Turn::Applied(summary, notices)) => Ok(Provisioned::Applied { summary, notices, rows }),
        }
    }

    async fn hold_provisioning(&self, plan: Plan, epoch: Option<i64>) -> Result<Provisioned, ProvisioningError> {
        let now: Timestamp = self.clock.now();
        let new = NewHold {
            provider: PROVISIONING.to_owned(),
            plan_hash: plan.harm_hash(&self.config_hash),
            reasons: plan.exceeded.iter().map(Exceeded::sentence).collect(),
            plan: plan.to_json().to_string(),
            expires_at: now.plus_millis(self.config.limits.hold_expires.millis()),
            epoch,
        };
        let hold = self.store.hold(&new, now).await?;
        Ok(Provisioned::Held { hold, plan })
    }
}

/// Whether a plan may be applied: within the limits, or with the hold that allows it.
fn allowed(plan: &Plan, approved: &[Hold], config_hash: &str) -> Option<Option<i64>> {
    if plan.exceeded.is_empty() {
        return Some(None);
    }
    let hash = plan.harm_hash(config_hash);
    let hold = approved.iter().find(|hold| hold.state == HoldState::Approved && hold.plan_hash == hash);
    hold.map(|hold| Some(hold.id))
}

/// What the operator should know besides the numbers: withheld changes, notes.
#[must_use]
pub fn notices(plan: &Plan) -> Vec<String> {
    let withheld = plan.withheld.iter().map(|change| {
        format!("withheld: {} of {}, who is the last Admin of {}", change.kind(), change.shown.person, change.shown.org)
    });
    withheld.chain(plan.notes.iter().cloned()).collect()
}
