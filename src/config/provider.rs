use super::{
    Claims, DirectRole, Duration, File, FollowBy, GitHub, GitLab, Google, Graph, GraphFollowBy, Keycloak, Kind, Ldap,
    Login, Match, Oidc, Saml,
};
use super::{Okta, Rate, Scim, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place where people and groups come from. Exactly one of `ldap`, `file`, `login`, `oidc`, `saml`,
/// `scim`, `keycloak`, `graph`, `okta`, `google`, `github` and `gitlab` says how.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// An LDAP directory.
    pub ldap: Option<Ldap>,
    /// A file.
    pub file: Option<File>,
    /// Logins, of people who cannot be listed.
    pub login: Option<Login>,
    /// OpenID Connect, by whose tokens people log in.
    pub oidc: Option<Oidc>,
    /// SAML 2.0, by whose assertions people log in.
    pub saml: Option<Saml>,
    /// A SCIM 2.0 service.
    pub scim: Option<Scim>,
    /// A realm of Keycloak.
    pub keycloak: Option<Keycloak>,
    /// Microsoft Entra ID, by Microsoft Graph.
    pub graph: Option<Graph>,
    /// An organization of Okta.
    pub okta: Option<Okta>,
    /// Google Workspace or Cloud Identity.
    pub google: Option<Google>,
    /// An organization of GitHub.
    pub github: Option<GitHub>,
    /// A group of GitLab.
    pub gitlab: Option<GitLab>,
    /// How often `rosterd run` reads it.
    #[serde(default = "five_minutes")]
    pub every: Duration,
    /// When `rosterd run` reads it, instead of `every`: minute, hour, day of the month, month, day of
    /// the week, or `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`.
    pub schedule: Option<String>,
    /// The time zone that `schedule` is meant in, by its IANA name.
    pub time_zone: Option<String>,
    /// Up to how much later than scheduled a run begins, by chance.
    #[serde(default = "nothing")]
    pub jitter: Duration,
    /// How long one run may take. One that takes longer is abandoned and counts as failed.
    #[serde(default = "ten_minutes")]
    pub deadline: Duration,
    /// How many events of login hooks are taken, all hooks of this provider together. More are answered
    /// 429.
    #[serde(default = "per_provider")]
    pub hook_rate: Rate,
    /// Which rule wins where several give one organization's role: the `highest` role, or the
    /// `first` rule in the file.
    #[serde(default)]
    pub resolve: Resolve,
    /// What somebody gets whom no rule matches.
    #[serde(default)]
    pub on_no_match: NoMatch,
    /// What `on_no_match = "default"` gives. Its organization is also where a direct role lands of
    /// somebody to whom rules give no organization.
    pub default: Option<DefaultGrant>,
    /// Whom this does not match is refused: nothing is given, and what was given before stays.
    pub allow: Option<Match>,
    /// Nobody gets in by default: whom no rule matches and who has no valid direct role is
    /// refused as by `allow`.
    #[serde(default)]
    pub strict: bool,
    /// Whether organization roles are synced.
    #[serde(default)]
    pub org_roles: OrgRoles,
    /// Whether server admin is synced.
    #[serde(default)]
    pub server_admin: ServerAdmin,
    /// How claims are read.
    #[serde(default)]
    pub claims: Claims,
    /// A role that the provider itself says.
    pub direct_role: Option<DirectRole>,
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
    /// Of a provider that cannot list its people: another one that lists the same people, found by `link`. While it
    /// lists somebody, what their login said holds although they do not log in again.
    pub recheck: Option<String>,
    /// Whether names of groups (not DNs, which never do) and claims compare with case.
    #[serde(default)]
    pub case_sensitive: bool,
}

impl Provider {
    /// Whether its people are known by their logins only: it cannot list them.
    #[must_use]
    pub fn knows_logins_only(&self) -> bool {
        self.login.is_some() || self.oidc.is_some() || self.saml.is_some()
    }

    /// Whether an e-mail address of its people says who somebody is: a directory's does, and one that came with a login
    /// only where the provider verifies it.
    #[must_use]
    pub fn believed_with_addresses(&self) -> bool {
        let trusted = self.oidc.as_ref().is_some_and(|oidc| oidc.trust_email)
            || self.saml.as_ref().is_some_and(|saml| saml.trust_email);
        !self.knows_logins_only() || trusted || self.link.by.contains(&LinkKey::Email)
    }

    /// How often it is asked for changes between two full readings; `None` where it is not.
    #[must_use]
    pub fn follow_every(&self) -> Option<Duration> {
        let ldap = self.ldap.as_ref().filter(|ldap| ldap.follow.by != FollowBy::Nothing);
        let graph = self.graph.as_ref().filter(|graph| graph.follow.by != GraphFollowBy::Nothing);
        ldap.map(|ldap| ldap.follow.every).or_else(|| graph.map(|graph| graph.follow.every))
    }

    /// How long what it says of somebody holds; `None` where people are listed.
    #[must_use]
    pub fn lease(&self) -> Option<Duration> {
        match self.kind()? {
            Kind::Login(login) => Some(login.lease),
            Kind::Oidc(oidc) => Some(oidc.lease),
            Kind::Saml(saml) => Some(saml.lease),
            _ => None,
        }
    }

    /// Whether people log in there with a browser, through rosterd itself.
    #[must_use]
    pub fn has_browser_logins(&self) -> bool {
        self.saml.is_some() || self.oidc.as_ref().is_some_and(|oidc| oidc.code_flow.is_some())
    }
}

fn per_provider() -> Rate {
    Rate { calls: 4000, per: Unit::Second }
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn ten_minutes() -> Duration {
    Duration::from_secs(600)
}

fn nothing() -> Duration {
    Duration::from_secs(0)
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
    /// Nothing; a login is refused.
    #[default]
    Deny,
    /// Nothing, a login is refused, and the account is suspended.
    Suspend,
    /// Nothing, and nobody is refused.
    Nothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrgRoles {
    /// People have what rules give them.
    #[default]
    Sync,
    /// Nothing is said: what was given before stays.
    Keep,
    /// This provider gives none, whatever the rules say.
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ServerAdmin {
    /// Whoever a rule makes server admin is one; nobody else by this provider.
    #[default]
    Sync,
    /// Nothing is said: the flag stays as it is.
    Keep,
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
