//! Whether somebody may do something, as values that are printed: each way and who gave it, or what stands in the way.

use crate::store::{ActingFor, AllowedBy, Delegation, Effective, Expired, Giver, Named, Question, Through, Who, Why};
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
    /// Who lets them act for that person, if they may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) acting_for_by: Vec<String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_login: Option<String>,
    /// Who gave it, to whoever's it is.
    pub(crate) given_by: Vec<String>,
    /// Who lets them stand in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stands_in_by: Vec<String>,
}

/// As many of a kind are named in a reason.
const MOST: usize = 5;

/// Puts it into words.
pub(crate) fn permission(question: &Question, why: &Why) -> Permission {
    let acting = why.acting_for.as_ref();
    let allowed = !why.ways.is_empty();
    Permission {
        allowed,
        login: why.who.login.clone(),
        number: why.who.id,
        acting_for: acting.map(|acting| match (&acting.other, &question.acting_for) {
            (None, Some(Named::Name(name))) => name.clone(),
            (None, Some(Named::Number(number))) => format!("#{number}"),
            (other, _) => other.as_ref().map(|other| other.login.clone()).unwrap_or_default(),
        }),
        acting_for_by: match acting.filter(|acting| acting.may) {
            Some(acting) => acting.delegations.iter().flat_map(|one| &one.given_by).map(giver).collect(),
            None => Vec::new(),
        },
        action: question.action.clone(),
        scope: question.scope.clone(),
        ways: why.ways.iter().map(way).collect(),
        why_not: if allowed { Vec::new() } else { reasons(why) },
    }
}

fn way(AllowedBy { row, given_by, stands_in }: &AllowedBy) -> Way {
    Way {
        role: row.role.clone(),
        source: row.source.clone(),
        org: row.org.as_ref().map(|(name, _)| name.clone()),
        team: row.team.as_ref().map(|(name, _)| name.clone()),
        entitlement: row.entitlement,
        action: row.action.clone(),
        scope: row.scope.clone(),
        parameters: row.parameters.clone(),
        role_parameters: row.role_parameters.clone(),
        from_number: stands_in.as_ref().map(|_| row.from_user),
        from_login: stands_in.as_ref().map(|(login, _)| login.clone()),
        given_by: given_by.iter().map(giver).collect(),
        stands_in_by: stands_in.iter().flat_map(|(_, by)| by).map(giver).collect(),
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

/// Where something counts.
fn place(org: Option<&(String, i64)>) -> &str {
    org.map_or("every organization", |(name, _)| name)
}

fn reasons(why: &Why) -> Vec<String> {
    let mut out = Vec::new();
    let login = &why.who.login;
    if !why.who.acts() {
        out.push(format!("{login} is {}: such an account may do nothing", why.who.state.name()));
    }
    let acting = why.acting_for.as_ref();
    if let Some(acting) = acting.filter(|acting| !acting.may) {
        not_acting(&mut out, &why.who, acting);
    }
    if !why.org_known {
        out.push("there is no such organization".to_owned());
    } else if !why.member {
        let other = acting.and_then(|acting| acting.other.as_ref());
        let who = other.map_or(login, |other| &other.login);
        out.push(format!("{who} is no member of that organization: what is given in it counts for its members"));
    }
    let nothing_else = out.is_empty();
    let instead = &why.instead;
    for row in instead.other_scopes.iter().take(MOST) {
        out.push(format!("the role {} allows it to {} only", row.role, row.scope));
    }
    for Effective { role, scope, org, .. } in instead.elsewhere.iter().take(MOST) {
        out.push(format!("the role {role} allows it in {}, to {scope}", place(org.as_ref())));
    }
    out.extend(instead.expired.iter().take(MOST).map(ended));
    let held = instead.expired.iter().any(|one| one.here);
    if instead.roles.is_empty() {
        out.push("there is no role that allows it".to_owned());
    } else if nothing_else && instead.other_scopes.is_empty() && instead.elsewhere.is_empty() && !held {
        let some: Vec<&str> = instead.roles.iter().take(MOST).map(String::as_str).collect();
        out.push(format!("no role that they hold allows it; these would: {}", some.join(", ")));
    }
    out
}

/// Why somebody may not act for somebody.
fn not_acting(out: &mut Vec<String>, who: &Who, acting: &ActingFor) {
    let Some(other) = &acting.other else {
        out.push("nobody has the login or number in whose name they would act".to_owned());
        return;
    };
    if !other.acts() {
        out.push(format!("{} is {}: nobody acts for such an account", other.login, other.state.name()));
    }
    if who.acts() && other.acts() {
        out.push(format!("{} may not act for {} there", who.login, other.login));
    }
    if !acting.member {
        out.push(format!(
            "{} is no member of that organization: whoever acts there for somebody must be one",
            who.login
        ));
    }
    for Delegation { org, scope, ended, .. } in acting.delegations.iter().take(MOST) {
        let (who, other, place) = (&who.login, &other.login, place(org.as_ref()));
        match ended {
            Some(at) => out.push(format!("{who} was let act for {other} in {place} until {}", moment(at.0))),
            None if scope == "*" => out.push(format!("{who} is let act for {other} in {place}")),
            None => out.push(format!(
                "{who} stands in for {other} in {place} to {scope} only: those rights are {who}'s own, and asked for so"
            )),
        }
    }
}

fn ended(one: &Expired) -> String {
    let through = match &one.through {
        Through::Themselves => String::new(),
        Through::Team(team) => format!(", through the team {team}"),
        Through::Everybody => ", as everybody there".to_owned(),
        Through::StandingIn(login) => format!(", standing in for {login}"),
    };
    format!("the role {} was held until {} in {}{through}", one.role, moment(one.until.0), place(one.org.as_ref()))
}
