//! DECIDE: the difference between what one provider's rules want and what the target holds.
//!
//! ```text
//! reading ─┬─ groups ──▶ mapping ─┐
//!          └─ people ─────────────┴─▶ rights ─┐
//! observed ───────────────────────────────────┴─▶ changes ─▶ guard ─▶ limits ─▶ Plan ─▶ Writes
//! ```
//!
//! A plan covers one provider: what that provider gives is worked out anew, what the others give is
//! taken from what was last written, and the highest right wins. Nothing here can see a store, so
//! nothing here can write.
//!
//! From an incomplete reading nothing is taken away: people that are not in it keep everything,
//! people that are in it keep what they had and may gain.

mod accounts;
mod change;
mod draft;
mod groups;
mod guard;
mod hash;
mod limits;
mod logins;
mod memberships;
mod names;
mod orgs;
mod people;
mod policy;
mod render;
mod rights;
mod rows;
mod targets;
mod writes;

pub use change::{Change, Effect, Field, Reason, SuspendReason};
pub use limits::{Exceeded, Measure};
pub use policy::{Limits, LinkKey, Policy};
pub use render::{Form, Summary};
pub use writes::{RunFacts, audit_body};

use crate::ids::{GroupId, IdentityId, OrgId, RuleId, TeamId, Timestamp, UserId};
use crate::mapping::RuleSet;
use crate::observed::{Grant, Observed};
use crate::snapshot::{Gap, Reading, Snapshot};
use crate::text::Text;
use crate::writes::{GroupWrite, IdentityWrite, NewTeam, OrgWrite, SuspensionWrite, UserWrite};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a plan is made from.
#[derive(Debug)]
pub struct Input<'a> {
    pub provider: &'a str,
    pub observed: Observed,
    pub reading: Reading,
    pub rules: &'a RuleSet,
    pub policy: &'a Policy,
    /// What this provider gave before, by identity. Needed when the reading is incomplete or the
    /// rules may keep what was given; otherwise may be empty.
    pub given: Vec<(IdentityId, Grant)>,
    pub now: Timestamp,
}

impl Input<'_> {
    /// Whether [`Input::given`] will be looked at.
    #[must_use]
    pub fn needs_given(reading: &Reading, rules: &RuleSet) -> bool {
        matches!(reading, Reading::Unknown(_)) || rules.may_keep()
    }
}

/// The difference, with everything needed to show it and to carry it out.
#[derive(Debug)]
pub struct Plan {
    pub provider: String,
    /// Whether the reading was complete. If not, nothing is removed.
    pub complete: bool,
    /// Why not.
    pub gaps: Vec<Gap>,
    /// What will be done, in the order in which it was found: organizations and teams first, then
    /// person by person.
    pub changes: Vec<Change>,
    /// What is left undone so that an organization keeps an Admin, or the installation a server
    /// admin.
    pub withheld: Vec<Change>,
    /// Limits that it exceeds. Not empty: nothing of it may be applied without an approval.
    pub exceeded: Vec<Exceeded>,
    /// What the operator should know: one sentence each.
    pub notes: Vec<String>,
    /// Removals and privileged gains, for the rolling budget.
    measures: Vec<Measure>,
    observed: Arc<Observed>,
    snapshot: Snapshot,
    bookkeeping: Bookkeeping,
}

impl Plan {
    /// Whether an apply would write anything at all. What only the provenance says (a group's
    /// new description, a person's new DN) is no change, but is written; so is an organization's key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.bookkeeping.is_empty()
    }

    /// How many people and groups the provider gave.
    #[must_use]
    pub fn read(&self) -> (usize, usize) {
        (self.snapshot.people.len(), self.snapshot.groups.len())
    }
}

/// What is written besides the changes: new rows' names, and what was seen.
#[derive(Debug, Default)]
struct Bookkeeping {
    new_provider: bool,
    new_rules: Vec<(RuleId, Text)>,
    new_orgs: BTreeMap<OrgId, OrgWrite>,
    /// Organizations whose name or key will be another, as they will be.
    changed_orgs: BTreeMap<OrgId, OrgWrite>,
    new_teams: BTreeMap<TeamId, NewTeam>,
    /// By id: new ones, whole; changed ones as they will be.
    users: BTreeMap<UserId, UserWrite>,
    suspensions: Vec<SuspensionWrite>,
    groups: Vec<GroupWrite>,
    identities: Vec<IdentityWrite>,
    group_lists: Vec<GroupId>,
    grants: Vec<Grant>,
    last_user_before: u32,
}

impl Bookkeeping {
    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.identities.is_empty() && self.changed_orgs.is_empty()
    }
}

/// Works out the plan.
#[must_use]
pub fn plan(input: Input<'_>) -> Plan {
    let Input { provider, observed, reading, rules, policy, given, now } = input;
    let (complete, gaps, snapshot) = match reading {
        Reading::Complete(complete) => (true, Vec::new(), complete.into_snapshot()),
        Reading::Unknown(partial) => (false, partial.gaps, partial.snapshot),
    };
    let mut draft = draft::Draft::new(provider, complete, snapshot, observed, policy, given, now);
    let groups = groups::gather(&mut draft);
    let people = people::gather(&mut draft);
    rights::work_out(&mut draft, rules, groups, &people);
    logins::settle(&mut draft);
    let withheld = guard::withhold(&mut draft);
    let (measures, exceeded) = limits::measure(&draft);
    draft.finish(gaps, withheld, measures, exceeded)
}
