//! Rules, one by one: unique names, providers that exist, something to match and something to give.

use super::{Report, template};
use crate::config::tree::{Entry, Node};
use crate::config::words::{quoted, suggest};
use std::collections::BTreeMap;

pub(super) fn check(rules: &[Node], providers: &[Entry], report: &mut Report<'_>) {
    let mut ids: BTreeMap<&str, &Node> = BTreeMap::new();
    for rule in rules {
        if let Some((id, text)) = rule.get("id").and_then(|id| Some((id, id.text()?))) {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                report.error(&id.origin, "`id` must be a word or a few", "");
            } else if ids.insert(text, id).is_some() {
                let message = format!("another rule before this one is called {}", quoted(text));
                report.error(&id.origin, message, "outputs and the audit trail tell rules apart by `id`");
            }
        }
        names(rule, providers, report);
        gives(rule, report);
        if let Some(matches) = rule.entry("match") {
            conditions(&matches.node, report);
            templates(rule, &matches.node, report);
            everybody(rule, &matches.node, report);
        }
    }
}

fn names(rule: &Node, providers: &[Entry], report: &mut Report<'_>) {
    let Some(provider) = rule.entry("provider") else { return };
    let many = matches!(provider.node.value, crate::config::tree::Value::List(_));
    if many && provider.node.items().is_empty() {
        report.error(&provider.node.origin, "`provider` names none", "remove it to match the people of all providers");
    }
    for node in std::iter::once(&provider.node).chain(provider.node.items()) {
        if let Some(name) = node.text().filter(|name| !providers.iter().any(|known| known.key == *name)) {
            let help = suggest(name, providers.iter().map(|known| known.key.as_str()));
            report.error(&node.origin, format!("there is no provider {}", quoted(name)), help);
        }
    }
}

fn gives(rule: &Node, report: &mut Report<'_>) {
    let (org, role, team) = (rule.entry("org"), rule.entry("role"), rule.entry("team"));
    for key in ["org", "team"] {
        report.not_empty(rule, key);
    }
    match (org, role, team) {
        (None, Some(given), _) | (None, None, Some(given)) => {
            report.error(&given.key_origin, format!("`{}` needs `org`", given.key), "name the organization");
        }
        (Some(org), None, None) if !rule.is_true("server_admin") => {
            report.error(
                &org.key_origin,
                "the rule names an organization but gives nothing in it",
                "add `role`, `team` or `server_admin = true`",
            );
        }
        (None, None, None) if !rule.is_true("server_admin") => {
            report.error(
                &rule.origin,
                "the rule gives nothing",
                "add `org` with `role` or `team`, or `server_admin = true`",
            );
        }
        _ => {}
    }
    if let (Some(team_role), None) = (rule.entry("team_role"), team) {
        report.error(&team_role.key_origin, "`team_role` needs `team`", "name the team");
    }
}

/// The match and everything inside it.
fn conditions(matches: &Node, report: &mut Report<'_>) {
    for entry in matches.entries() {
        match (entry.key.as_str(), entry.node.text()) {
            ("group" | "group_glob" | "group_regex", Some(text)) if text.trim().is_empty() => {
                report.error(&entry.node.origin, format!("`{}` must not be empty", entry.key), "`*` is everybody");
            }
            ("group_regex", Some(text)) => {
                if let Err(why) = template::regex(text) {
                    report.error(&entry.node.origin, "this is not a regular expression", why);
                }
            }
            ("group", Some(text)) if text != "*" && text.contains('*') => {
                let help = "use `group_glob` if it stands for any run of characters";
                report.warning(&entry.node.origin, "`*` in a `group` stands for itself", help);
            }
            ("any" | "all" | "none", _) => {
                // An empty `all` would match everybody.
                if entry.node.items().is_empty() && matches!(entry.node.value, crate::config::tree::Value::List(_)) {
                    report.error(&entry.node.origin, format!("`{}` must not be empty", entry.key), "");
                }
                entry.node.items().iter().for_each(|inner| conditions(inner, report));
            }
            _ => {}
        }
    }
}

fn templates(rule: &Node, matches: &Node, report: &mut Report<'_>) {
    let used: Vec<&Node> = ["org", "team"].into_iter().filter_map(|key| rule.get(key)).collect();
    if !used.iter().any(|node| node.text().is_some_and(|text| text.contains("${"))) {
        return;
    }
    let Some(captures) = template::captures(matches) else { return };
    for node in used {
        if let Some((message, help)) = node.text().and_then(|text| template::check(text, &captures)) {
            report.error(&node.origin, message, help);
        }
    }
}

/// Warns of the highest rights for everybody (W25).
fn everybody(rule: &Node, matches: &Node, report: &mut Report<'_>) {
    let all = matches.text_of("group") == Some("*") || matches.text_of("group_glob") == Some("*");
    if !all {
        return;
    }
    let server = rule.entry("server_admin").filter(|_| rule.is_true("server_admin"));
    let admin = rule.entry("role").filter(|role| role.node.text() == Some("Admin"));
    for (entry, what) in [(server, "a server admin"), (admin, "an Admin")] {
        if let Some(entry) = entry {
            let message = format!("this rule makes everybody {what}");
            report.warning(&entry.key_origin, message, "match a group instead, unless that is what you want");
        }
    }
}
