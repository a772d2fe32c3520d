//! Changes that reach many people by one row: what a basic role allows, and what everybody in an organization or a
//! team holds.

use super::change::{Act, Change};
use super::desired::Desired;
use super::limits::{Exceeded, Limits};
use super::names::RoleKind;
use super::observed::{HolderId, Observed};
use crate::ids::{EntitlementId, RoleId};

/// Those from which more people lose something at once than the operator allows.
pub(super) fn exceeded(changes: &[Change], desired: &Desired, observed: &Observed, limits: &Limits) -> Vec<Exceeded> {
    // A hundred percent may go: nothing is to be held for how much it takes.
    if limits.removals_percent >= 100 {
        return Vec::new();
    }
    let reach = &observed.reach;
    let many = changes.iter().filter_map(|change| {
        let (what, people) = match taken(change, desired, observed)? {
            Taken::Basic(name) => (format!("`{name}` is left with nothing"), reach.basic.get(name)),
            Taken::Held(holder) => {
                let shown = &change.shown;
                let (of, people) = match holder {
                    HolderId::Org(org) => (format!("everybody in {}", shown.org), reach.orgs.get(&org)),
                    HolderId::Team(team) => (format!("{} › {}", shown.org, shown.team), reach.teams.get(&team)),
                    HolderId::User(_) => return None,
                };
                (format!("{} is taken from {of}", shown.about), people)
            }
        };
        let people = people.copied().filter(|people| *people >= limits.removals_at_least.max(1))?;
        Some(Exceeded::Many { what, people, at_least: limits.removals_at_least })
    });
    many.collect()
}

/// Whether any change does: then how many people that are has to be known.
pub(super) fn any(changes: &[Change], desired: &Desired, observed: &Observed) -> bool {
    changes.iter().any(|change| taken(change, desired, observed).is_some())
}

enum Taken<'a> {
    Basic(&'a str),
    Held(HolderId),
}

fn taken<'a>(change: &Change, desired: &Desired, observed: &'a Observed) -> Option<Taken<'a>> {
    match &change.act {
        Act::DeleteRole { role, .. } | Act::ChangeRole { role, .. } => {
            emptied(*role, desired, observed).map(Taken::Basic)
        }
        Act::Hold { entitlement, holder: holder @ (HolderId::Org(_) | HolderId::Team(_)), new: None, .. } => {
            (!still_held(*entitlement, *holder, desired, observed)).then_some(Taken::Held(*holder))
        }
        _ => None,
    }
}

/// The name of a basic role that allowed something and will allow nothing.
fn emptied<'a>(role: RoleId, desired: &Desired, observed: &'a Observed) -> Option<&'a str> {
    let before = observed.roles.get(&role).filter(|role| role.content.kind == RoleKind::Basic)?;
    let after = desired.roles.get(&role).is_some_and(|role| !role.content.permissions.is_empty());
    (!before.content.permissions.is_empty() && !after).then_some(before.name.as_str())
}

/// Whether the same role is held there still, with another scope or other parameters.
fn still_held(entitlement: EntitlementId, holder: HolderId, desired: &Desired, observed: &Observed) -> bool {
    let find = |id: EntitlementId| desired.entitlements.get(&id).or_else(|| observed.entitlements.get(&id));
    let Some(gone) = find(entitlement) else { return false };
    let same = |id: EntitlementId| find(id).is_some_and(|what| what.org == gone.org && what.subject == gone.subject);
    desired.holders.keys().any(|(id, who)| *who == holder && same(*id))
}
