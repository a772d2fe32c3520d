//! One act of a plan for files, as a value: what was, what will be, and where that is declared.

use super::declared::Place;
use super::observed::HolderId;
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
use crate::plan::Effect;
use crate::rights::{OrgRole, TeamRole};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    CreateOrg {
        org: OrgId,
    },
    CreateTeam {
        team: TeamId,
    },
    CreateAccount {
        user: UserId,
    },
    /// A service account that was dropped is declared again.
    ResumeAccount {
        user: UserId,
    },
    /// No file declares a service account any longer, and none but files made it a member anywhere.
    DropAccount {
        user: UserId,
    },
    CreateRole {
        role: RoleId,
    },
    /// So many permissions go or have other parameters.
    ChangeRole {
        role: RoleId,
        lost: u32,
    },
    /// No file declares it any longer. A basic one is left with nothing.
    DeleteRole {
        role: RoleId,
        lost: u32,
    },
    Member {
        org: OrgId,
        user: UserId,
        old: Option<OrgRole>,
        new: Option<OrgRole>,
    },
    TeamMember {
        team: TeamId,
        user: UserId,
        old: Option<TeamRole>,
        new: Option<TeamRole>,
    },
    Hold {
        entitlement: EntitlementId,
        holder: HolderId,
        old: Option<i64>,
        new: Option<i64>,
    },
    Limit {
        user: UserId,
        name: String,
        old: Option<i64>,
        new: Option<i64>,
    },
}

/// An act, and how it is shown.
#[derive(Debug, Clone)]
pub struct Change {
    pub act: Act,
    pub shown: Shown,
    /// Where it is declared; absent for what nothing declares any longer.
    pub at: Option<Place>,
}

/// In words.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The organization's name, where it is about one.
    pub org: String,
    pub team: String,
    /// The person's login; empty where it is not about one.
    pub person: String,
    /// The role or what is held.
    pub about: String,
    /// From what to what.
    pub what: String,
}

/// Whose audit record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    Org(OrgId),
    Team(TeamId),
    Role(RoleId),
    User(UserId),
}

impl Change {
    #[must_use]
    pub fn effect(&self) -> Effect {
        match &self.act {
            Act::CreateOrg { .. }
            | Act::CreateTeam { .. }
            | Act::CreateAccount { .. }
            | Act::ResumeAccount { .. }
            | Act::CreateRole { .. } => Effect::Add,
            Act::DropAccount { .. } | Act::DeleteRole { .. } => Effect::Remove,
            Act::ChangeRole { lost, .. } => {
                if *lost > 0 {
                    Effect::Lower
                } else {
                    Effect::Change
                }
            }
            Act::Member { old, new, .. } => step(*old, *new),
            Act::TeamMember { old, new, .. } => step(*old, *new),
            Act::Hold { old, new, .. } | Act::Limit { old, new, .. } => step(*old, *new),
        }
    }

    /// How much it takes away: what limits count.
    #[must_use]
    pub fn removed(&self) -> u32 {
        match &self.act {
            Act::ChangeRole { lost, .. } | Act::DeleteRole { lost, .. } => *lost,
            Act::DropAccount { .. } | Act::Limit { .. } => 0,
            _ => u32::from(matches!(self.effect(), Effect::Lower | Effect::Remove)),
        }
    }

    /// Whether somebody becomes an Admin.
    #[must_use]
    pub fn gains(&self) -> bool {
        matches!(self.act, Act::Member { new: Some(OrgRole::Admin), .. })
    }

    pub(super) fn whose(&self) -> Whose {
        match &self.act {
            Act::CreateOrg { org } | Act::Hold { holder: HolderId::Org(org), .. } => Whose::Org(*org),
            Act::CreateTeam { team } | Act::Hold { holder: HolderId::Team(team), .. } => Whose::Team(*team),
            Act::CreateRole { role } | Act::ChangeRole { role, .. } | Act::DeleteRole { role, .. } => {
                Whose::Role(*role)
            }
            Act::CreateAccount { user }
            | Act::ResumeAccount { user }
            | Act::DropAccount { user }
            | Act::Member { user, .. }
            | Act::TeamMember { user, .. }
            | Act::Limit { user, .. }
            | Act::Hold { holder: HolderId::User(user), .. } => Whose::User(*user),
        }
    }

    /// A stable word for what it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.act {
            Act::CreateOrg { .. } => "create_org",
            Act::CreateTeam { .. } => "create_team",
            Act::CreateAccount { .. } => "create_user",
            Act::ResumeAccount { .. } => "resume_user",
            Act::DropAccount { .. } => "suspend_user",
            Act::CreateRole { .. } => "create_role",
            Act::ChangeRole { .. } => "change_role",
            Act::DeleteRole { .. } => "delete_role",
            Act::Member { .. } => "org_role",
            Act::TeamMember { .. } => "team_role",
            Act::Hold { .. } => "entitlement",
            Act::Limit { .. } => "limit",
        }
    }
}

fn step<T: Ord>(old: Option<T>, new: Option<T>) -> Effect {
    match (old, new) {
        (None, _) => Effect::Add,
        (_, None) => Effect::Remove,
        (Some(old), Some(new)) => {
            if new < old {
                Effect::Lower
            } else {
                Effect::Change
            }
        }
    }
}
