//! Rules, one by one: unique names, providers that exist, something to match and something to give.

use super::{Report, conditions, entitlements, template};
use crate::config::Code;
use crate::config::tree::{Entry, Node, Value};
use crate::config::words::{quoted, suggest};
use std::collections::BTreeMap;

pub(super) fn check(rules: &[Node], providers: &[Entry], report: &mut Report<'_>) {
    let mut ids: BTreeMap<&str, &Node> = BTreeMap::new();
    for rule in rules {
        if report.found.is_full() {
            return;
        }
        if let Some((id, text)) = rule.get("id").and_then(|id| Some((id, id.text()?))) {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                report.say(&id.origin, Code::RuleId, "`id` must be a word or a few", "");
            } else if ids.insert(text, id).is_some() {
                let message = format!("another rule before this one is called {}", quoted(text));
                report.say(
                    &id.origin,
                    Code::DuplicateRuleId,
                    message,
                    "outputs and the audit trail tell rules apart by `id`",
                );
            }
        }
        names(rule, providers, report);
        gives(rule, report);
        if let Some(matches) = rule.entry("match") {
            conditions::check(&matches.node, report);
            templates(rule, &matches.node, report);
        }
    }
}

fn names(rule: &Node, providers: &[Entry], report: &mut Report<'_>) {
    let Some(provider) = rule.entry("provider") else { return };
    let many = matches!(provider.node.value, Value::List(_));
    if many && provider.node.items().is_empty() {
        report.say(
            &provider.node.origin,
            Code::EmptyValue,
            "`provider` names none",
            "remove it to match the people of all providers",
        );
    }
    for (node, name) in provider.node.texts().filter(|(_, name)| !providers.iter().any(|known| known.key == *name)) {
        let help = suggest(name, providers.iter().map(|known| known.key.as_str()));
        report.say(&node.origin, Code::UnknownProvider, format!("there is no provider {}", quoted(name)), help);
    }
}

fn gives(rule: &Node, report: &mut Report<'_>) {
    let (org, role, team) = (rule.entry("org"), rule.entry("role"), rule.entry("team"));
    report.not_empty(rule, "team");
    if let Some(org) = org {
        orgs(org, report);
    }
    let elsewhere = rule.is_true("server_admin") || entitlements::check(rule, report);
    match (org, role, team) {
        (None, Some(given), _) | (None, None, Some(given)) => {
            report.say(
                &given.key_origin,
                Code::OrgMissing,
                format!("`{}` needs `org`", given.key),
                "name the organization",
            );
        }
        (Some(org), None, None) if !elsewhere => {
            report.say(
                &org.key_origin,
                Code::RuleGivesNothing,
                "the rule names an organization but gives nothing in it",
                "add `role`, `team`, `roles`, `act_for` or `server_admin = true`",
            );
        }
        (None, None, None) if !elsewhere => {
            report.say(
                &rule.origin,
                Code::RuleGivesNothing,
                "the rule gives nothing",
                "add `org` with `role` or `team`, `roles`, `act_for` or `server_admin = true`",
            );
        }
        _ => {}
    }
    if let (Some(team_role), None) = (rule.entry("team_role"), team) {
        report.say(&team_role.key_origin, Code::TeamMissing, "`team_role` needs `team`", "name the team");
    }
}

/// One organization or several.
fn orgs(org: &Entry, report: &mut Report<'_>) {
    let list = matches!(org.node.value, Value::List(_));
    if list && org.node.items().is_empty() {
        report.say(&org.node.origin, Code::EmptyValue, "`org` names none", "name an organization");
    }
    for (node, text) in org.node.texts() {
        if text.trim().is_empty() {
            report.say(&node.origin, Code::EmptyValue, "`org` must not be empty", "");
        }
    }
}

/// More bytes than the name of an organization or team can have.
const LONGEST_NAME: usize = 760;

fn templates(rule: &Node, matches: &Node, report: &mut Report<'_>) {
    let keys = ["org", "team", "roles", "act_for", "scope"].into_iter();
    let texts = keys.filter_map(|key| rule.get(key)).flat_map(Node::texts);
    let parameters = rule.get("parameters").into_iter().flat_map(Node::entries).flat_map(|entry| entry.node.texts());
    let texts = texts.chain(parameters);
    // A name without `$` is looked at only where it is longer than any can be.
    let used: Vec<(&Node, &str)> = texts.filter(|(_, text)| text.contains('$') || text.len() > LONGEST_NAME).collect();
    if used.is_empty() {
        return;
    }
    let Some(captures) = template::captures(matches) else { return };
    for (node, text) in used {
        if let Some((message, help)) = template::check(text, &captures) {
            report.say(&node.origin, Code::BadTemplate, message, help);
        }
    }
}
