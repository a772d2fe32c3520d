//! How a provider's claims are read: expressions that compile, and words that mean one role each.

use super::{Report, conditions};
use crate::config::Code;
use crate::config::tree::{Node, Value};
use crate::config::words::quoted;
use std::collections::BTreeMap;

pub(super) fn check(provider: &Node, report: &mut Report<'_>) {
    for table in ["claims", "direct_role"].into_iter().filter_map(|key| provider.get(key)) {
        let Some(sources) = table.get("sources") else { continue };
        if matches!(&sources.value, Value::List(all) if all.is_empty()) {
            report.say(
                &sources.origin,
                Code::EmptyValue,
                "`sources` must not be empty",
                "leave it out for all of them",
            );
        }
    }
    if let Some(groups) = provider.get("claims").and_then(|claims| claims.get("groups")) {
        conditions::expression(groups, report);
    }
    let Some(direct) = provider.get("direct_role") else { return };
    if let Some(expression) = direct.get("expression") {
        conditions::expression(expression, report);
    }
    if let Some(values) = direct.get("values") {
        self::values(values, direct.is_true("case_sensitive"), report);
    }
}

fn values(values: &Node, case_sensitive: bool, report: &mut Report<'_>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for role in values.entries() {
        for (node, text) in role.node.texts() {
            let folded = if case_sensitive { text.to_owned() } else { text.to_lowercase() };
            match seen.insert(folded, &role.key) {
                Some(other) if other != role.key => {
                    let message =
                        format!("{} cannot mean both {} and {}", quoted(text), quoted(other), quoted(&role.key));
                    report.say(&node.origin, Code::DirectRoleValues, message, "each word means one role");
                }
                _ => {}
            }
        }
    }
}
