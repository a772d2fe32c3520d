//! How much a plan takes away, and whether that is more than the operator allows at once.

use super::draft::Draft;
use super::people::Work;
use super::rows::PersonRows;
use super::{Change, Effect};
use super::{emptied, leases};
use crate::ids::{EntitlementId, OrgId, TeamId, UserId};
use crate::observed::{Base, Observed, RemovalClass, Scope, UserState};
use crate::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};

/// Adds what somebody has before the plan to what the shares are shares of.
pub(super) fn count(base: &mut Base, observed: &Observed, identities: &[Work], rows: &PersonRows<'_>) {
    let known = |work: &Work| {
        let stored = work.stored.and_then(|at| observed.identities.get(at as usize));
        stored.is_some_and(|identity| identity.gone_at.is_none())
    };
    if !identities.iter().any(known) {
        return;
    }
    base.present += 1;
    let mut add = |class, org| *base.of.entry((class, org)).or_insert(0) += 1;
    if rows.user.is_some_and(|user| user.state == UserState::Active) {
        add(RemovalClass::Users, None);
    }
    if rows.user.is_some_and(|user| user.synced_admin) {
        add(RemovalClass::Privileged, None);
    }
    for row in rows.org_members.iter().filter(|row| row.synced.is_some()) {
        add(RemovalClass::Memberships, Some(row.org));
        if row.synced == Some(OrgRole::Admin) {
            add(RemovalClass::Privileged, Some(row.org));
        }
    }
    for row in rows.holders.iter().filter(|row| row.synced) {
        add(RemovalClass::Memberships, place_of(observed, row.entitlement));
    }
    // Most people's teams are all of one organization: added up before they are put down.
    let mut together = (None, 0);
    for row in rows.team_members.iter().filter(|row| row.synced.is_some()) {
        let org = org_of(observed, row.team);
        if together.1 > 0 && together.0 != org {
            *base.of.entry((RemovalClass::Memberships, together.0)).or_insert(0) += together.1;
            together.1 = 0;
        }
        together = (org, together.1 + 1);
    }
    if together.1 > 0 {
        *base.of.entry((RemovalClass::Memberships, together.0)).or_insert(0) += together.1;
    }
}

/// What they have after it.
pub(super) fn after(draft: &Draft<'_>) -> Base {
    let mut base = draft.base.clone();
    base.present = draft.snapshot.people.len() as u32;
    let mut shift = |class, org, before: bool, after: bool| {
        let count = base.of.entry((class, org)).or_insert(0);
        *count = (*count + u32::from(after)).saturating_sub(u32::from(before));
    };
    for change in &draft.changes {
        match *change {
            Change::OrgRole { org, old, new, .. } => {
                shift(RemovalClass::Memberships, Some(org), old.is_some(), new.is_some());
                let admin = |role| role == Some(OrgRole::Admin);
                shift(RemovalClass::Privileged, Some(org), admin(old), admin(new));
            }
            Change::TeamRole { team, old, new, .. } => {
                let org = org_of(&draft.observed, team).or(draft.books.new_teams.get(&team).map(|team| team.org));
                shift(RemovalClass::Memberships, org, old.is_some(), new.is_some());
            }
            Change::Entitlement { entitlement, give, .. } => {
                let new = draft.books.new_entitlements.get(&entitlement).and_then(|row| row.org.get());
                let org = place_of(&draft.observed, entitlement).or(new);
                shift(RemovalClass::Memberships, org, !give, give);
            }
            Change::ServerAdmin { give, .. } => shift(RemovalClass::Privileged, None, !give, give),
            Change::CreateUser { .. } | Change::Resume { .. } => shift(RemovalClass::Users, None, false, true),
            Change::Suspend { .. } => shift(RemovalClass::Users, None, true, false),
            _ => {}
        }
    }
    base.of.retain(|_, count| *count > 0);
    base
}

/// What a plan takes away (or, for privileged gains, gives) of one class in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub class: RemovalClass,
    /// `None` for what belongs to no organization.
    pub org: Option<OrgId>,
    pub count: u32,
}

/// A limit that a plan exceeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exceeded {
    /// The provider stands before where it was read last.
    Behind,
    /// Nobody at all was renewed for a whole lease, of so many people.
    NobodyRenewed { people: u32 },
    /// The provider by which people are re-checked was not read completely for a whole lease; so many of those whose
    /// leases would end were there when it was.
    NotRechecked { people: u32 },
    /// The provider has nobody left.
    Empty { before: u32 },
    /// More removals than allowed, in one organization or (`None`) over all.
    Removals {
        class: RemovalClass,
        org: Option<OrgId>,
        removed: u32,
        recent: u32,
        of: u32,
        percent: u32,
        at_least: u32,
    },
    /// A team that had several synced members would have none.
    EmptiedTeam { team: TeamId, before: u32 },
    /// An organization that had several synced members would have none.
    EmptiedOrg { org: OrgId, before: u32 },
    /// More people than allowed become Admin or server admin.
    PrivilegedGains { gained: u32, recent: u32, most: u32 },
}

