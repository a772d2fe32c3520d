//! Names in files that mean something else than they did when files were last applied: somebody else has the login by
//! now, or another organization or team is called so. Nobody has said that what files gave is to move, so it is held.

use super::change::{Act, Change};
use super::desired::Desired;
use super::limits::Exceeded;
use super::observed::{Entitlement, HolderId, Name, Observed, Subject};
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId};

/// One for each name by which something is given or taken.
pub(super) fn exceeded(changes: &[Change], desired: &Desired, observed: &Observed) -> Vec<Exceeded> {
    let look = Look { desired, observed };
    let moves = desired.moved.iter().filter(|moved| {
        changes.iter().any(|change| [moved.before, moved.now].iter().any(|id| look.concerns(change, &moved.name, *id)))
    });
    let sentence = |moved: &super::finder::Moved| Exceeded::Moved {
        name: observed.said(&moved.name),
        before: observed.called(&moved.name, moved.before),
        now: match &moved.name {
            Name::User(_) => format!("#{}", moved.now),
            Name::Org(_) | Name::Team(..) => "another one".to_owned(),
        },
    };
    moves.map(sentence).collect()
}

struct Look<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
}

impl Look<'_> {
    /// Whether a change is about what a name means.
    fn concerns(&self, change: &Change, name: &Name, id: u32) -> bool {
        match name {
            Name::User(_) => match &change.act {
                Act::Member { user, .. } | Act::TeamMember { user, .. } | Act::Limit { user, .. } => user.0 == id,
                Act::Hold { entitlement, holder, .. } => {
                    let of = self.entitlement(*entitlement).map(|what| what.subject);
                    matches!(holder, HolderId::User(user) if user.0 == id)
                        || matches!(of, Some(Subject::Person(user)) if user.0 == id)
                }
                _ => false,
            },
            Name::Team(..) => match &change.act {
                Act::TeamMember { team, .. } => team.0 == id,
                Act::Hold { holder: HolderId::Team(team), .. } => team.0 == id,
                _ => false,
            },
            Name::Org(_) => self.org(change) == Some(OrgId(id)),
        }
    }

    fn org(&self, change: &Change) -> Option<OrgId> {
        match &change.act {
            Act::Member { org, .. } | Act::CreateOrg { org } | Act::Hold { holder: HolderId::Org(org), .. } => {
                Some(*org)
            }
            Act::TeamMember { team, .. } | Act::CreateTeam { team } => self.team(*team),
            Act::Hold { entitlement, .. } => self.entitlement(*entitlement).and_then(|what| what.org),
            Act::CreateRole { role } | Act::ChangeRole { role, .. } | Act::DeleteRole { role, .. } => self.role(*role),
            Act::CreateAccount { .. } | Act::ResumeAccount { .. } | Act::DropAccount { .. } | Act::Limit { .. } => None,
        }
    }

    fn entitlement(&self, id: EntitlementId) -> Option<&Entitlement> {
        self.desired.entitlements.get(&id).or_else(|| self.observed.entitlements.get(&id))
    }

    fn team(&self, team: TeamId) -> Option<OrgId> {
        let new = self.desired.teams.get(&team).map(|(org, ..)| *org);
        new.or_else(|| self.observed.teams.get(&team).map(|(org, _)| *org))
    }

    fn role(&self, role: RoleId) -> Option<OrgId> {
        let new = self.desired.roles.get(&role).map(|role| role.org);
        new.or_else(|| self.observed.roles.get(&role).map(|role| role.org)).flatten()
    }
}
