//! Which groups give what: rules over groups, compiled once for each provider.
//!
//! Evaluation is a function of a person's groups alone. Order of groups, people and providers
//! cannot show; order of rules shows only where `resolve = "first"` says so.

mod condition;
mod evaluate;
mod explain;
mod rule;
mod slots;
mod template;

pub use condition::{Condition, ConditionSpec, GroupFacts, PatternError};
pub use evaluate::{Claim, Mapping};
pub use explain::{Outcome, RuleOutcome, outcomes};
pub use rule::{OrgTarget, Resolve, Rule, RuleError, RuleSet, RuleSpec};
pub use slots::{OrgName, Slot, Slots, TeamName};
pub use template::{Template, TemplateError};
