//! Vendors' interfaces: where they are, who asks there, and what is asked for.

use super::{Report, ldap, web};
use crate::config::Code;
use crate::config::attributes::holds_secrets;
use crate::config::tree::{Entry, Node};
use crate::config::words::{either, quoted};

/// Texts without which nothing can be asked for.
const NEEDED: [&str; 9] = ["realm", "client_id", "tenant", "login", "admin", "customer", "org", "group", "token_url"];

pub(super) fn check(section: &Entry, report: &mut Report<'_>) {
    let node = &section.node;
    report.not_zero(node, "timeout", "nothing could ever be answered in time");
    if let Some(follow) = node.get("follow") {
        report.not_zero(follow, "every", "the service would be asked without a pause");
    }
    NEEDED.iter().for_each(|key| report.not_empty(node, key));
    for key in ["url", "login_url", "token_url"] {
        address(node, key, report);
    }
    for attribute in node.get("attributes").map_or(&[][..], Node::items).iter().chain(node.get("login")) {
        named(attribute, report);
    }
    ldap::twice(node, report);
    match section.key.as_str() {
        "github" => one_name(node, "org", report),
        "keycloak" => one_name(node, "realm", report),
        "graph" => one_name(node, "tenant", report),
        "okta" => one_of(section, "who asks", ["token", "client"], report),
        _ => {}
    }
}

/// Exactly one of two keys.
pub(super) fn one_of(section: &Entry, what: &str, keys: [&str; 2], report: &mut Report<'_>) {
    let given: Vec<&Entry> = keys.into_iter().filter_map(|key| section.node.entry(key)).collect();
    let name = quoted(&section.key);
    match given.as_slice() {
        [_] => {}
        // One that is null was meant to be there; that is the schema's error.
        [] if section.node.entries().iter().any(|inner| keys.contains(&inner.key.as_str())) => {}
        [] => report.say(
            &section.key_origin,
            Code::ExactlyOneKey,
            format!("{name} does not say {what}"),
            format!("add {}", either(keys)),
        ),
        [_, second, ..] => {
            let message = format!("{name} says twice {what}");
            report.say(&second.key_origin, Code::ExactlyOneKey, message, format!("{} only", either(keys)));
        }
    }
}

/// A secret goes there: it must be encrypted, except on this machine.
pub(super) fn address(section: &Node, key: &str, report: &mut Report<'_>) {
    let clear = "it must begin with https://: what proves who asks would cross the network unencrypted";
    if let Some((node, url)) = section.get(key).and_then(|node| Some((node, node.text()?)))
        && let Some(why) = web::wrong(url, clear, "only host, port and path")
    {
        report.say(&node.origin, Code::MalformedValue, "this is not the URL of a service", why);
    }
}

/// A name that stands in an address as one part of its path.
fn one_name(section: &Node, key: &str, report: &mut Report<'_>) {
    let wrong = |text: &str| text.contains(['/', '\\', '?', '#', '%']) || text == "." || text == "..";
    if let Some(node) = section.get(key).filter(|node| node.text().is_some_and(wrong)) {
        let help = "the name alone, as it stands in the address of its page";
        report.say(&node.origin, Code::MalformedValue, format!("this is no name for `{key}`"), help);
    }
}

fn named(node: &Node, report: &mut Report<'_>) {
    let Some(name) = node.text() else { return };
    if name.is_empty() || name.contains(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)) {
        report.say(
            &node.origin,
            Code::AttributeName,
            "this is not the name of an attribute",
            "letters, digits, `_`, `-`",
        );
    } else if name.to_ascii_lowercase().contains("password") || holds_secrets(name) {
        let message = format!("{} is never read", quoted(name));
        report.say(&node.origin, Code::SecretAttribute, message, "it holds passwords, which rosterd has no use for");
    }
}
