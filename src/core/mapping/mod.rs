//! Which groups and claims give what: rules, compiled once for each provider.
//!
//! Evaluation is a function of one person's groups and claims alone. Order of groups, people and
//! providers cannot show; order of rules shows only where `resolve = "first"` says so.

mod by;
mod claim;
mod condition;
mod decide;
mod direct;
mod document;
mod entitlement;
mod evaluate;
mod explain;
mod expression;
mod leaves;
mod rule;
mod scope;
mod search;
mod slots;
mod steps;
mod template;
mod terms;
#[cfg(test)]
mod testing;

pub use claim::{ClaimTest, Claims, Found, Reading, Scalar, Source};
pub use condition::{Condition, ConditionSpec, GroupFacts, PatternError, check_regex};
pub use decide::{Decision, Refusal, Verdict};
pub use direct::{DirectRoleSpec, DirectSaid, RoleValue};
pub use document::{Document, DocumentError};
pub use entitlement::{About, EntitlementName, EntitlementSpec, Held, check_scope};
pub use evaluate::{Claim, Mapping};
pub use explain::{Outcome, RuleOutcome, outcomes};
pub use expression::{Expression, check_expression};
pub use rule::{OrgTarget, Resolve, Rule, RuleError, RuleSet, RuleSpec};
pub use scope::{Person, Problem};
pub use search::search;
pub use slots::{OrgName, Slot, Slots, TeamName};
pub use template::{Template, TemplateError};
pub use terms::{NoMatch, OrgRoles, TermsSpec};

/// Stands for a rule where the provider itself said the role ([`DirectSaid`]).
pub const DIRECT_ROLE: u32 = u32::MAX - 1;
/// Stands for a rule where none matched and [`NoMatch::Default`] gave something.
pub const ON_NO_MATCH: u32 = u32::MAX;
