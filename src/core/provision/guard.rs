//! Nobody is left without an Admin (N4): of the changes that would take the last one of an organization away, one is
//! withheld. Everything else goes on.

use super::change::{Act, Change};
use super::observed::Observed;
use crate::ids::{OrgId, UserId};
use crate::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};

/// Takes the changes that must not be done out of the list.
pub(super) fn withhold(changes: &mut Vec<Change>, observed: &Observed) -> Vec<Change> {
    let mut left: BTreeMap<OrgId, BTreeSet<UserId>> =
        observed.admins.iter().map(|(org, admins)| (*org, admins.keys().copied().collect())).collect();
    for change in &*changes {
        let Act::Member { org, user, old, new } = change.act else { continue };
        let Some(admins) = left.get_mut(&org) else { continue };
        if new == Some(OrgRole::Admin) {
            if observed.users.get(&user).is_some_and(|user| user.active && !user.service) {
                admins.insert(user);
            }
        } else if old == Some(OrgRole::Admin)
            && observed.admins.get(&org).and_then(|admins| admins.get(&user)) == Some(&false)
        {
            admins.remove(&user);
        }
    }
    let mut keep: BTreeSet<(OrgId, UserId)> = BTreeSet::new();
    for (org, admins) in &left {
        let before = observed.admins.get(org).and_then(|admins| admins.keys().next());
        if let (true, Some(first)) = (admins.is_empty(), before) {
            keep.insert((*org, *first));
        }
    }
    let withheld = |change: &Change| matches!(change.act, Act::Member { org, user, old: Some(OrgRole::Admin), .. } if keep.contains(&(org, user)));
    let (withheld, rest) = std::mem::take(changes).into_iter().partition(withheld);
    *changes = rest;
    withheld
}
