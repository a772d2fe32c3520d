use super::{ApiScope, Duration, OrgRoleName, True};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// People who have logged in with a browser, by what they have in the tables now.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpPerson {
    /// Whoever is a server admin.
    pub server_admin: Option<True>,
    /// Whoever has at least `role` in the organization of this name.
    pub org: Option<String>,
    /// The role in `org`. Absent: any but `None`.
    pub role: Option<OrgRoleName>,
    /// What they may do.
    #[schemars(length(min = 1))]
    pub scopes: Vec<ApiScope>,
}

/// How long somebody stays logged in with a browser.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// After which they have to log in again, whatever they do.
    pub lasts: Duration,
    /// After which without a request.
    pub idle: Duration,
    /// Where a login may lead besides rosterd's own pages: origins, such as `https://app.example.org`.
    pub return_to: Vec<String>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { lasts: Duration::from_secs(12 * 3600), idle: Duration::from_secs(3600), return_to: Vec::new() }
    }
}
