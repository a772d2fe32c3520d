//! Warns of rights that hang on what people can usually write themselves.

use super::view::View;
use super::{Report, attributes, expression};
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;
use std::collections::BTreeSet;

pub(super) fn check(rules: &[View<'_>], providers: &[Entry], report: &mut Report<'_>) {
    for rule in rules {
        let Some(matches) = rule.matches else { continue };
        let mut read = Vec::new();
        expressions(matches, &mut read);
        if read.is_empty() {
            continue;
        }
        let tested: BTreeSet<String> = read.iter().flat_map(|(_, text)| expression::roots(text)).collect();
        for (at, text) in read {
            let written = rule.providers.iter().find_map(|provider| written(text, provider, &tested));
            if let Some(name) = written {
                say(at, &format!("rule {}", quoted(rule.id)), &name, report);
            }
        }
    }
    for provider in providers {
        let tested = BTreeSet::new();
        for (table, key) in [("claims", "groups"), ("direct_role", "expression")] {
            let Some(node) = provider.node.get(table).and_then(|table| table.get(key)) else { continue };
            if let Some(name) = node.text().and_then(|text| written(text, provider, &tested)) {
                say(node, &format!("`{key}` of provider {}", quoted(&provider.key)), &name, report);
            }
        }
    }
}

fn say(at: &Node, who: &str, name: &str, report: &mut Report<'_>) {
    let help = match attributes::verified_by(name) {
        Some(by) => format!("ask for `{by}` in the same `all`, or use what only an administrator writes"),
        None => "use a group, or an attribute that only an administrator writes".to_owned(),
    };
    let message = format!("{who} looks at {}, which people can usually write themselves", quoted(name));
    report.say(&at.origin, Code::SelfWrittenAttribute, message, help);
}

/// Every path and expression of a match.
fn expressions<'a>(matches: &'a Node, found: &mut Vec<(&'a Node, &'a str)>) {
    for entry in matches.entries() {
        let node = match entry.key.as_str() {
            "claim" => entry.node.get("path"),
            "expression" => Some(&entry.node),
            "any" | "all" | "none" => {
                entry.node.items().iter().for_each(|part| expressions(part, found));
                None
            }
            _ => None,
        };
        found.extend(node.and_then(|node| Some((node, node.text()?))));
    }
}

/// What in an expression people write themselves at this provider. `tested` are the claims that
/// the same rule looks at.
fn written(text: &str, provider: &Entry, tested: &BTreeSet<String>) -> Option<String> {
    let node = &provider.node;
    let allow = || {
        let mut read = Vec::new();
        if let Some(allow) = node.get("allow") {
            expressions(allow, &mut read);
        }
        read.into_iter().flat_map(|(_, text)| expression::roots(text)).collect::<BTreeSet<_>>()
    };
    let protocol = node.get("login").and_then(|login| login.text_of("protocol"));
    let roots = expression::roots(text);
    if node.get("ldap").is_some() {
        return roots.into_iter().find(|name| attributes::ldap(name));
    }
    // An assertion and a proxy's headers have names of the operator's own.
    if !matches!(protocol, Some("oidc" | "oauth" | "jwt")) {
        return None;
    }
    let here: BTreeSet<String> = roots.iter().cloned().collect();
    roots.into_iter().filter(|name| attributes::oidc(name)).find(|name| {
        attributes::verified_by(name)
            .is_none_or(|by| !tested.contains(by) && !here.contains(by) && !allow().contains(by))
    })
}
