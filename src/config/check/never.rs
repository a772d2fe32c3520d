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
            Whom::Everybody | Whom::Some => {
                if !(rule.each_provider(has_no_claims) && needs_claims(matches)) {
                    continue;
                }
                "`sources` leaves out `attributes`, and ldap and file have no other source of claims"
            }
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

/// A directory or file whose claims are looked for where it has none.
fn has_no_claims(provider: &Node) -> bool {
    let listed = provider.get("ldap").is_some() || provider.get("file").is_some();
    let sources = provider.get("claims").and_then(|claims| claims.get("sources"));
    listed && sources.is_some_and(|sources| !sources.texts().any(|(_, source)| source == "attributes"))
}

/// Whether it can't match somebody without claims. Paths see the groups as well.
fn needs_claims(matches: &Node) -> bool {
    matches.entries().iter().any(|entry| match entry.key.as_str() {
        "claim" => {
            let roots = entry.node.text_of("path").map(expression::roots).unwrap_or_default();
            !roots.is_empty() && !roots.iter().any(|root| root == "groups")
        }
        "all" => entry.node.items().iter().any(needs_claims),
        "any" => !entry.node.items().is_empty() && entry.node.items().iter().all(needs_claims),
        _ => false,
    })
}
