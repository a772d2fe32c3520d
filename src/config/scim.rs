use super::{Duration, OAuthClient, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A SCIM 2.0 service (RFC 7643, RFC 7644), from which people and groups are read. Nothing is written there.
///
/// Attributes are named as RFC 7644 §3.10 does: `userName`, `name.formatted`, or with the schema in front. Those of the
/// enterprise schema need none: `department` is `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scim {
    /// The address under which the service has `Users` and `Groups`.
    pub url: String,
    /// The token that lets rosterd read there. Exactly one of `bearer` and `oauth` says who asks.
    pub bearer: Option<SecretRef>,
    /// A client that gets such tokens.
    pub oauth: Option<OAuthClient>,
    /// Entries that are asked for at a time. A service may send fewer.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 2, max = 10_000))]
    pub page_size: u32,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Who the people are.
    #[serde(default)]
    pub users: ScimUsers,
    /// What the groups are.
    #[serde(default)]
    pub groups: ScimGroups,
}

/// Who the people are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScimUsers {
    /// Who of all users is meant: a filter (RFC 7644 §3.4.2.2). Whoever is left out counts as gone.
    pub filter: Option<String>,
    /// The attribute that never changes: `id`, or `externalId`.
    pub id: String,
    /// The attribute that holds the login.
    pub login: String,
    /// The attributes that hold the name to show: the first that is there counts.
    #[schemars(length(min = 1))]
    pub name: Vec<String>,
    /// The attribute that holds the e-mail address: the primary one, or else the first.
    pub email: String,
    /// Whether somebody with `active = false` counts as gone.
    pub inactive: Inactive,
    /// Attributes that rules may look at besides, such as `department`: claims of the source `attributes`, each a list
    /// of texts, under these names. They are kept in the database.
    pub attributes: Vec<String>,
}

impl Default for ScimUsers {
    fn default() -> Self {
        Self {
            filter: None,
            id: "id".to_owned(),
            login: "userName".to_owned(),
            name: ["displayName", "name.formatted"].map(str::to_owned).to_vec(),
            email: "emails".to_owned(),
            inactive: Inactive::Gone,
            attributes: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Inactive {
    /// As if the service had deleted them.
    #[default]
    Gone,
    /// As everybody else: `active` means something else there.
    Kept,
}

/// What the groups are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScimGroups {
    /// Which of all groups are meant: a filter.
    pub filter: Option<String>,
    /// The attribute that never changes: `id`, or `externalId`.
    pub id: String,
    /// The attribute that holds the name, which rules can use.
    pub name: String,
    /// Where it is said who is in a group.
    pub members: ScimMembers,
}

impl Default for ScimGroups {
    fn default() -> Self {
        Self { filter: None, id: "id".to_owned(), name: "displayName".to_owned(), members: ScimMembers::default() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScimMembers {
    /// In the list of all groups; where none has members there, in each group on its own.
    #[default]
    Auto,
    /// In each group on its own: for a service that lists only some of the members.
    Each,
    /// In the people's `groups`: for a service whose groups don't say who is in them.
    People,
}

fn two_hundred() -> u32 {
    200
}

fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}
