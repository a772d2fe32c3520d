//! What a simulation answers: a value, and its JSON.

use rosterd_core::mapping::Held;
use rosterd_core::rights::{OrgRole, TeamRole};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A login would be refused.
    pub denied: bool,
    pub suspended: bool,
    /// By the declared key, else the database's id, else the name. `None`: nothing is said.
    pub orgs: Option<BTreeMap<String, OrgRole>>,
    /// By organization and name.
    pub teams: Vec<TeamAnswer>,
    /// In order.
    pub entitlements: Vec<Held>,
    /// `None`: nothing is said.
    pub server_admin: Option<bool>,
    pub reasons: Vec<Reason>,
    /// What became of each rule. Not printed.
    pub rules: Vec<RuleTried>,
}

/// A rule that was asked about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTried {
    pub rule: String,
    pub matched: bool,
    /// Something of what is given is given by it.
    pub won: bool,
}

/// Membership of a team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TeamAnswer {
    pub org: String,
    pub team: String,
    pub role: TeamRole,
}

/// One reason, for one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `verdict`, `unknown`, `direct_role`, `expression`; `org`, `team`, `entitlement`, `server_admin` for what is
    /// given; `rule` for a rule that gives nothing.
    pub about: &'static str,
    pub text: String,
    pub org: Option<String>,
    pub rule: Option<String>,
    /// File and line of the rule.
    pub at: Option<String>,
    /// The group that made the rule match.
    pub via: Option<String>,
}

impl Reason {
    pub(super) fn plain(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, text: text.into(), org: None, rule: None, at: None, via: None }
    }

    fn to_json(&self) -> Value {
        let mut out = serde_json::Map::new();
        let optional = [("org", &self.org), ("rule", &self.rule), ("at", &self.at), ("via", &self.via)];
        out.insert("about".to_owned(), self.about.into());
        for (key, value) in optional {
            if let Some(value) = value {
                out.insert(key.to_owned(), value.as_str().into());
            }
        }
        out.insert("text".to_owned(), self.text.as_str().into());
        out.into()
    }
}

impl Answer {
    /// `active` or `suspended`.
    #[must_use]
    pub fn account(&self) -> &'static str {
        if self.suspended { "suspended" } else { "active" }
    }

    /// Without the format's version, which outputs put in front.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let team = |team: &TeamAnswer| json!({ "org": team.org, "team": team.team, "role": team.role.name() });
        let orgs = self.orgs.as_ref().map(|orgs| {
            orgs.iter().map(|(id, role)| (id.clone(), role.name().into())).collect::<serde_json::Map<_, Value>>()
        });
        json!({
            "denied": self.denied,
            "account": self.account(),
            "orgs": orgs,
            "teams": self.teams.iter().map(team).collect::<Vec<_>>(),
            "entitlements": self.entitlements.iter().map(Held::to_json).collect::<Vec<_>>(),
            "server_admin": self.server_admin,
            "reasons": self.reasons.iter().map(Reason::to_json).collect::<Vec<_>>(),
        })
    }
}
