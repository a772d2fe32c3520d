//! Warns of the highest rights for everybody.

use super::Report;
use super::view::View;
use super::{expression, whom};
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;

pub(super) fn check(rules: &[View<'_>], providers: &[Entry], report: &mut Report<'_>) {
    for rule in rules {
        if !rule.matches.is_some_and(whom::practically_everybody) {
            continue;
        }
        let server = rule.node.entry("server_admin").filter(|_| rule.server_admin);
        let admin = rule.node.entry("role").filter(|role| role.node.text() == Some("Admin"));
        for (entry, what) in [(server, "a server admin"), (admin, "an Admin")] {
            if let Some(entry) = entry {
                let message = format!("this rule makes everybody {what}");
                let help = "match a group instead, unless that is what you want";
                report.say(&entry.key_origin, Code::AdminForEverybody, message, help);
            }
        }
    }
    for provider in providers {
        default(&provider.node, report);
        direct_role(provider, report);
    }
}

fn default(provider: &Node, report: &mut Report<'_>) {
    let given = provider.text_of("on_no_match") == Some("default") && !provider.is_true("strict");
    let role = provider.get("default").and_then(|default| default.get("role"));
    if let Some(role) = role.filter(|role| given && role.text() == Some("Admin")) {
        let message = "`default` makes everybody whom no rule matches an Admin";
        report.say(&role.origin, Code::AdminForEverybody, message, "give a lower role, and Admin by a rule");
    }
}

/// An expression that ends in a role gives it to whomever nothing before it gave one.
fn direct_role(provider: &Entry, report: &mut Report<'_>) {
    let Some(direct) = provider.node.get("direct_role") else { return };
    let Some(node) = direct.get("expression") else { return };
    let Some(word) = node.text().and_then(expression::last_resort) else { return };
    let sensitive = direct.is_true("case_sensitive");
    let same = |text: &str| text == word || !sensitive && text.to_lowercase() == word.to_lowercase();
    let listed = |role: &str| {
        let listed = direct.get("values").and_then(|values| values.get(role));
        listed.map(|listed| listed.texts().any(|(_, text)| same(text)))
    };
    let what = if listed("server_admin") == Some(true) {
        "a server admin"
    } else if listed("Admin").unwrap_or_else(|| same("Admin") && !direct.is_true("only_values")) {
        "an Admin"
    } else {
        return;
    };
    let message = format!(
        "the direct role of provider {} makes everybody {what} for whom nothing else is said",
        quoted(&provider.key)
    );
    report.say(&node.origin, Code::AdminForEverybody, message, "end the expression in a lower role");
}
