//! What hooks need of the rest of the daemon: somebody who looks at a person, and the last known state.

use crate::store::StoreError;
use crate::sync::RunError;
use async_trait::async_trait;
use rosterd_core::writes::Trigger;
use std::fmt;

pub use crate::providers::PersonKey;

/// Looks at people.
#[async_trait]
pub trait Looks: Send + Sync + fmt::Debug {
    /// Asks the provider about somebody, or believes a signed source, and makes the tables say what
    /// the rules give them.
    async fn look(&self, provider: &str, asked: Asked, trigger: Trigger) -> Result<Looked, RunError>;

    /// What the tables say, without asking anybody.
    async fn last_known(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError>;
}
use rosterd_core::ids::{OrgId, TeamId, UserId};
use rosterd_core::observed::UserState;
use rosterd_core::rights::{OrgRole, TeamRole};

/// Somebody to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The provider is to be asked.
    Key(PersonKey),
    /// A signed source says it all. One at a time.
    Said(Box<Said>),
}

/// What a source that may be believed says of somebody who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The immutable id.
    pub subject: String,
    pub login: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// DNs or names; `None` where it says nothing of groups: the claims may.
    pub groups: Option<Vec<String>>,
    /// A JSON object with a member for each source, as [`rosterd_core::mapping::Document`] reads it.
    pub claims: Option<String>,
}

/// What came of looking at somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub finding: Finding,
    /// The rules refuse the login (`allow`, `strict`, `on_no_match`).
    pub denied: bool,
    /// As the tables say after it. `None` for somebody who has no account.
    pub person: Option<PersonNow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// What was wanted is written.
    Applied,
    /// All was as it should be.
    Unchanged,
    /// The provider knows nobody by that key. Nothing was done.
    Nobody,
    /// It knows several. Nothing was done.
    Several,
    /// Not everything could be read, for these reasons: rights were given, none taken.
    Incomplete(Vec<String>),
    /// Over a limit, for these reasons: nothing was done.
    Held(Vec<String>),
    /// The provider was never read in full, or is being read over and over: later.
    NotYet,
}

/// Somebody, as the tables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonNow {
    pub id: UserId,
    /// The provider's immutable id.
    pub subject: String,
    pub login: String,
    pub name: String,
    pub email: String,
    pub state: UserState,
    pub server_admin: bool,
    /// By name.
    pub orgs: Vec<OrgNow>,
    /// By organization and name.
    pub teams: Vec<TeamNow>,
    /// Names of the provider's groups that they are in directly, ascending.
    pub groups: Vec<String>,
}

/// A membership of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgNow {
    pub id: OrgId,
    pub name: String,
    pub role: OrgRole,
}

/// A membership of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamNow {
    pub id: TeamId,
    /// The organization's name.
    pub org: String,
    pub name: String,
    pub role: TeamRole,
}
