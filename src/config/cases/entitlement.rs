//! What somebody is expected to hold: a role, or to act for somebody.

use crate::config::source::Source;
use crate::config::table::Table;
use crate::config::tree::{Node, Value};
use crate::config::words::quoted;
use rosterd_core::mapping::{About, Held};
use std::collections::BTreeMap;

/// `None` when it cannot be used; why is in `errors`.
pub(super) fn read(node: &Node, source: &Source, errors: &mut Vec<String>) -> Option<Held> {
    let mut table = Table::new(node, source, "an entitlement", errors);
    table.only(&["org", "role", "acts_for", "scope", "parameters"]);
    let mut optional = |key| table.said(key).is_some().then(|| table.text(key).map(str::to_owned));
    let (org, role, acts_for, scope) = (optional("org"), optional("role"), optional("acts_for"), optional("scope"));
    let about = match (role, acts_for) {
        (Some(role), None) => About::Role(role?),
        (None, Some(login)) => About::Person(login?),
        _ => {
            table.refuse(node, "an entitlement has either `role` or `acts_for`".to_owned());
            return None;
        }
    };
    let scope = scope.unwrap_or_else(|| Some("*".to_owned()));
    let org = org.map_or(Some(None), |org| org.map(Some));
    let parameters = parameters(&mut table)?;
    Some(Held { org: org?, about, scope: scope?, parameters })
}

fn parameters(table: &mut Table<'_, '_>) -> Option<String> {
    let mut all = BTreeMap::new();
    if let Some(node) = table.said("parameters") {
        if !matches!(node.value, Value::Map(_)) {
            table.refuse(node, format!("`parameters` must be a table, not {}", node.kind()));
            return None;
        }
        for entry in node.entries() {
            let Some(text) = entry.node.text() else {
                table.refuse(&entry.node, format!("{} must be a text", quoted(&entry.key)));
                return None;
            };
            all.insert(entry.key.as_str(), text);
        }
    }
    serde_json::to_string(&all).ok()
}
