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
mod emptied;
mod entitlements;
mod groups;
mod guard;
mod hash;
mod leases;
mod limits;
pub(crate) mod lines;
mod lists;
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
pub use emptied::Losses;
pub use limits::{Exceeded, Measure};
pub use policy::{Limits, LinkKey, Policy};
pub use render::{Form, Summary};
pub use writes::{RunFacts, audit_body};

use crate::entitlements::EntitlementRow;
use crate::ids::{EntitlementId, GroupId, IdentityId, OrgId, ReadingNumber, RuleId, TeamId, Timestamp, UserId};
use crate::mapping::RuleSet;
use crate::observed::{Base, Grant, Observed, Scope};
use crate::renewal::Renewal;
use crate::snapshot::{Gap, PersonIndex, Reading, Snapshot};
use crate::text::Text;
use crate::writes::{
    GroupWrite, IdentityWrite, ListWrite, NewTeam, OrgWrite, RenewalWrite, SuspensionWrite, UserWrite,
};
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
    /// The reading's place among all: what a later one said stays.
    pub number: ReadingNumber,
    /// What this provider gave before, by identity. May be empty where [`Input::needs_given`] says
    /// that nobody will look.
    pub given: Vec<(IdentityId, Grant)>,
    /// Of a login: by which the leases of the people in the reading are renewed, where they have any.
    pub login: Option<Renewal>,
    pub now: Timestamp,
}

impl Input<'_> {
    /// Whether [`Input::given`] will be looked at.
    #[must_use]
    pub fn needs_given(observed: &Observed, reading: &Reading, number: ReadingNumber, rules: &RuleSet) -> bool {
        !matches!(reading, Reading::Complete(_))
            || rules.may_keep()
            || observed.identities.iter().any(|identity| identity.reading > number)
    }
}

/// The difference, with everything needed to show it and to carry it out.
#[derive(Debug)]
pub struct Plan {
    pub provider: String,
    /// Whether the reading was complete. If not, nothing is removed.
    pub complete: bool,
    /// Whether it was of everybody: who is not in it is gone.
    pub everybody: bool,
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
    /// Of a plan for a few people: whose login the rules refuse.
    denied: Vec<PersonIndex>,
    /// The reading that it rests on.
    pub number: ReadingNumber,
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
        self.is_no_news() && self.bookkeeping.renewals.is_empty()
    }

    /// Whether there is nothing to be told of a run: leases may be renewed.
    fn is_no_news(&self) -> bool {
        self.changes.is_empty() && self.bookkeeping.is_empty()
    }

    /// When everybody was read, where that re-checks another provider's people and is to be noted: by itself it is
    /// no change, and a run that finds none writes it now and then.
    #[must_use]
    pub fn read_at(&self) -> Option<Timestamp> {
        self.bookkeeping.read_at
    }

    /// The state of the database that it rests on.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.observed.generation
    }

    /// Of a plan for a few people: what becomes of one of them.
    #[must_use]
    pub fn fate(&self, person: PersonIndex) -> Fate {
        let subject = self.snapshot.people.get(person.0 as usize).map_or("", |p| self.snapshot.texts.get(p.subject));
        let stored = self.observed.identities.iter().find(|i| self.observed.texts.get(i.subject) == subject);
        let mut written = self.bookkeeping.identities.iter();
        let written = written.find(|i| self.snapshot.texts.get(i.subject) == subject);
        let user = written.map(|i| i.user).or(stored.map(|i| i.user));
        Fate {
            denied: self.denied.contains(&person),
            changes: written.is_some() || user.is_some_and(|user| self.changes.iter().any(|c| c.user() == Some(user))),
            newer: stored.is_some_and(|i| i.reading > self.number),
        }
    }

    /// How many people and groups the provider gave.
    #[must_use]
    pub fn read(&self) -> (usize, usize) {
        (self.snapshot.people.len(), self.snapshot.groups.len())
    }
}

/// What a reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// All of everybody: who is not in it is gone.
    Everybody,
    /// All of the people in it, nothing of others.
    People,
    /// That there is at least this: nothing is taken because of it.
    Part,
}

/// See [`Plan::fate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Rules refuse the login.
    pub denied: bool,
    /// Something about the person is written.
    pub changes: bool,
    /// A later reading has said something already: this one is left out.
    pub newer: bool,
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
    new_entitlements: BTreeMap<EntitlementId, EntitlementRow>,
    /// Whole, by id: those that follow [`Bookkeeping::last_user_before`], without a gap.
    new_users: Vec<UserWrite>,
    /// As they will be.
    changed_users: BTreeMap<UserId, UserWrite>,
    suspensions: Vec<SuspensionWrite>,
    groups: Vec<GroupWrite>,
    lists: Vec<ListWrite>,
    list_bytes: Vec<u8>,
    /// None was stored before: they have to be, and not only when there is something else to write. Of others
    /// an old one says too much, which does no harm.
    first_lists: bool,
    joins: Vec<(GroupId, IdentityId)>,
    identities: Vec<IdentityWrite>,
    group_lists: Vec<GroupId>,
    grants: Vec<Grant>,
    last_user_before: u32,
    base: Option<Base>,
    /// Whom a reading of a few people was about, as far as they were known.
    seen: Vec<IdentityId>,
    renewals: Vec<RenewalWrite>,
    /// See [`Plan::read_at`].
    read_at: Option<Timestamp>,
    rechecks: leases::Rechecks,
}

impl Bookkeeping {
    fn is_empty(&self) -> bool {
        let read = self.groups.is_empty() && self.identities.is_empty();
        read && self.changed_orgs.is_empty() && !self.first_lists
    }
}

/// Works out the plan.
#[must_use]
pub fn plan(input: Input<'_>) -> Plan {
    let Input { provider, observed, reading, rules, policy, number, given, login, now } = input;
    let (known, gaps, snapshot) = match reading {
        Reading::Complete(complete) => (Known::Everybody, Vec::new(), complete.into_snapshot()),
        Reading::People(people) => (Known::People, Vec::new(), people.into_snapshot()),
        Reading::Unknown(partial) => (Known::Part, partial.gaps, partial.snapshot),
    };
    let mut draft = draft::Draft::new(provider, known, snapshot, observed, policy, number, given, login, now);
    let groups = groups::gather(&mut draft);
    let people = people::gather(&mut draft);
    lists::note(&mut draft, &groups, &people);
    rights::work_out(&mut draft, rules, groups, &people);
    if draft.observed.scope == Scope::People {
        let read = people.iter().filter(|work| work.person.is_some() && work.stored.is_some());
        draft.books.seen = read.map(|work| work.identity).collect();
    }
    // Who is in what is decided. A first run's peak is near: what is no longer needed makes room.
    drop(people);
    (draft.snapshot.direct, draft.snapshot.nested) = Default::default();
    logins::settle(&mut draft);
    draft.books.read_at = leases::read_at(&draft);
    let withheld = guard::withhold(&mut draft);
    let (measures, exceeded) = limits::measure(&draft);
    draft.books.base = draft.everybody().then(|| limits::after(&draft));
    draft.finish(gaps, withheld, measures, exceeded)
}
