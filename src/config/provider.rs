use super::{Duration, File, Ldap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place where people and groups are read. Exactly one of `ldap` and `file` says how.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// An LDAP directory.
    pub ldap: Option<Ldap>,
    /// A file.
    pub file: Option<File>,
    /// How often `rosterd run` reads it.
    #[serde(default = "five_minutes")]
    pub every: Duration,
    /// Which rule wins where several give one organization's role: the `highest` role, or the
    /// `first` rule in the file.
    #[serde(default)]
    pub resolve: Resolve,
    /// What somebody gets whom no rule matches.
    #[serde(default)]
    pub on_no_match: NoMatch,
    /// What `on_no_match = "default"` gives.
    pub default: Option<DefaultGrant>,
    /// What rules may create when it is not there yet.
    #[serde(default)]
    pub create_missing: Vec<Create>,
    /// Whose login, name and e-mail count for somebody whom several providers know: the lowest
    /// number's, then the provider's whose name comes first.
    #[serde(default = "hundred")]
    pub precedence: u32,
    /// How people of this provider are found to be people of another.
    #[serde(default)]
    pub link: Link,
    /// Whether group names (not DNs, which never do) compare with case.
    #[serde(default)]
    pub case_sensitive: bool,
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn hundred() -> u32 {
    100
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resolve {
    #[default]
    Highest,
    First,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoMatch {
    /// What this provider gave before stays.
    Keep,
    /// What `default` says.
    Default,
    /// Nothing.
    #[default]
    Deny,
    /// Nothing, and the account is suspended.
    Suspend,
}

/// What somebody gets whom no rule matches.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultGrant {
    /// The organization's name.
    pub org: String,
    /// The role there.
    pub role: OrgRoleName,
}

/// An organization role, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OrgRoleName {
    None,
    Viewer,
    Editor,
    Admin,
}

impl From<OrgRoleName> for rosterd_core::rights::OrgRole {
    fn from(name: OrgRoleName) -> Self {
        match name {
            OrgRoleName::None => Self::None,
            OrgRoleName::Viewer => Self::Viewer,
            OrgRoleName::Editor => Self::Editor,
            OrgRoleName::Admin => Self::Admin,
        }
    }
}

/// A team role, as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TeamRoleName {
    #[default]
    Member,
    Admin,
}

impl From<TeamRoleName> for rosterd_core::rights::TeamRole {
    fn from(name: TeamRoleName) -> Self {
        match name {
            TeamRoleName::Member => Self::Member,
            TeamRoleName::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Create {
    Orgs,
    Teams,
}

/// How people of this provider are found to be people of another. Both providers must name the
/// key: naming it says that this provider verifies it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// Keys that this provider verifies. Somebody with an equal key at another provider that
    /// names it too is the same person, unless that account is a server admin.
    pub by: Vec<LinkKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkKey {
    /// Compared without case.
    Email,
    /// Compared exactly.
    Login,
}
