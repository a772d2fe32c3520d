//! What rules can give besides memberships: a role in an organization (or in every one), narrowed to a scope, or to
//! act for somebody. What comes of it in the end is for the database's views to say.

use crate::ids::{EntitlementId, Maybe, OrgId, RoleId, UserId};
use crate::text::{Arena, Text};

/// `roles`.
#[derive(Debug, Clone, Copy)]
pub struct RoleRow {
    pub id: RoleId,
    /// Absent: of every organization.
    pub org: Maybe<OrgId>,
    pub name: Text,
    /// What memberships give by themselves: nobody is given it otherwise.
    pub basic: bool,
    /// Somebody made it: where it is an organization's, whoever may do so there.
    pub by_hand: bool,
}

/// `entitlements`.
#[derive(Debug, Clone, Copy)]
pub struct EntitlementRow {
    pub id: EntitlementId,
    /// Absent: in every organization.
    pub org: Maybe<OrgId>,
    /// Absent for a delegation.
    pub role: Maybe<RoleId>,
    /// For a delegation: for whom.
    pub for_user: Maybe<UserId>,
    pub scope: Text,
    /// A JSON object of texts, its keys in order.
    pub parameters: Text,
}

/// `user_entitlements`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HolderRow {
    pub user: UserId,
    pub entitlement: EntitlementId,
    /// Rules give it. Otherwise somebody's hand or a file does.
    pub synced: bool,
}

/// Gives or takes what rules give of `user_entitlements`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HolderWrite {
    pub entitlement: EntitlementId,
    pub user: UserId,
    pub give: bool,
    /// The row is there already.
    pub exists: bool,
}

/// How the words for a delegation begin; no role's name has a space.
const ACTS_FOR: &str = "acts for ";

/// Whether these words of [`shown`] are of a delegation, which needs no membership.
#[must_use]
pub fn is_delegation(what: &str) -> bool {
    what.starts_with(ACTS_FOR)
}

/// What somebody holds, in words: a role (or whom they act for), on what, with what.
#[must_use]
pub fn shown(role: Option<&str>, acts_for: Option<&str>, scope: &str, parameters: &str) -> String {
    let mut what = acts_for.map_or_else(|| role.unwrap_or("?").to_owned(), |person| format!("{ACTS_FOR}{person}"));
    if scope != "*" {
        what.push_str(" on ");
        what.push_str(scope);
    }
    if parameters != "{}" {
        what.push_str(" with ");
        what.push_str(parameters);
    }
    what
}

/// What tells an entitlement from all others, its texts spelled out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct What {
    pub(crate) org: Maybe<OrgId>,
    pub(crate) role: Maybe<RoleId>,
    pub(crate) for_user: Maybe<UserId>,
    pub(crate) scope: String,
    pub(crate) parameters: String,
}

impl EntitlementRow {
    pub(crate) fn what(&self, texts: &Arena) -> What {
        What {
            org: self.org,
            role: self.role,
            for_user: self.for_user,
            scope: texts.get(self.scope).to_owned(),
            parameters: texts.get(self.parameters).to_owned(),
        }
    }
}
