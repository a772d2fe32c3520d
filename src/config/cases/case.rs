//! One case.

use super::entitlement;
use crate::config::source::Source;
use crate::config::table::{Table, place};
use crate::config::tree::{Entry, Node, Value};
use crate::config::words::quoted;
use rosterd_core::mapping::{Document, Held};
use rosterd_core::rights::{OrgRole, TeamRole};
use std::collections::BTreeMap;

/// Somebody, and what the rules must say of them.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    /// Whose rules are asked.
    pub provider: String,
    pub input: Document,
    pub expect: Expected,
    /// File and line, such as `tests.yaml:12`.
    pub at: String,
}

/// What is said of an answer; the rest is not compared. An inner `None` stands for null: that the
/// rules say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    pub denied: Option<bool>,
    pub suspended: Option<bool>,
    pub orgs: Option<Option<BTreeMap<String, OrgRole>>>,
    /// Sorted.
    pub teams: Option<Vec<Team>>,
    /// Sorted.
    pub entitlements: Option<Vec<Held>>,
    pub server_admin: Option<Option<bool>>,
}

/// Membership of a team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Team {
    pub org: String,
    pub team: String,
    pub role: TeamRole,
}

/// `None` when it cannot be used; why is in `errors`.
pub(super) fn read(node: &Node, source: &Source, errors: &mut Vec<String>) -> Option<Case> {
    let before = errors.len();
    let mut table = Table::new(node, source, "a case", errors);
    let name = table.text("name").map(str::to_owned);
    let provider = table.text("provider").map(str::to_owned);
    let input = table.required("input").and_then(|node| document(&mut table, node));
    let expect = table.required("expect");
    table.only(&["name", "provider", "input", "expect"]);
    let expect = expect.map(|node| expected(node, source, errors));
    if errors.len() > before {
        return None;
    }
    Some(Case { name: name?, provider: provider?, input: input?, expect: expect?, at: place(node, source) })
}

/// Read by the very reader of `rosterd simulate`, under its limits.
fn document(table: &mut Table<'_, '_>, node: &Node) -> Option<Document> {
    match Document::parse(&node.to_json().to_string()) {
        Ok(document) => Some(document),
        Err(error) => {
            table.refuse(node, format!("`input`: {error}"));
            None
        }
    }
}

fn expected(node: &Node, source: &Source, errors: &mut Vec<String>) -> Expected {
    let mut table = Table::new(node, source, "`expect`", errors);
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        table.refuse(node, "`expect` says nothing, so nothing could fail".to_owned());
    }
    table.only(&["denied", "account", "orgs", "teams", "entitlements", "server_admin"]);
    let mut expect = Expected { denied: table.truth("denied"), ..Expected::default() };
    if let Some(account) = table.said("account") {
        match account.text() {
            Some("active") => expect.suspended = Some(false),
            Some("suspended") => expect.suspended = Some(true),
            _ => table.refuse(account, "`account` must be active or suspended".to_owned()),
        }
    }
    expect.server_admin = match table.said("server_admin").map(|node| &node.value) {
        Some(Value::Null) => Some(None),
        _ => table.truth("server_admin").map(Some),
    };
    if let Some(orgs) = table.said("orgs") {
        expect.orgs = match &orgs.value {
            Value::Null => Some(None),
            Value::Map(entries) => Some(Some(entries.iter().filter_map(|entry| org(&mut table, entry)).collect())),
            _ => {
                table.refuse(orgs, format!("`orgs` must be a table or null, not {}", orgs.kind()));
                None
            }
        };
    }
    let held = table.said("entitlements").and_then(|node| table.items(node, "entitlements"));
    if let Some(node) = table.said("teams") {
        let items = table.items(node, "teams").unwrap_or_default();
        let mut teams: Vec<Team> = items.iter().filter_map(|item| team(item, source, errors)).collect();
        teams.sort();
        expect.teams = Some(teams);
    }
    expect.entitlements = held.map(|items| {
        let mut held: Vec<Held> = items.iter().filter_map(|item| entitlement::read(item, source, errors)).collect();
        held.sort();
        held
    });
    expect
}

fn org(table: &mut Table<'_, '_>, entry: &Entry) -> Option<(String, OrgRole)> {
    let role = entry.node.text().and_then(OrgRole::parse);
    if role.is_none() {
        table.refuse(&entry.node, format!("{} must be None, Viewer, Editor or Admin", quoted(&entry.key)));
    }
    Some((entry.key.clone(), role?))
}

fn team(node: &Node, source: &Source, errors: &mut Vec<String>) -> Option<Team> {
    let mut table = Table::new(node, source, "a team", errors);
    table.only(&["org", "team", "role"]);
    let (org, team) = (table.text("org"), table.text("team"));
    let role = match table.said("role") {
        None => Some(TeamRole::Member),
        Some(node) => {
            let role = node.text().and_then(TeamRole::parse);
            if role.is_none() {
                table.refuse(node, "`role` must be member or admin".to_owned());
            }
            role
        }
    };
    Some(Team { org: org?.to_owned(), team: team?.to_owned(), role: role? })
}
