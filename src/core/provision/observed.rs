//! What the database holds of what files declare, and what they name.

use super::names::{RoleKind, account_of};
use super::roles::Permissions;
use crate::access::Parameters;
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
use crate::rights::{OrgRole, TeamRole};
use std::collections::{BTreeMap, BTreeSet};

/// See the module's text.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub generation: i64,
    /// All.
    pub orgs: BTreeMap<OrgId, Org>,
    /// Those that are named, and those of which something is declared.
    pub teams: BTreeMap<TeamId, (OrgId, String)>,
    /// As above.
    pub users: BTreeMap<UserId, User>,
    /// Those that files made, and those that are named.
    pub roles: BTreeMap<RoleId, RoleRow>,
    /// Those of these roles and people, and those of which somebody is a holder by a file.
    pub entitlements: BTreeMap<EntitlementId, Entitlement>,
    pub holders: BTreeMap<(EntitlementId, HolderId), i64>,
    pub members: BTreeMap<(OrgId, UserId), OrgRole>,
    pub team_members: BTreeMap<(TeamId, UserId), TeamRole>,
    pub limits: BTreeMap<(UserId, String), i64>,
    /// Who can act as an Admin of each organization that has one by a file; `true` where not only the file says so.
    pub admins: BTreeMap<OrgId, BTreeMap<UserId, bool>>,
    /// Whom and what names in files meant when files were last applied: the ids.
    pub names: BTreeMap<Name, u32>,
    /// How many people changes can reach, where that is needed.
    pub reach: Reach,
    pub last: Last,
}

/// A name in files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Org(String),
    Team(OrgId, String),
    /// A login; or a service account that files declare, by its organization's name and its own.
    User(String),
}

impl Name {
    /// Whether it is a service account's.
    pub(super) fn is_account(&self) -> bool {
        matches!(self, Self::User(name) if account_of(name).is_some())
    }
}

/// How many people have something by one row.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Members of organizations in which files give something to everybody.
    pub orgs: BTreeMap<OrgId, u32>,
    /// Of teams to which files give something.
    pub teams: BTreeMap<TeamId, u32>,
    /// Who has a basic role, by its name.
    pub basic: BTreeMap<String, u32>,
}

/// The largest ids there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Last {
    pub org: u32,
    pub team: u32,
    pub user: u32,
    pub role: u32,
    pub entitlement: u32,
}

#[derive(Debug, Clone)]
pub struct Org {
    pub name: String,
    /// Under which the configuration declares it.
    pub key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct User {
    pub login: String,
    pub service: bool,
    /// Neither runs nor files touch it.
    pub break_glass: bool,
    pub active: bool,
    /// Suspended because no file declares it any longer.
    pub dropped: bool,
    /// A member of some organization not only by a file.
    pub elsewhere: bool,
}

/// `roles.origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Builtin,
    File,
    Manual,
}

impl Origin {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::File => "file",
            Self::Manual => "manual",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Builtin, Self::File, Self::Manual].into_iter().find(|origin| origin.name() == name)
    }
}

/// A role: what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleContent {
    pub kind: RoleKind,
    pub title: String,
    pub description: String,
    pub permissions: Permissions,
    pub limits: BTreeMap<String, i64>,
}

#[derive(Debug, Clone)]
pub struct RoleRow {
    pub org: Option<OrgId>,
    pub name: String,
    pub origin: Origin,
    pub version: i64,
    /// Somebody holds it not only by a file.
    pub held_otherwise: bool,
    pub content: RoleContent,
}

/// What an entitlement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Role(RoleId),
    /// To act for somebody.
    Person(UserId),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entitlement {
    pub org: Option<OrgId>,
    pub subject: Subject,
    pub scope: String,
    /// A JSON object of texts, its keys in order, without blanks.
    pub parameters: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderId {
    User(UserId),
    Team(TeamId),
    /// Everybody in it.
    Org(OrgId),
}

/// Parameters as the database has them.
#[must_use]
pub fn parameters_text(parameters: &Parameters) -> String {
    let map = parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    serde_json::Value::Object(map.collect()).to_string()
}

impl Observed {
    /// Takes what is said of break-glass accounts out, those included that have these logins: nothing of theirs is
    /// compared. Returns the logins of those of whom something was said.
    pub(super) fn leave_out(&mut self, break_glass: &BTreeSet<String>) -> BTreeSet<String> {
        let mut left_out = BTreeMap::new();
        for (id, user) in &mut self.users {
            user.break_glass |= break_glass.contains(&user.login);
            if user.break_glass {
                left_out.insert(*id, user.login.clone());
            }
        }
        let mut said = BTreeSet::new();
        let mut stays = |user: &UserId| {
            said.extend(left_out.get(user).cloned());
            !left_out.contains_key(user)
        };
        self.members.retain(|(_, user), _| stays(user));
        self.team_members.retain(|(_, user), _| stays(user));
        self.limits.retain(|(user, _), _| stays(user));
        self.holders.retain(|(_, holder), _| if let HolderId::User(user) = holder { stays(user) } else { true });
        said
    }

    /// How much files have given or made.
    #[must_use]
    pub fn count(&self) -> u32 {
        let permissions: usize = self
            .roles
            .values()
            .filter(|role| role.origin == Origin::File)
            .map(|role| role.content.permissions.len())
            .sum();
        let rows = self.members.len() + self.team_members.len() + self.holders.len() + permissions;
        u32::try_from(rows).unwrap_or(u32::MAX)
    }
}
