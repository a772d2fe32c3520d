//! Warns of settings that undo each other: what a rule gives and its providers don't write, and
//! keys of a provider of which one makes the other idle.

use super::Report;
use super::view::View;
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;

pub(super) fn check(rules: &[View<'_>], providers: &[Entry], report: &mut Report<'_>) {
    for rule in rules {
        let server_admin = rule.node.entry("server_admin").filter(|_| rule.server_admin);
        if let Some(entry) = server_admin.filter(|_| rule.each_provider(keeps_server_admin)) {
            let message = format!("rule {} gives server admin, which its provider never writes", quoted(rule.id));
            let help = "the provider says `server_admin = \"keep\"`; change one of the two";
            report.say(&entry.key_origin, Code::RuleContradicts, message, help);
        }
        if let Some(entry) = rule.node.entry("role").filter(|_| rule.each_provider(|one| org_roles(one).is_some())) {
            let message = format!("rule {} gives a role, which its provider never writes", quoted(rule.id));
            let word = rule.providers.first().and_then(|one| org_roles(&one.node)).unwrap_or_default();
            let help = format!("the provider says `org_roles = \"{word}\"`; change one of the two");
            report.say(&entry.key_origin, Code::RuleContradicts, message, help);
        }
    }
    for provider in providers {
        strict(&provider.node, report);
        idle(&provider.node, report);
        direct_role(provider, rules, report);
    }
}

fn keeps_server_admin(provider: &Node) -> bool {
    provider.text_of("server_admin") == Some("keep")
}

/// What it says of organization roles, unless it writes them.
fn org_roles(provider: &Node) -> Option<&str> {
    provider.text_of("org_roles").filter(|word| ["keep", "none"].contains(word))
}

/// Whoever no rule matches is refused before `on_no_match` is asked.
fn strict(provider: &Node, report: &mut Report<'_>) {
    let Some(node) = provider.get("on_no_match").filter(|_| provider.is_true("strict")) else { return };
    if let Some(word) = node.text().filter(|word| ["keep", "suspend", "nothing"].contains(word)) {
        let message = format!("`strict` refuses everybody whom `on_no_match = \"{word}\"` is for");
        report.say(&node.origin, Code::SettingsContradict, message, "remove one of the two");
    }
}

fn idle(provider: &Node, report: &mut Report<'_>) {
    let (Some(word), Some(default)) = (org_roles(provider), provider.entry("default")) else { return };
    let message = format!("`default` gives a role, and `org_roles = \"{word}\"` does not write it");
    report.say(&default.key_origin, Code::SettingsContradict, message, "remove one of the two");
}

fn direct_role(provider: &Entry, rules: &[View<'_>], report: &mut Report<'_>) {
    let Some(direct) = provider.node.entry("direct_role") else { return };
    if let Some(only) = direct.node.entry("only_values").filter(|_| direct.node.is_true("only_values"))
        && direct.node.get("values").is_none_or(|values| values.entries().is_empty())
    {
        let message = "`only_values` without `values` takes no word for a role";
        report.say(&only.key_origin, Code::SettingsContradict, message, "list the words in `values`");
    }
    let admins = |node: &Node| node.get("values").is_some_and(|values| values.get("server_admin").is_some());
    let admin_counts = !keeps_server_admin(&provider.node) && admins(&direct.node);
    let lands = org_roles(&provider.node).is_none()
        && (provider.node.get("default").is_some()
            || rules
                .iter()
                .any(|rule| rule.role.is_some() && rule.providers.iter().any(|one| one.key == provider.key)));
    if !lands && !admin_counts {
        let message = format!("the direct role of provider {} lands in no organization", quoted(&provider.key));
        let help = "add `default = { org = \"…\", role = \"…\" }`: that is where it is given";
        report.say(&direct.key_origin, Code::SettingsContradict, message, help);
    }
}