/// What the plan takes away, and the limits that it exceeds.
pub(super) fn measure(draft: &Draft<'_>) -> (Vec<Measure>, Vec<Exceeded>) {
    let tally = Tally::new(draft);
    let mut exceeded = Vec::new();
    let limits = &draft.policy.limits;
    // Of people who cannot be listed nobody knows how many there are.
    let counted = draft.observed.scope == Scope::Provider
        || draft.observed.provider.as_ref().is_some_and(|provider| provider.base.is_some());
    if draft.snapshot.behind && !draft.changes.is_empty() {
        exceeded.push(Exceeded::Behind);
    }
    exceeded.extend(leases::nobody_renewed(draft));
    exceeded.extend(leases::not_rechecked(draft));
    if draft.everybody() && draft.snapshot.people.is_empty() && draft.base.present > 0 {
        exceeded.push(Exceeded::Empty { before: draft.base.present });
    }
    for class in [RemovalClass::Users, RemovalClass::Memberships, RemovalClass::Privileged] {
        let orgs: BTreeSet<Option<OrgId>> =
            tally.counts.keys().filter(|(c, _)| *c == class).map(|(_, org)| *org).filter(Option::is_some).collect();
        let over = |org: Option<Option<OrgId>>| {
            let sum = |map: &BTreeMap<(RemovalClass, Option<OrgId>), u32>| -> u32 {
                map.iter().filter(|((c, o), _)| *c == class && org.is_none_or(|org| org == *o)).map(|(_, n)| n).sum()
            };
            let (removed, recent) = (sum(&tally.counts), sum(&tally.recent));
            let of = sum(&draft.base.of) + recent;
            let together = removed + recent;
            let share = u64::from(together) * 100 > u64::from(limits.removals_percent) * u64::from(of);
            (counted && removed > 0 && share && together >= limits.removals_at_least).then_some(Exceeded::Removals {
                class,
                org: org.flatten(),
                removed,
                recent,
                of,
                percent: limits.removals_percent,
                at_least: limits.removals_at_least,
            })
        };
        exceeded.extend(over(None));
        exceeded.extend(orgs.into_iter().filter_map(|org| over(Some(org))));
    }
    if draft.observed.scope == Scope::Provider {
        exceeded.extend(emptied::emptied(draft));
    }
    let gained = tally.gainers.len() as u32;
    let recent: u32 =
        tally.recent.iter().filter(|((c, _), _)| *c == RemovalClass::PrivilegedGains).map(|(_, n)| n).sum();
    let first_run = draft.observed.provider.as_ref().is_none_or(|provider| provider.applied_at.is_none());
    if !first_run && gained > 0 && gained + recent > limits.privileged_gains {
        exceeded.push(Exceeded::PrivilegedGains { gained, recent, most: limits.privileged_gains });
    }
    let mut counts = tally.counts;
    if gained > 0 && !first_run {
        counts.insert((RemovalClass::PrivilegedGains, None), gained);
    }
    (counts.into_iter().map(|((class, org), count)| Measure { class, org, count }).collect(), exceeded)
}

struct Tally {
    counts: BTreeMap<(RemovalClass, Option<OrgId>), u32>,
    recent: BTreeMap<(RemovalClass, Option<OrgId>), u32>,
    gainers: BTreeSet<UserId>,
}

impl Tally {
    fn new(draft: &Draft<'_>) -> Self {
        let mut tally = Self { counts: BTreeMap::new(), recent: BTreeMap::new(), gainers: BTreeSet::new() };
        for removal in &draft.observed.recent_removals {
            *tally.recent.entry((removal.class, removal.org)).or_insert(0) += removal.removed;
        }
        for change in &draft.changes {
            tally.count(draft, change);
        }
        tally
    }

    fn count(&mut self, draft: &Draft<'_>, change: &Change) {
        let mut add = |class, org| *self.counts.entry((class, org)).or_insert(0) += 1;
        let loses = matches!(change.effect(), Effect::Remove | Effect::Lower);
        match *change {
            Change::Suspend { .. } => add(RemovalClass::Users, None),
            Change::ServerAdmin { user, give, .. } => {
                if give {
                    self.gainers.insert(user);
                } else {
                    add(RemovalClass::Privileged, None);
                }
            }
            Change::OrgRole { user, org, old, new, .. } => {
                if loses {
                    add(RemovalClass::Memberships, Some(org));
                    if old == Some(OrgRole::Admin) {
                        add(RemovalClass::Privileged, Some(org));
                    }
                } else if new == Some(OrgRole::Admin) {
                    self.gainers.insert(user);
                }
            }
            Change::TeamRole { team, .. } if loses => add(RemovalClass::Memberships, org_of(&draft.observed, team)),
            Change::Entitlement { entitlement, .. } if loses => {
                add(RemovalClass::Memberships, place_of(&draft.observed, entitlement));
            }
            _ => {}
        }
    }
}

fn org_of(observed: &Observed, team: TeamId) -> Option<OrgId> {
    let at = observed.teams.binary_search_by_key(&team, |row| row.id).ok()?;
    observed.teams.get(at).map(|row| row.org)
}

/// The organization of an entitlement; `None` for every one.
fn place_of(observed: &Observed, entitlement: EntitlementId) -> Option<OrgId> {
    let at = observed.entitlements.binary_search_by_key(&entitlement, |row| row.id).ok()?;
    observed.entitlements.get(at)?.org.get()
}
