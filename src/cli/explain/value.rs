//! What an explanation says, as values. Their fields are the JSON and YAML outputs that
//! `docs/explain.md` describes; moments are milliseconds since 1970, as everywhere.

use rosterd_core::ids::Timestamp;
use serde::Serialize;

/// Why somebody has what they have, and why not more.
#[derive(Debug, Serialize)]
pub(super) struct Person {
    pub(super) number: i64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) state: String,
    pub(super) suspensions: Vec<Suspension>,
    pub(super) identities: Vec<Identity>,
    /// Server admin first, then each organization followed by its teams.
    pub(super) rights: Vec<Right>,
    /// What rules give that the database does not have.
    pub(super) not_applied: Vec<Reach>,
    /// What rules that match would give, if the provider's terms were not against it, or something
    /// stronger that is not applied yet.
    pub(super) not_given: Vec<Reach>,
    /// Rules that do not match, in the configuration's order.
    pub(super) not_matching: Vec<Miss>,
    pub(super) history: Vec<Event>,
}

#[derive(Debug, Serialize)]
pub(super) struct Suspension {
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) since: Timestamp,
}

#[derive(Debug, Serialize)]
pub(super) struct Identity {
    pub(super) provider: String,
    pub(super) configured: bool,
    /// The id that never changes.
    pub(super) id: String,
    pub(super) dn: String,
    pub(super) login: String,
    /// When what is known of this identity was last written.
    pub(super) observed_at: Timestamp,
    pub(super) gone_at: Option<Timestamp>,
    /// Groups that list this identity themselves.
    pub(super) groups: Vec<String>,
    /// What else the provider said, by source; null for nothing.
    pub(super) claims: serde_json::Value,
    /// What the provider says as a role, a sentence; null where it is not asked.
    pub(super) direct_role: Option<String>,
    /// Why it is not simply what rules give: a sentence.
    pub(super) verdict: Option<String>,
}

/// `org`, `team` or `server_admin`; the order is that of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    ServerAdmin,
    Org,
    Team,
}

/// What a right is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) org: Option<String>,
    pub(super) team: Option<String>,
}

/// Something somebody has.
#[derive(Debug, Serialize)]
pub(super) struct Right {
    #[serde(flatten)]
    pub(super) place: Place,
    /// The role that counts: the higher of the next two.
    pub(super) role: String,
    pub(super) synced_role: Option<String>,
    pub(super) manual_role: Option<String>,
    /// The rules whose role this is.
    pub(super) given_by: Vec<Reach>,
    /// What else gives it, but less.
    pub(super) lost: Vec<Reach>,
    /// Why it is there although nothing gives it.
    pub(super) kept: Option<String>,
}

/// A rule that reaches somebody.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reach {
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) role: String,
    pub(super) provider: String,
    pub(super) rule: String,
    /// File and line, such as `rosterd.toml:12`; absent when the rule is not there any more.
    pub(super) at: Option<String>,
    /// The group that made it match; absent where a rule needs none.
    pub(super) group: Option<String>,
    pub(super) group_dn: Option<String>,
    /// From the login to that group, both included.
    pub(super) path: Vec<String>,
    /// Why it lost, why it is not applied, or what is odd about it.
    pub(super) note: Option<String>,
}

/// A rule that does not match.
#[derive(Debug, Serialize)]
pub(super) struct Miss {
    pub(super) rule: String,
    pub(super) at: Option<String>,
    /// What it looks for, as in the configuration.
    pub(super) wants: String,
    pub(super) why: String,
}

/// An audit record.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub(super) seq: i64,
    pub(super) at: Timestamp,
    pub(super) actor: String,
    pub(super) run: Option<i64>,
    pub(super) changes: Vec<String>,
}

/// A provider's group, what it is part of, and what it gives.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) provider: String,
    pub(super) configured: bool,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) dn: String,
    pub(super) gone_at: Option<Timestamp>,
    /// People whom it lists itself.
    pub(super) direct_people: i64,
    /// Groups directly in it.
    pub(super) groups: Vec<String>,
    /// Groups that it is in, each as the way up to it, this group first.
    pub(super) within: Vec<Vec<String>>,
    pub(super) rules: Vec<Looks>,
    pub(super) gives: Vec<Gives>,
}

/// A rule that looks at a group, or at one above it.
#[derive(Debug, Serialize)]
pub(super) struct Looks {
    pub(super) rule: String,
    pub(super) at: Option<String>,
    /// `matches`, `part` (other groups must fit as well) or `rules_out`.
    pub(super) how: &'static str,
    /// From this group to the one that the rule looks at. Empty where that is not known.
    pub(super) path: Vec<String>,
    pub(super) wants: String,
}

/// What people have because a rule saw exactly this group.
#[derive(Debug, Serialize)]
pub(super) struct Gives {
    pub(super) rule: String,
    pub(super) at: Option<String>,
    pub(super) kind: String,
    /// The organization or the team; empty for server admin.
    pub(super) target: String,
    pub(super) people: i64,
}
