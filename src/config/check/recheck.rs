//! Who re-checks people that cannot be listed: another provider, which lists them and has the same people.

use super::Report;
use crate::config::Code;
use crate::config::tree::{Entry, Node};
use crate::config::words::{quoted, suggest};

pub(super) fn check(providers: &[Entry], report: &mut Report<'_>) {
    for provider in providers {
        let Some((key, name)) = provider.node.entry("recheck").and_then(|key| Some((key, key.node.text()?))) else {
            continue;
        };
        if !logins_only(&provider.node) {
            let message = format!("`recheck` of {} is of no use: it lists its people itself", quoted(&provider.key));
            report.say(&key.key_origin, Code::RecheckProvider, message, "remove it");
            continue;
        }
        let Some(known) = providers.iter().find(|known| known.key == name) else {
            let help = suggest(name, providers.iter().map(|known| known.key.as_str()));
            report.say(&key.node.origin, Code::UnknownProvider, format!("there is no provider {}", quoted(name)), help);
            continue;
        };
        if logins_only(&known.node) {
            let message = format!("{} cannot list people, so it cannot re-check any", quoted(name));
            report.say(&key.node.origin, Code::RecheckProvider, message, "name a directory that has the same people");
        } else if !linked(&provider.node, &known.node) {
            let (one, other) = (quoted(&provider.key), quoted(name));
            let message = format!("nobody of {one} is found to be somebody of {other}");
            let help = "name a key in `link.by` of both, such as \"email\"";
            report.say(&key.node.origin, Code::RecheckProvider, message, help);
        }
    }
}

/// As [`crate::config::Provider::knows_logins_only`].
fn logins_only(provider: &Node) -> bool {
    ["login", "oidc", "saml"].into_iter().any(|key| provider.get(key).is_some())
}

/// Whether the two have a key in common by which people are linked.
fn linked(one: &Node, other: &Node) -> bool {
    let keys = |node: &Node| -> Vec<String> {
        let by = node.get("link").and_then(|link| link.get("by")).map_or(&[][..], Node::items);
        by.iter().filter_map(Node::text).map(str::to_owned).collect()
    };
    let theirs = keys(other);
    keys(one).iter().any(|key| theirs.contains(key))
}
