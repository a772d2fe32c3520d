use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An organization of Okta, read by its management interface. Exactly one of `token` and `client` says who asks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Okta {
    /// The organization's address, such as `https://example.okta.com`.
    pub url: String,
    /// An API token (SSWS), of somebody with the role of a read-only administrator.
    pub token: Option<SecretRef>,
    /// An API services application, which signs by its key.
    pub client: Option<OktaClient>,
    /// Which groups are read: patterns of their names, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// Attributes of profiles that rules may look at besides, such as `department`: claims of the source `attributes`, each
    /// a list of texts. They are kept in the database.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// An application with the scopes `okta.users.read` and `okta.groups.read`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OktaClient {
    /// Its id.
    pub id: String,
    /// The id of its public key there (`kid`).
    pub key_id: Option<String>,
    /// Its private key, an RSA key in PEM.
    pub private_key: SecretRef,
}
