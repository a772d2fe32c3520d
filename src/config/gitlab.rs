use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A group of GitLab with all groups below it, and whoever is a member of one of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitLab {
    /// The server's address.
    #[serde(default = "gitlab")]
    pub url: String,
    /// The group: its full path, or its id.
    pub group: String,
    /// A token that may read it (`read_api`): the group's own, or of one of its owners.
    pub token: SecretRef,
    /// Which groups are read: patterns of their full paths, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
}

fn gitlab() -> String {
    "https://gitlab.com".to_owned()
}
