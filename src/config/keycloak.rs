use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A realm of Keycloak, read by its admin interface with a client's service account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keycloak {
    /// The server's address, without `/admin` and `/realms`.
    pub url: String,
    /// The realm whose people and groups are read, and in which the client is.
    pub realm: String,
    /// The client that asks. Its service account needs the roles `view-users` and `query-groups` of `realm-management`.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretRef,
    /// Whether whoever is in a subgroup is in the groups above it.
    #[serde(default)]
    pub subgroups: Subgroups,
    /// Which groups are read: patterns of their paths, such as `/staff/*`, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// Attributes of users that rules may look at besides: claims of the source `attributes`, each a list of texts. They
    /// are kept in the database.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Subgroups {
    /// They are, as Keycloak gives them the roles of those groups.
    #[default]
    Inherit,
    /// They are not, as Keycloak's tokens name only the groups that somebody is in directly.
    Separate,
}
