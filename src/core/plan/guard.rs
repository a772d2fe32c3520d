//! Nobody is left without an Admin (N4): of the changes that would take the last one away, as
//! many are withheld as it takes to keep one. Everything else goes on.

use super::Change;
use super::draft::Draft;
use crate::ids::{OrgId, UserId};
use crate::lifecycle::{self, Access};
use crate::observed::UserRow;
use crate::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};

/// Takes the changes that must not be done out of the draft.
pub(super) fn withhold(draft: &mut Draft<'_>) -> Vec<Change> {
    let risky = |change: &Change| match change {
        Change::OrgRole { old: Some(OrgRole::Admin), .. } | Change::Suspend { .. } => true,
        Change::ServerAdmin { give, .. } => !give,
        _ => false,
    };
    if !draft.changes.iter().any(risky) {
        return Vec::new();
    }
    let before = Admins::before(draft);
    let after = before.after(draft);
    let mut keep: BTreeMap<UserId, BTreeSet<Option<OrgId>>> = BTreeMap::new();
    for (place, admins) in &before.of {
        let left = after.of.get(place).is_some_and(|admins| !admins.is_empty());
        if let (false, Some(first)) = (left, admins.first()) {
            keep.entry(*first).or_default().insert(*place);
        }
    }
    if keep.is_empty() {
        return Vec::new();
    }
    let withheld = |change: &Change| match change {
        Change::OrgRole { user, org, old: Some(OrgRole::Admin), .. } => {
            keep.get(user).is_some_and(|places| places.contains(&Some(*org)))
        }
        Change::ServerAdmin { user, give: false, .. } => keep.get(user).is_some_and(|places| places.contains(&None)),
        Change::Suspend { user, .. } | Change::Archive { user } => keep.contains_key(user),
        _ => false,
    };
    let (withheld, changes) = std::mem::take(&mut draft.changes).into_iter().partition(withheld);
    draft.changes = changes;
    withheld
}

/// Whether somebody counts as an Admin who is left.
fn usable(draft: &Draft<'_>, row: &UserRow) -> bool {
    let (kind, state) = (draft.kind(row), row.state.into());
    lifecycle::may(kind, state, Access::Admin).now()
}

/// Who can act as an Admin: by organization, and (`None`) of the whole installation.
struct Admins {
    of: BTreeMap<Option<OrgId>, BTreeSet<UserId>>,
}

impl Admins {
    fn before(draft: &Draft<'_>) -> Self {
        let observed = &draft.observed;
        let active = |user: UserId| {
            let at = observed.users.binary_search_by_key(&user, |row| row.id);
            at.ok().and_then(|at| observed.users.get(at)).is_some_and(|row| usable(draft, row))
        };
        let mut of: BTreeMap<Option<OrgId>, BTreeSet<UserId>> = BTreeMap::new();
        for row in &observed.org_members {
            if row.synced.max(row.manual) == Some(OrgRole::Admin) && active(row.user) {
                of.entry(Some(row.org)).or_default().insert(row.user);
            }
        }
        for row in observed.users.iter().filter(|row| usable(draft, row)) {
            if row.synced_admin || row.manual_admin {
                of.entry(None).or_default().insert(row.id);
            }
        }
        Self { of }
    }

    /// Who would be left.
    fn after(&self, draft: &Draft<'_>) -> Self {
        let observed = &draft.observed;
        let mut after = Self { of: self.of.clone() };
        let mut unusable = BTreeSet::new();
        for change in &draft.changes {
            match *change {
                Change::OrgRole { user, org, old: Some(OrgRole::Admin), .. } => {
                    let by_hand = observed
                        .org_members
                        .binary_search_by_key(&(user, org), |row| (row.user, row.org))
                        .is_ok_and(|at| observed.org_members[at].manual == Some(OrgRole::Admin));
                    if !by_hand && let Some(admins) = after.of.get_mut(&Some(org)) {
                        admins.remove(&user);
                    }
                }
                Change::OrgRole { user, org, new: Some(OrgRole::Admin), .. } => {
                    after.of.entry(Some(org)).or_default().insert(user);
                }
                Change::ServerAdmin { user, give: false, .. } => {
                    let by_hand = observed
                        .users
                        .binary_search_by_key(&user, |row| row.id)
                        .is_ok_and(|at| observed.users[at].manual_admin);
                    if !by_hand && let Some(admins) = after.of.get_mut(&None) {
                        admins.remove(&user);
                    }
                }
                Change::ServerAdmin { user, give: true, .. } => {
                    after.of.entry(None).or_default().insert(user);
                }
                Change::Suspend { user, .. } | Change::Archive { user } => {
                    unusable.insert(user);
                }
                _ => {}
            }
        }
        for row in observed.users.iter().filter(|row| !usable(draft, row)) {
            unusable.insert(row.id);
        }
        for change in &draft.changes {
            // Who is suspended by others besides is not usable by that.
            if let Change::Resume { user } = change
                && draft.origins(*user).all(|origin| origin == draft.provider)
            {
                unusable.remove(user);
            }
        }
        for admins in after.of.values_mut() {
            admins.retain(|user| !unusable.contains(user));
        }
        after
    }
}
