//! Warns of rules that can never decide anything.
//!
//! Only what is certain is said: the same match and organization further up, for all the same
//! providers, where each of them takes the first rule's role. What matches overlap in other ways
//! depends on the directory.

use super::Report;
use crate::config::tree::{Entry, Node};
use crate::config::words::quoted;
use std::collections::{BTreeSet, HashMap};

/// Rules further up with the same match and organization, each with its providers.
type Earlier<'a> = HashMap<(String, &'a str), Vec<(BTreeSet<&'a str>, &'a Node)>>;

pub(super) fn check(rules: &[Node], providers: &[Entry], report: &mut Report<'_>) {
    let all: BTreeSet<&str> = providers.iter().map(|provider| provider.key.as_str()).collect();
    let first = |name: &&str| {
        providers.iter().any(|known| known.key == **name && known.node.text_of("resolve") == Some("first"))
    };
    let mut earlier = Earlier::new();
    for rule in rules {
        let (Some(matches), Some(org), Some(_)) = (rule.get("match"), rule.text_of("org"), rule.get("role")) else {
            continue;
        };
        let named: BTreeSet<&str> = match rule.get("provider") {
            None => all.clone(),
            Some(node) => std::iter::once(node).chain(node.items()).filter_map(Node::text).collect(),
        };
        let same = earlier.entry((matches.to_json().to_string(), org)).or_default();
        let winner = same.iter().find(|(providers, _)| named.is_subset(providers));
        let only_a_role = rule.get("team").is_none() && !rule.is_true("server_admin");
        match winner {
            Some((_, winner)) if only_a_role && !named.is_empty() && named.iter().all(first) => {
                let message = format!("rule {} can never decide", quoted(rule.text_of("id").unwrap_or_default()));
                let winner = quoted(winner.text_of("id").unwrap_or_default());
                report.warning(&rule.origin, message, format!("{winner} above matches the same people first"));
            }
            Some(_) => {}
            None => same.push((named, rule)),
        }
    }
}
