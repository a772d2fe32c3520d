//! Whether somebody may do something, as values that are printed: each way and who gave it, or what stands in the way.

use crate::store::{Effective, Giver, Question, Why};
use rosterd_core::access::Parameters;
use serde::Serialize;

/// The whole of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Permission {
    pub(crate) allowed: bool,
    pub(crate) login: String,
    pub(crate) number: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acting_for: Option<String>,
    pub(crate) action: String,
    pub(crate) scope: Option<String>,
    /// Each way in which they may.
    pub(crate) ways: Vec<Way>,
    /// Why they may not.
    pub(crate) why_not: Vec<String>,
}

/// A way in which somebody may.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Way {
    pub(crate) role: String,
    /// `basic`, `server_admin`, `user`, `team` or `org`.
    pub(crate) source: String,
    /// The organization's name; `None` for every one.
    pub(crate) org: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) entitlement: Option<i64>,
    /// The permission itself, as it is narrowed.
    pub(crate) action: String,
    pub(crate) scope: String,
    pub(crate) parameters: Parameters,
    pub(crate) role_parameters: Parameters,
    /// Whose it is, where somebody stands in for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_number: Option<i64>,
    pub(crate) given_by: Vec<String>,
}

/// As many of a kind are named in a reason.
const MOST: usize = 5;

/// Puts it into words.
pub(crate) fn permission(question: &Question, why: &Why) -> Permission {
    let whose = why.acting_for.as_ref().map_or(why.user, |(other, ..)| *other);
    let way = |(row, givers): &(Effective, Vec<Giver>)| Way {
        role: row.role.clone(),
        source: row.source.clone(),
        org: row.org.as_ref().map(|(name, _)| name.clone()),
        team: row.team.as_ref().map(|(name, _)| name.clone()),
        entitlement: row.entitlement,
        action: row.action.clone(),
        scope: row.scope.clone(),
        parameters: row.parameters.clone(),
        role_parameters: row.role_parameters.clone(),
        from_number: (row.from_user != whose).then_some(row.from_user),
        given_by: givers.iter().map(giver).collect(),
    };
    let allowed = !why.ways.is_empty();
    Permission {
        allowed,
        login: why.login.clone(),
        number: why.user,
        acting_for: why.acting_for.as_ref().map(|(_, login, _)| login.clone()),
        action: question.action.clone(),
        scope: question.scope.clone(),
        ways: why.ways.iter().map(way).collect(),
        why_not: if allowed { Vec::new() } else { reasons(why) },
    }
}

fn giver(giver: &Giver) -> String {
    let ends = |until: &Option<_>| match until {
        Some(rosterd_core::ids::Timestamp(at)) => format!(" until {}", moment(*at)),
        None => String::new(),
    };
    match giver {
        Giver::Rule { rule, provider, group: Some(group) } => {
            format!("rule {rule} at provider {provider}, because of the group {group}")
        }
        Giver::Rule { rule, provider, group: None } => format!("rule {rule} at provider {provider}"),
        Giver::File { until } => format!("a provisioning file{}", ends(until)),
        Giver::Hand { until } => format!("by hand{}", ends(until)),
    }
}

/// In UTC.
fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}

fn reasons(why: &Why) -> Vec<String> {
    let mut out = Vec::new();
    if why.state != "active" {
        out.push(format!("{} is {}: such an account may do nothing", why.login, why.state));
    }
    if let Some((_, login, false)) = &why.acting_for {
        out.push(format!("{} may not act for {login} there", why.login));
    }
    if !why.org_known {
        out.push("there is no such organization".to_owned());
    } else if !why.member {
        let who = why.acting_for.as_ref().map_or(&why.login, |(_, login, _)| login);
        out.push(format!("{who} is no member of that organization: what is given in it counts for its members"));
    }
    let instead = &why.instead;
    let place =
        |row: &Effective| row.org.as_ref().map_or_else(|| "every organization".to_owned(), |(name, _)| name.clone());
    for row in instead.other_scopes.iter().take(MOST) {
        out.push(format!("the role {} allows it to {} only", row.role, row.scope));
    }
    for row in instead.elsewhere.iter().take(MOST) {
        out.push(format!("the role {} allows it in {}, to {}", row.role, place(row), row.scope));
    }
    for one in instead.expired.iter().take(MOST) {
        out.push(format!("the role {} was held until {}", one.role, moment(one.until.0)));
    }
    if instead.roles.is_empty() {
        out.push("there is no role that allows it".to_owned());
    } else if instead.other_scopes.is_empty() && instead.elsewhere.is_empty() && instead.expired.is_empty() {
        let some: Vec<&str> = instead.roles.iter().take(MOST).map(String::as_str).collect();
        out.push(format!("no role that they hold allows it; these would: {}", some.join(", ")));
    }
    out
}
