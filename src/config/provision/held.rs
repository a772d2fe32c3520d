//! `[[assignments]]`, `[[delegations]]` and `[[templates]]`: who holds what.

use super::{at, keys, people};
use crate::config::source::Source;
use crate::config::table::Table;
use crate::config::tree::Node;
use rosterd_core::access::{Parameters, Pattern};
use rosterd_core::provision::{
    About, At, Declared, FOR_EVER, Held, Holder, Template, check_role, check_text, stand_in,
};

pub(super) fn assignment(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "an assignment", errors);
    table.only(keys::ASSIGNMENT);
    let org = table.opt_text("org").map(str::to_owned);
    let held = assigned(&mut table, node, source, false);
    if org.is_none() && held.iter().any(|held| !matches!(held.what.holder, Holder::Person(_))) {
        table.refuse(node, "a team and everybody are of an organization: say `org`".to_owned());
    }
    let held = held.into_iter().map(|held| At { what: Held { org: org.clone(), ..held.what }, at: held.at });
    declared.held.extend(held);
}

/// What one table of who holds a role says, without the organization. `template`: it is filled in later.
fn assigned(table: &mut Table<'_, '_>, node: &Node, source: &Source, template: bool) -> Vec<At<Held>> {
    let role = table.text("role").map(str::to_owned);
    if let Some(role) = &role {
        if let Err(why) = check_role(role) {
            table.refuse(node, format!("the name of a role {why}"));
        } else if role.starts_with("basic:") {
            table.refuse(node, format!("`{role}` is what a membership gives: use `[[members]]`"));
        }
    }
    let scope = scope(table, node, template);
    let parameters = table.named_texts("parameters");
    if template {
        texts(table, node, &parameters);
    }
    let until = until(table);
    let mut holders: Vec<(&Node, Holder)> = Vec::new();
    holders.extend(table.texts("people").into_iter().map(|(item, text)| (item, Holder::Person(text.to_owned()))));
    holders.extend(table.texts("teams").into_iter().map(|(item, text)| (item, Holder::Team(text.to_owned()))));
    if let Some(team) = table.opt_text("team").map(str::to_owned) {
        holders.push((node, Holder::Team(team)));
    }
    if table.truth("everybody") == Some(true) {
        holders.push((node, Holder::Everybody));
    }
    let named = ["people", "team", "teams", "everybody"].iter().any(|key| table.said(key).is_some());
    if !named {
        table.refuse(node, "nobody is to hold it: say `people`, `teams` or `everybody = true`".to_owned());
    }
    let (Some(role), Some(scope), Some(until)) = (role, scope, until) else { return Vec::new() };
    let one = |(item, holder): (&Node, Holder)| {
        let about = About::Role(role.clone());
        let (scope, parameters) = (scope.clone(), parameters.clone());
        at(Held { org: None, about, scope, parameters, holder, until }, item, source)
    };
    holders.into_iter().map(one).collect()
}

/// The scope that is said, or all.
fn scope(table: &mut Table<'_, '_>, node: &Node, template: bool) -> Option<String> {
    let Some(said) = table.said("scope") else { return Some("*".to_owned()) };
    let text = table.text("scope")?;
    if template && let Err(why) = check_text(text) {
        table.refuse(said, format!("`scope`: {why}"));
        return None;
    }
    let tried = if template { stand_in(text) } else { text.to_owned() };
    match Pattern::parse(&tried) {
        Ok(_) => Some(text.to_owned()),
        Err(why) => {
            table.refuse(node, format!("`scope` {why}"));
            None
        }
    }
}

fn texts(table: &mut Table<'_, '_>, node: &Node, parameters: &Parameters) {
    for (name, text) in parameters {
        if let Err(why) = check_text(text) {
            table.refuse(node, format!("`{name}`: {why}"));
        }
    }
}

/// A moment as RFC 3339 writes it; for ever where none is said.
fn until(table: &mut Table<'_, '_>) -> Option<i64> {
    let Some(node) = table.said("until") else { return Some(FOR_EVER) };
    let moment = node.text().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if moment.is_none() {
        table.refuse(node, "`until` must be a time in quotes, such as \"2027-01-01T00:00:00Z\"".to_owned());
    }
    moment.map(jiff::Timestamp::as_millisecond)
}

pub(super) fn delegation(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "a delegation", errors);
    table.only(keys::DELEGATION);
    let org = table.opt_text("org").map(str::to_owned);
    let of = table.text("of").map(str::to_owned);
    table.required("to");
    let to = table.texts("to");
    let (scope, until) = (scope(&mut table, node, false), until(&mut table));
    let (Some(of), Some(scope), Some(until)) = (of, scope, until) else { return };
    for (item, person) in to {
        if person == of {
            table.refuse(item, "nobody acts for themselves".to_owned());
        }
        let (about, holder) = (About::Person(of.clone()), Holder::Person(person.to_owned()));
        let (scope, parameters) = (scope.clone(), Parameters::new());
        declared.held.push(at(Held { org: org.clone(), about, scope, parameters, holder, until }, item, source));
    }
}

pub(super) fn template(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "a template", errors);
    table.only(keys::TEMPLATE);
    let orgs = table.text("orgs").map(str::to_owned);
    let mut teams = Vec::new();
    for item in table.list("teams") {
        let mut team = Table::new(item, source, "a template's team", table.errors);
        team.only(keys::TEMPLATE_TEAM);
        teams.extend(people::name(&mut team, "name").map(|name| at(name, item, source)));
    }
    let mut held = Vec::new();
    for item in table.list("assignments") {
        let mut inner = Table::new(item, source, "a template's assignment", table.errors);
        inner.only(keys::TEMPLATE_ASSIGNMENT);
        held.extend(assigned(&mut inner, item, source, true));
    }
    let Some(orgs) = orgs else { return };
    declared.templates.push(at(Template { orgs, teams, held }, node, source));
}
