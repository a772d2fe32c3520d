//! `[[orgs]]`, `[[teams]]`, `[[members]]`, `[[limits]]` and `[[service_accounts]]`.

use super::{at, keys};
use crate::config::source::Source;
use crate::config::table::Table;
use crate::config::tree::Node;
use rosterd_core::lifecycle::service_login;
use rosterd_core::provision::{Account, Declared, Member, PersonLimit, Team, TeamMember};
use rosterd_core::rights::{OrgRole, TeamRole};

/// The longest name of an organization or a team, in characters: as rules make them.
const LONGEST: usize = 190;

pub(super) fn org(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "an organization", errors);
    table.only(keys::ORG);
    if let Some(name) = name(&mut table, "name") {
        declared.orgs.push(at(name, node, source));
    }
}

pub(super) fn team(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "a team", errors);
    table.only(keys::TEAM);
    let (org, name) = (table.text("org").map(str::to_owned), name(&mut table, "name"));
    let (admins, members) = (table.texts("admins"), table.texts("members"));
    let (Some(org), Some(name)) = (org, name) else { return };
    let team = Team { org, name };
    for (people, role) in [(admins, TeamRole::Admin), (members, TeamRole::Member)] {
        for (item, person) in people {
            let member = TeamMember { team: team.clone(), person: person.to_owned(), role };
            declared.team_members.push(at(member, item, source));
        }
    }
    declared.teams.push(at(team, node, source));
}

/// A name that may be made.
pub(super) fn name(table: &mut Table<'_, '_>, key: &str) -> Option<String> {
    let text = table.text(key)?;
    if text.chars().count() > LONGEST || text.chars().any(char::is_control) || text.trim() != text {
        let node = table.said(key)?;
        table.refuse(node, format!("a name has at most {LONGEST} letters, and no blanks around it"));
        return None;
    }
    Some(text.to_owned())
}

fn role(table: &mut Table<'_, '_>) -> Option<OrgRole> {
    let node = table.required("role")?;
    let role = node.text().and_then(OrgRole::parse);
    if role.is_none() {
        table.refuse(node, "`role` must be None, Viewer, Editor or Admin".to_owned());
    }
    role
}

pub(super) fn members(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "members", errors);
    table.only(keys::MEMBERS);
    let (org, role) = (table.text("org").map(str::to_owned), role(&mut table));
    table.required("people");
    let people = table.texts("people");
    let (Some(org), Some(role)) = (org, role) else { return };
    for (item, person) in people {
        let member = Member { org: org.clone(), person: person.to_owned(), role };
        declared.members.push(at(member, item, source));
    }
}

pub(super) fn limits(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "limits", errors);
    table.only(keys::LIMITS);
    table.required("people");
    table.required("limits");
    let (people, limits) = (table.texts("people"), table.named_numbers("limits"));
    for (item, person) in people {
        for (name, value) in &limits {
            let limit = PersonLimit { person: person.to_owned(), name: name.clone(), value: *value };
            declared.limits.push(at(limit, item, source));
        }
    }
}

pub(super) fn account(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "a service account", errors);
    table.only(keys::ACCOUNT);
    let (org, name) = (table.text("org").map(str::to_owned), table.text("name").map(str::to_owned));
    let role = if table.said("role").is_some() { role(&mut table) } else { Some(OrgRole::None) };
    if name.as_deref().is_some_and(|name| service_login(1, name).is_none()) {
        let why =
            "has small letters, digits and `.`, `_`, `-`, begins with a letter or a digit, and is at most 60 long";
        return table.refuse(node, format!("the name of a service account {why}"));
    }
    let (Some(org), Some(name), Some(role)) = (org, name, role) else { return };
    declared.accounts.push(at(Account { org, name, role }, node, source));
}
