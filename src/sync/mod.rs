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
mod check;
mod concerned;
mod engine;
mod few;
mod follow;
mod leases;
mod look;
mod measure;
mod provision;
mod reasons;
mod rules;
mod run;
mod simulate;
mod sums;
mod terms;

pub use answer::{Answer, Reason, RuleTried, TeamAnswer};
pub use engine::{Compiled, Engine, Outcome, Prepared, RunError};
pub use follow::Followed;
pub use leases::Passes;
pub use look::{Asked, Finding, Looked};
pub use provision::{Provisioned, ProvisioningError, notices as provisioning_notices};
pub use reasons::{said, unsaid, verdict};
pub use rules::{policy_for, rules_for};
pub use run::Cause;
pub use simulate::Simulation;
pub use sums::Sums;
