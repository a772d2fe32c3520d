use super::vendor::{all_groups, thirty_seconds};
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An organization of GitHub: its members and teams.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// The organization's name.
    pub org: String,
    /// A token of one of its owners, which may read its members: others are not shown every team.
    pub token: SecretRef,
    /// Which groups are read: patterns of the teams' names, such as `@example/app-*`, in which `*` is any run of characters. A group that none fits is
    /// not there for rules, and neither is whoever is in a group only through it.
    #[serde(default = "all_groups")]
    #[schemars(length(min = 1))]
    pub groups: Vec<String>,
    /// Where the interface is: `https://HOST/api/v3` for GitHub Enterprise Server.
    #[serde(default = "api")]
    pub url: String,
    /// How long one answer may take.
    #[serde(default = "thirty_seconds")]
    pub timeout: Duration,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
}

fn api() -> String {
    "https://api.github.com".to_owned()
}
