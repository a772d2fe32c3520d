use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How claims are read: what a provider says of a person besides names and groups.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claims {
    /// Where claims are looked for, in this order; the first that has something counts.
    #[schemars(length(min = 1))]
    pub sources: Sources,
    /// The groups, as a JMESPath expression, where a login does not bring a list of its own.
    pub groups: Option<String>,
    /// Take only lists for lists. Otherwise a single text counts as a list of one.
    pub lists_only: bool,
    /// What a claim is that no source has: `unknown`, so that nothing is taken away because of
    /// it, or `none`.
    pub absent: Absent,
}

/// The names of sources, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sources(pub Vec<ClaimSource>);

impl Default for Sources {
    fn default() -> Self {
        use ClaimSource::{AccessToken, Assertion, Attributes, IdToken, Userinfo};
        Self(vec![IdToken, Userinfo, AccessToken, Assertion, Attributes])
    }
}

/// Where a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSource {
    IdToken,
    Userinfo,
    AccessToken,
    Assertion,
    Attributes,
}

impl From<ClaimSource> for rosterd_core::mapping::Source {
    fn from(source: ClaimSource) -> Self {
        match source {
            ClaimSource::IdToken => Self::IdToken,
            ClaimSource::Userinfo => Self::Userinfo,
            ClaimSource::AccessToken => Self::AccessToken,
            ClaimSource::Assertion => Self::Assertion,
            ClaimSource::Attributes => Self::Attributes,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    #[default]
    Unknown,
    None,
}

/// A role that the provider itself says. It raises every organization role that rules give; where
/// they give none, it is the role in `default.org`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectRole {
    /// JMESPath, tried on each source in turn, then on the groups as `{"groups": […]}`. The first
    /// role that is one counts.
    pub expression: String,
    /// The sources to ask, if not those of `claims`.
    pub sources: Option<Vec<ClaimSource>>,
    /// It may be a list; the highest role in it counts. Otherwise a list is no role.
    #[serde(default)]
    pub several: bool,
    /// Whether values compare with case.
    #[serde(default)]
    pub case_sensitive: bool,
    /// Which values stand for which role. A role that is not listed has its own name as value.
    #[serde(default)]
    pub values: RoleValues,
    /// A role that is not listed in `values` has no value at all.
    #[serde(default)]
    pub only_values: bool,
    /// What a value that is no role means for the server admin flag.
    #[serde(default)]
    pub unknown: UnknownRole,
}

/// Which values stand for which role.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoleValues {
    /// Values for None.
    #[serde(rename = "None")]
    pub none: Vec<String>,
    /// Values for Viewer.
    #[serde(rename = "Viewer")]
    pub viewer: Vec<String>,
    /// Values for Editor.
    #[serde(rename = "Editor")]
    pub editor: Vec<String>,
    /// Values for Admin.
    #[serde(rename = "Admin")]
    pub admin: Vec<String>,
    /// Admin, and server admin.
    pub server_admin: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownRole {
    /// Whoever it is, is no server admin by this provider.
    #[default]
    NotServerAdmin,
    /// The flag is left as it is.
    KeepServerAdmin,
}
