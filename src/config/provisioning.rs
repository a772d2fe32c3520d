use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Files that declare organizations, teams, roles and who holds them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provisioning {
    /// The files: TOML, YAML or JSON by their names. In a name `*` stands for any letters and `?` for one, such as
    /// `roles/*.toml`. Relative paths start at the configuration file. Without any, what was declared stays as it is.
    pub files: Vec<PathBuf>,
    /// Files are held when they take more than this share of the memberships, of the roles that somebody, a team or
    /// everybody holds and of the permissions of roles that files declare, and at least `removals_at_least` of them.
    #[schemars(range(max = 100))]
    pub removals_percent: u32,
    /// See `removals_percent`. Files are also held when so many people lose something by one change: when a basic role
    /// is left with nothing, or a role is taken from everybody in an organization or from a team.
    pub removals_at_least: u32,
    /// Files are held when they make more than this many people Admin of an organization. The very first are not.
    pub privileged_gains: u32,
}

impl Default for Provisioning {
    fn default() -> Self {
        Self { files: Vec::new(), removals_percent: 20, removals_at_least: 10, privileged_gains: 5 }
    }
}
