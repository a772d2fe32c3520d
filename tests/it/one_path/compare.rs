//! What the tables say of somebody, beside what a simulation answers.

use crate::world::site::Site;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Has {
    /// By the organization's key, else its id.
    pub orgs: BTreeMap<String, String>,
    /// (organization, team, role)
    pub teams: BTreeSet<(String, String, String)>,
    /// (organization, role or for whom, scope, parameters); an empty organization for every one.
    pub entitlements: BTreeSet<(String, String, String, String)>,
    pub server_admin: bool,
    pub suspended: bool,
}

/// Everybody's, by login.
pub fn held(site: &Site) -> BTreeMap<String, Has> {
    let mut all: BTreeMap<String, Has> = BTreeMap::new();
    for row in site.database.rows("SELECT login, synced_admin, state FROM users") {
        let has = Has { server_admin: row[1] == "1", suspended: row[2] == "suspended", ..Has::default() };
        all.insert(row[0].clone(), has);
    }
    let orgs = "SELECT u.login, coalesce(o.key, CAST(o.id AS TEXT)), m.synced_role FROM org_members m
                JOIN users u ON u.id = m.user_id JOIN orgs o ON o.id = m.org_id";
    for row in site.database.rows(orgs) {
        all.get_mut(&row[0]).unwrap().orgs.insert(row[1].clone(), row[2].clone());
    }
    let teams = "SELECT u.login, coalesce(o.key, CAST(o.id AS TEXT)), t.name, m.synced_role FROM team_members m
                 JOIN users u ON u.id = m.user_id JOIN teams t ON t.id = m.team_id JOIN orgs o ON o.id = t.org_id";
    for row in site.database.rows(teams) {
        all.get_mut(&row[0]).unwrap().teams.insert((row[1].clone(), row[2].clone(), row[3].clone()));
    }
    let entitlements =
        "SELECT u.login, coalesce(o.key, CAST(o.id AS TEXT), ''), coalesce(r.name, f.login), e.scope, e.parameters
                        FROM user_entitlements h JOIN users u ON u.id = h.user_id
                        JOIN entitlements e ON e.id = h.entitlement_id LEFT JOIN orgs o ON o.id = e.org_id
                        LEFT JOIN roles r ON r.id = e.role_id LEFT JOIN users f ON f.id = e.for_user_id
                        WHERE h.synced = 1";
    for row in site.database.rows(entitlements) {
        let held = (row[1].clone(), row[2].clone(), row[3].clone(), row[4].clone());
        all.get_mut(&row[0]).unwrap().entitlements.insert(held);
    }
    all
}

/// What follows from an answer for somebody who had nothing.
pub fn promised(answer: &Value) -> Has {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let teams = answer["teams"].as_array().unwrap().iter();
    let teams: BTreeSet<_> = teams.map(|team| (text(&team["org"]), text(&team["team"]), text(&team["role"]))).collect();
    let held = |held: &Value| {
        let what = held["role"].as_str().or(held["acts_for"].as_str()).unwrap().to_owned();
        (
            held["org"].as_str().unwrap_or_default().to_owned(),
            what,
            text(&held["scope"]),
            held["parameters"].to_string(),
        )
    };
    let entitlements: BTreeSet<_> = answer["entitlements"].as_array().unwrap().iter().map(held).collect();
    let orgs = match answer["orgs"].as_object() {
        Some(orgs) => orgs.iter().map(|(id, role)| (id.clone(), text(role))).collect(),
        // Nothing is said of organizations; whoever is in a team, or has a role in it, is in it all the same.
        None => {
            let of_roles = entitlements.iter().map(|(org, ..)| org).filter(|org| !org.is_empty());
            teams.iter().map(|(org, ..)| org).chain(of_roles).map(|org| (org.clone(), "None".to_owned())).collect()
        }
    };
    Has {
        orgs,
        teams,
        entitlements,
        server_admin: answer["server_admin"] == json!(true),
        suspended: answer["account"] == "suspended",
    }
}

/// Whether an answer leaves all that somebody had.
pub fn keeps_all(answer: &Value) -> bool {
    answer["reasons"].as_array().unwrap().iter().any(|reason| {
        let text = reason["text"].as_str().unwrap();
        reason["about"] == "unknown" || reason["about"] == "verdict" && text.contains("what was given before")
    })
}

impl Has {
    /// Whether somebody who has `other` has all of this; the account left out.
    pub fn is_within(&self, other: &Self) -> bool {
        let rank = |role: &str| ["None", "Viewer", "Editor", "Admin"].iter().position(|known| *known == role);
        let org = |(org, role): (&String, &String)| other.orgs.get(org).is_some_and(|has| rank(has) >= rank(role));
        let team = |(org, team, role): &(String, String, String)| {
            let mut same = other.teams.iter().filter(|has| has.0 == *org && has.1 == *team);
            same.any(|has| has.2 == *role || has.2 == "admin")
        };
        let held = self.entitlements.is_subset(&other.entitlements);
        held && self.orgs.iter().all(org) && self.teams.iter().all(team) && (!self.server_admin || other.server_admin)
    }
}

/// What follows from an answer for somebody who had something: nothing changes of which nothing is
/// said.
pub fn after(before: &Has, answer: &Value) -> Has {
    let mut has = promised(answer);
    if answer["orgs"].is_null() {
        let implied = std::mem::replace(&mut has.orgs, before.orgs.clone());
        implied.into_iter().for_each(|(org, role)| {
            has.orgs.entry(org).or_insert(role);
        });
    }
    if answer["server_admin"].is_null() {
        has.server_admin = before.server_admin;
    }
    has
}
