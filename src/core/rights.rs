//! What a membership can say: organization roles and team roles, each in order of power.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A role in an organization. The order is the order of power, so `max` merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OrgRole {
    /// A member who may do nothing: what membership of a team alone implies.
    None,
    Viewer,
    Editor,
    Admin,
}

impl OrgRole {
    /// All roles, weakest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Viewer, Self::Editor, Self::Admin];

    /// The name that the database, the configuration and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Viewer => "Viewer",
            Self::Editor => "Editor",
            Self::Admin => "Admin",
        }
    }

    /// The role of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for OrgRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A role in a team. The order is the order of power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamRole {
    Member,
    Admin,
}

impl TeamRole {
    /// The name that the database, the configuration and every output use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// The role of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Member, Self::Admin].into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for TeamRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
