//! What an explanation says, as values. Their fields are the JSON and YAML outputs that
//! `docs/explain.md` describes; moments are milliseconds since 1970, as everywhere.

use rosterd_core::ids::Timestamp;
use serde::Serialize;

/// Why somebody has what they have, and why not more.
#[derive(Debug, Serialize)]
pub(crate) struct Person {
    pub(crate) number: i64,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) state: String,
    pub(crate) suspensions: Vec<Suspension>,
    pub(crate) identities: Vec<Identity>,
    /// Server admin first, then each organization followed by its teams.
    pub(crate) rights: Vec<Right>,
    /// What they held until some moment that is over.
    pub(crate) ended: Vec<Ended>,
    /// What rules give that the database does not have.
    pub(crate) not_applied: Vec<Reach>,
    /// What rules that match would give, if the provider's terms were not against it, or something
    /// stronger that is not applied yet.
    pub(crate) not_given: Vec<Reach>,
    /// Rules that do not match, in the configuration's order.
    pub(crate) not_matching: Vec<Miss>,
    pub(crate) history: Vec<Event>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Suspension {
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) since: Timestamp,
}

#[derive(Debug, Serialize)]
pub(crate) struct Identity {
    pub(crate) provider: String,
    pub(crate) configured: bool,
    /// The id that never changes.
    pub(crate) id: String,
    pub(crate) dn: String,
    pub(crate) login: String,
    /// When what is known of this identity was last written.
    pub(crate) observed_at: Timestamp,
    pub(crate) gone_at: Option<Timestamp>,
    /// Of somebody who cannot be listed: when a login last renewed their lease, about; null where people are listed.
    pub(crate) renewed_at: Option<Timestamp>,
    /// The provider that re-checks them, where it has them.
    pub(crate) rechecked_by: Option<String>,
    /// When that was, about.
    pub(crate) rechecked_at: Option<Timestamp>,
    /// When that lease ends, or ended.
    pub(crate) lease_ends_at: Option<Timestamp>,
    /// Groups that list this identity themselves.
    pub(crate) groups: Vec<String>,
    /// What else the provider said, by source; null for nothing.
    pub(crate) claims: serde_json::Value,
    /// What the provider says as a role, a sentence; null where it is not asked.
    pub(crate) direct_role: Option<String>,
    /// Why it is not simply what rules give: a sentence.
    pub(crate) verdict: Option<String>,
}

/// `org`, `team`, `server_admin` or `entitlement`; the order is that of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    ServerAdmin,
    Org,
    Team,
    Entitlement,
}

/// What a right is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) org: Option<String>,
    pub(crate) team: Option<String>,
    /// A role, on what and with what; or for whom they act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entitlement: Option<String>,
}

/// Something somebody has.
#[derive(Debug, Serialize)]
pub(crate) struct Right {
    #[serde(flatten)]
    pub(crate) place: Place,
    /// The role that counts: the highest of the next three.
    pub(crate) role: String,
    pub(crate) synced_role: Option<String>,
    pub(crate) manual_role: Option<String>,
    /// What a provisioning file gives.
    pub(crate) declared_role: Option<String>,
    /// The rules whose role this is.
    pub(crate) given_by: Vec<Reach>,
    /// What else gives it, but less.
    pub(crate) lost: Vec<Reach>,
    /// Why it is there although nothing gives it.
    pub(crate) kept: Option<String>,
    /// Why it counts for nothing: a sentence.
    pub(crate) idle: Option<String>,
}

/// An entitlement that somebody gave until a moment that is over.
#[derive(Debug, Serialize)]
pub(crate) struct Ended {
    #[serde(flatten)]
    pub(crate) place: Place,
    /// `manual` or `declared`.
    pub(crate) by: &'static str,
    pub(crate) until: Timestamp,
}

/// A rule that reaches somebody.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reach {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) role: String,
    pub(crate) provider: String,
    pub(crate) rule: String,
    /// File and line, such as `rosterd.toml:12`; absent when the rule is not there any more.
    pub(crate) at: Option<String>,
    /// The group that made it match; absent where a rule needs none.
    pub(crate) group: Option<String>,
    pub(crate) group_dn: Option<String>,
    /// From the login to that group, both included.
    pub(crate) path: Vec<String>,
    /// Why it lost, why it is not applied, or what is odd about it.
    pub(crate) note: Option<String>,
}

/// A rule that does not match.
#[derive(Debug, Serialize)]
pub(crate) struct Miss {
    pub(crate) rule: String,
    pub(crate) at: Option<String>,
    /// What it looks for, as in the configuration.
    pub(crate) wants: String,
    pub(crate) why: String,
}

/// An audit record.
#[derive(Debug, Serialize)]
pub(crate) struct Event {
    pub(crate) seq: i64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) run: Option<i64>,
    pub(crate) changes: Vec<String>,
}

/// A provider's group, what it is part of, and what it gives.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    pub(crate) provider: String,
    pub(crate) configured: bool,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) dn: String,
    pub(crate) gone_at: Option<Timestamp>,
    /// People whom it lists itself.
    pub(crate) direct_people: i64,
    /// Groups directly in it.
    pub(crate) groups: Vec<String>,
    /// Groups that it is in, each as the way up to it, this group first.
    pub(crate) within: Vec<Vec<String>>,
    pub(crate) rules: Vec<Looks>,
    pub(crate) gives: Vec<Gives>,
}

/// A rule that looks at a group, or at one above it.
#[derive(Debug, Serialize)]
pub(crate) struct Looks {
    pub(crate) rule: String,
    pub(crate) at: Option<String>,
    /// `matches`, `part` (other groups must fit as well) or `rules_out`.
    pub(crate) how: &'static str,
    /// From this group to the one that the rule looks at. Empty where that is not known.
    pub(crate) path: Vec<String>,
    pub(crate) wants: String,
}

/// What people have because a rule saw exactly this group.
#[derive(Debug, Serialize)]
pub(crate) struct Gives {
    pub(crate) rule: String,
    pub(crate) at: Option<String>,
    pub(crate) kind: String,
    /// The organization or the team; empty for server admin.
    pub(crate) target: String,
    pub(crate) people: i64,
}
