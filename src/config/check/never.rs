//! Warns of rules that match nobody, whatever a directory or a login says.

use super::view::View;
use super::whom::{Whom, whom};
use super::{Report, expression};
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;

pub(super) fn check(rules: &[View<'_>], providers: &[Entry], report: &mut Report<'_>) {
    for rule in rules {
        let Some(matches) = rule.matches else { continue };
        let why = match whom(matches) {
            Whom::Nobody(why) => why,
            Whom::Everybody | Whom::Some if rule.each_provider(|provider| lacks(provider, matches)) => {
                "no provider of it reads what it looks at: see `attributes`, and `sources` in `claims`"
            }
            Whom::Everybody | Whom::Some => continue,
        };
        report.say(&matches.origin, Code::RuleNeverFires, format!("rule {} can match nobody", quoted(rule.id)), why);
    }
    for provider in providers {
        let Some(allow) = provider.node.get("allow") else { continue };
        if let Whom::Nobody(why) = whom(allow) {
            let message = format!("`allow` of provider {} refuses everybody", quoted(&provider.key));
            report.say(&allow.origin, Code::RuleNeverFires, message, why);
        }
    }
}

/// Whether a provider never has what a match needs. Only paths are looked at: an expression can be
/// true without any claim.
fn lacks(provider: &Node, matches: &Node) -> bool {
    matches.entries().iter().any(|entry| match entry.key.as_str() {
        "claim" => {
            let roots = entry.node.text_of("path").map(expression::roots).unwrap_or_default();
            !roots.is_empty() && !roots.iter().any(|root| has(provider, root))
        }
        "all" => entry.node.items().iter().any(|part| lacks(provider, part)),
        "any" => !entry.node.items().is_empty() && entry.node.items().iter().all(|part| lacks(provider, part)),
        _ => false,
    })
}

/// Whether a provider could say this claim. Paths see the groups as well.
fn has(provider: &Node, claim: &str) -> bool {
    let (ldap, file) = (provider.get("ldap"), provider.get("file"));
    if claim == "groups" || ldap.is_none() && file.is_none() {
        return true;
    }
    let sources = provider.get("claims").and_then(|claims| claims.get("sources"));
    if sources.is_some_and(|sources| !sources.texts().any(|(_, source)| source == "attributes")) {
        return false;
    }
    // People in YAML have what the file gives them.
    let ldif = |file: &Node| file.text_of("path").is_some_and(|path| path.to_ascii_lowercase().ends_with(".ldif"));
    let read = match (ldap, file) {
        (Some(ldap), _) => ldap.get("users"),
        (None, Some(file)) if ldif(file) => Some(file),
        _ => return true,
    };
    let attributes = read.and_then(|read| read.get("attributes"));
    attributes.is_some_and(|attributes| attributes.texts().any(|(_, name)| name == claim))
}
