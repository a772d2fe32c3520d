use super::provider::{OrgRoleName, TeamRoleName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One rule: whom it matches, and what they get.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name of your choice, unique; outputs and the audit trail say it.
    pub id: String,
    /// The provider or providers whose people it can match. Absent: all.
    pub provider: Option<OneOrMany>,
    /// Whom it matches.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The organization: a name, a template such as `${name}` from a capture, or `*` for all.
    pub org: Option<String>,
    /// The role in that organization.
    pub role: Option<OrgRoleName>,
    /// A team of that organization: a name or a template. Membership of the organization comes
    /// with it, with the role None unless a rule gives more.
    pub team: Option<String>,
    /// The role in that team. `member` unless said.
    pub team_role: Option<TeamRoleName>,
    /// Makes server admins.
    #[serde(default)]
    pub server_admin: bool,
}

/// Whom a rule matches. Exactly one key.
///
/// A group that is written with a `=` is compared by its DN, otherwise by its short name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// People in this group: a DN, compared as a directory does, or a name. `*` is everybody.
    Group(String),
    /// People in a group whose DN or name fits: `*` any run of characters, `?` any one.
    GroupGlob(String),
    /// People in a group whose DN or name matches from its start to its end; captures can be
    /// used in `org` and `team`.
    GroupRegex(String),
    /// People whom one of these matches.
    Any(Vec<Match>),
    /// People whom each of these matches.
    All(Vec<Match>),
    /// People whom none of these matches.
    None(Vec<Match>),
}

/// One text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}
