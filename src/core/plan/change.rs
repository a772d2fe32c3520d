//! One act of a plan, as a value: what was, what will be, and why.

use crate::ids::{EntitlementId, GroupId, Maybe, OrgId, RuleId, TeamId, UserId};
use crate::rights::{OrgRole, TeamRole};
use crate::text::Text;

/// Which rule gives something, through which of the provider's groups. Both absent: nothing
/// gives it any longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reason {
    pub rule: Maybe<RuleId>,
    pub via: Maybe<GroupId>,
}

/// What of a person's row changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Login,
    Name,
    Email,
}

impl Field {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Name => "name",
            Self::Email => "email",
        }
    }
}

/// Why somebody is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspendReason {
    /// A complete read no longer had them, and no other provider has.
    Gone,
    /// `on_no_match = "suspend"`.
    NoMatch,
    /// No login has renewed their lease, and no other provider has them.
    Lease,
}

/// One act. Roles are those that rosterd gives; what people gave by hand stands beside them and is
/// never part of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    CreateOrg {
        org: OrgId,
    },
    CreateTeam {
        team: TeamId,
    },
    /// The configuration declares the organization under another name than it has.
    RenameOrg {
        org: OrgId,
        old: Text,
        new: Text,
    },
    RenameTeam {
        team: TeamId,
        old: Text,
        new: Text,
    },
    CreateUser {
        user: UserId,
    },
    /// A person of this provider is found to be one who is known already.
    Link {
        user: UserId,
    },
    UpdateUser {
        user: UserId,
        field: Field,
        old: Text,
        new: Text,
    },
    Suspend {
        user: UserId,
        reason: SuspendReason,
    },
    Resume {
        user: UserId,
    },
    Archive {
        user: UserId,
    },
    ServerAdmin {
        user: UserId,
        give: bool,
        reason: Reason,
    },
    OrgRole {
        user: UserId,
        org: OrgId,
        old: Option<OrgRole>,
        new: Option<OrgRole>,
        reason: Reason,
    },
    TeamRole {
        user: UserId,
        team: TeamId,
        old: Option<TeamRole>,
        new: Option<TeamRole>,
        reason: Reason,
    },
    Entitlement {
        user: UserId,
        entitlement: EntitlementId,
        give: bool,
        reason: Reason,
    },
}

impl Change {
    /// Whom it is about.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match *self {
            Self::CreateOrg { .. } | Self::RenameOrg { .. } | Self::CreateTeam { .. } | Self::RenameTeam { .. } => None,
            Self::CreateUser { user }
            | Self::Link { user }
            | Self::UpdateUser { user, .. }
            | Self::Suspend { user, .. }
            | Self::Resume { user }
            | Self::Archive { user }
            | Self::ServerAdmin { user, .. }
            | Self::OrgRole { user, .. }
            | Self::TeamRole { user, .. }
            | Self::Entitlement { user, .. } => Some(user),
        }
    }

    /// In which order one person's changes stand in the audit record: total, so that they can be
    /// sorted in place.
    pub(super) fn place(&self) -> (u8, u32) {
        match *self {
            Self::CreateOrg { org } => (0, org.0),
            Self::RenameOrg { org, .. } => (1, org.0),
            Self::CreateTeam { team } => (2, team.0),
            Self::RenameTeam { team, .. } => (3, team.0),
            Self::CreateUser { .. } => (4, 0),
            Self::Link { .. } => (5, 0),
            Self::OrgRole { org, .. } => (6, org.0),
            Self::TeamRole { team, .. } => (7, team.0),
            Self::ServerAdmin { .. } => (8, 0),
            Self::UpdateUser { field, .. } => (9, field as u32),
            Self::Suspend { .. } => (10, 0),
            Self::Resume { .. } => (11, 0),
            Self::Archive { .. } => (12, 0),
            Self::Entitlement { entitlement, .. } => (13, entitlement.0),
        }
    }

    /// Whether something is added, changed or taken away.
    #[must_use]
    pub fn effect(&self) -> Effect {
        fn roles<T: PartialOrd>(old: Option<T>, new: Option<T>) -> Effect {
            match (old, new) {
                (None, _) => Effect::Add,
                (Some(_), None) => Effect::Remove,
                (Some(old), Some(new)) if new < old => Effect::Lower,
                _ => Effect::Change,
            }
        }
        match *self {
            Self::CreateOrg { .. } | Self::CreateTeam { .. } | Self::CreateUser { .. } | Self::Resume { .. } => {
                Effect::Add
            }
            Self::RenameOrg { .. } | Self::RenameTeam { .. } | Self::Link { .. } | Self::UpdateUser { .. } => {
                Effect::Change
            }
            Self::Suspend { .. } | Self::Archive { .. } => Effect::Remove,
            Self::ServerAdmin { give, .. } | Self::Entitlement { give, .. } => {
                if give {
                    Effect::Add
                } else {
                    Effect::Remove
                }
            }
            Self::OrgRole { old, new, .. } => roles(old, new),
            Self::TeamRole { old, new, .. } => roles(old, new),
        }
    }
}

/// What a change does to somebody's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Add,
    /// Neither more nor less, or more.
    Change,
    /// Less, but not nothing. Limits count it as a removal.
    Lower,
    Remove,
}

impl Effect {
    /// The sign in front of a change in a printed plan.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change | Self::Lower => '~',
            Self::Remove => '-',
        }
    }
}
