use super::provider::{OrgRoleName, TeamRoleName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// The organization or organizations: a name, a declared key, a template such as `${name}` from
    /// a capture, or `*` for all.
    pub org: Option<OneOrMany>,
    /// The role in that organization.
    pub role: Option<OrgRoleName>,
    /// A team of that organization: a name or a template. Membership of the organization comes
    /// with it, with the role None unless a rule gives more.
    pub team: Option<String>,
    /// The role in that team. `member` unless said.
    pub team_role: Option<TeamRoleName>,
    /// Makes server admins. With `org` and `resolve = "first"` only where no rule further up gave
    /// a role in that organization.
    #[serde(default)]
    pub server_admin: bool,
    /// Roles of the organization, or of every one where the rule names no organization: names or templates.
    /// Membership of the organization comes with them, with the role None unless a rule gives more.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The login of somebody for whom they may act: a text or a template.
    pub act_for: Option<String>,
    /// To what `roles` or `act_for` are narrowed, such as `folders:${region}`: a `*` at the end stands for
    /// whatever begins so. Absent: everything.
    pub scope: Option<String>,
    /// What an application is to know besides of these roles, such as a row filter: texts or templates by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Whether names and claims compare with case, if not as the provider says.
    pub case_sensitive: Option<bool>,
    /// What it gives comes on top of everything: for `on_no_match`, `strict` and a direct role it
    /// is as if it did not match.
    #[serde(default)]
    pub aside: bool,
}

/// Whom a rule matches. Exactly one key.
///
/// A group that is written with a `=` is compared by its DN, otherwise by its short name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// People in this group: a DN, compared as a directory does, or a name. `*` is everybody.
    Group(String),
    /// People in the group of this very text: its DN where it has one, else its name, compared as
    /// text and never as a DN.
    GroupExact(String),
    /// People in a group whose DN or name fits: `*` any run of characters, `?` any one.
    GroupGlob(String),
    /// People in a group whose DN or name matches from its start to its end; captures can be
    /// used in `org`, `team`, `roles`, `act_for`, `scope` and `parameters`.
    GroupRegex(String),
    /// People of whom the provider says this.
    Claim(ClaimMatch),
    /// People for whose claims this JMESPath expression is true. It sees all of them together, and
    /// `groups`.
    Expression(String),
    /// People whom one of these matches.
    Any(Vec<Match>),
    /// People whom each of these matches.
    All(Vec<Match>),
    /// People whom none of these matches.
    None(Vec<Match>),
}

/// A claim and what it is held against. A list fits when one of its values does. Exactly one test.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimMatch {
    /// Where it is: JMESPath, on each source of the provider's `claims` in turn.
    pub path: String,
    /// The very value.
    pub equals: Option<ClaimValue>,
    /// One of several values.
    pub one_of: Option<Vec<ClaimValue>>,
    /// `*` any run of characters, `?` any one.
    pub glob: Option<String>,
    /// From its start to its end; captures can be used in `org` and `team`.
    pub regex: Option<String>,
    /// It is there and not empty.
    pub present: Option<True>,
}

/// A value of a claim. Text, numbers and truth values are never equal to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClaimValue {
    Text(String),
    Number(i64),
    Bool(bool),
}

/// Always `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct True(pub bool);

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
