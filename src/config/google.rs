use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An account of Google Workspace or Cloud Identity, read by the Directory API with a service account that an
/// administrator has let do it (domain-wide delegation).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// The JSON file of the service account's key.
    pub service_account: SecretRef,
    /// The e-mail address of the administrator in whose name it asks.
    pub admin: String,
    /// The account's id; `my_customer` is the administrator's own.
    #[serde(default = "my_customer")]
    pub customer: String,
    /// Which groups are read: patterns of their e-mail addresses, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// Where the Directory API is.
    #[serde(default = "directory")]
    pub url: String,
    /// Where its tokens are given. Whatever the file of the service account says, its key signs for this address only.
    #[serde(default = "token_url")]
    pub token_url: String,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
}

fn my_customer() -> String {
    "my_customer".to_owned()
}

fn directory() -> String {
    "https://admin.googleapis.com".to_owned()
}

fn token_url() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}
