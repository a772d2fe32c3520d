use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A tenant of Microsoft Entra ID, read by Microsoft Graph with an application's own permissions.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// The tenant's id, or one of its domains.
    pub tenant: String,
    /// The id of the application that asks. It needs the application permissions `User.Read.All` and
    /// `GroupMember.Read.All`, and for groups that hide their members `Member.Read.Hidden`.
    pub client_id: String,
    /// A secret of the application.
    pub client_secret: SecretRef,
    /// The property that holds the login.
    #[serde(default = "user_principal_name")]
    pub login: String,
    /// What names a group in rules.
    #[serde(default)]
    pub group_name: GroupName,
    /// Which groups are read: patterns of their display names, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// Properties of users that rules may look at besides, such as `department`: claims of the source `attributes`, each a
    /// list of texts. They are kept in the database.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Where Microsoft Graph is: another address in national clouds.
    #[serde(default = "graph")]
    pub url: String,
    /// Where its tokens are given: another address in national clouds.
    #[serde(default = "login_url")]
    pub login_url: String,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
    /// How `rosterd run` follows changes between two full readings.
    #[serde(default)]
    pub follow: GraphFollow,
}

/// How changes are followed. What a feed misses the next full reading (`every`, `schedule`) repairs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GraphFollow {
    /// By what.
    pub by: GraphFollowBy,
    /// How often Microsoft Graph is asked for them.
    pub every: Duration,
}

impl Default for GraphFollow {
    fn default() -> Self {
        Self { by: GraphFollowBy::Nothing, every: Duration::from_secs(60) }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GraphFollowBy {
    /// Delta queries of users and groups. Needs no permission besides.
    Delta,
    /// Nothing.
    #[default]
    #[serde(rename = "none")]
    Nothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupName {
    /// Its object id, which is its own for ever.
    #[default]
    Id,
    /// Its display name, which several may have: by default whoever may make a group may call it as any other.
    DisplayName,
}

fn user_principal_name() -> String {
    "userPrincipalName".to_owned()
}

fn graph() -> String {
    "https://graph.microsoft.com/v1.0".to_owned()
}

fn login_url() -> String {
    "https://login.microsoftonline.com".to_owned()
}
