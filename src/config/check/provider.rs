//! A provider: its name, that it says how people come, and what `on_no_match` needs.

use super::{Report, claims, conditions, ldap, leases, oidc, saml, schedule, scim, vendor};
use crate::config::Code;
use crate::config::kind::Kind;
use crate::config::tree::{Entry, Node};
use crate::config::words::{either, quoted};
use rosterd_core::lifecycle::BY_HAND;

pub(super) fn check(entry: &Entry, report: &mut Report<'_>) {
    let provider = &entry.node;
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if entry.key.is_empty() || !entry.key.bytes().all(letters) {
        let message = format!("{} cannot name a provider", quoted(&entry.key));
        report.say(&entry.key_origin, Code::ProviderName, message, "small letters, digits, - and _ only");
    } else if BY_HAND.contains(&entry.key.as_str()) {
        report.say(
            &entry.key_origin,
            Code::ProviderName,
            format!("`{}` cannot name a provider", entry.key),
            "it is what people do by hand",
        );
    } else if entry.key == rosterd_core::provision::PROVISIONING {
        let message = "`provisioning` cannot name a provider";
        report.say(&entry.key_origin, Code::ProviderName, message, "it is what provisioning files are called");
    }
    source(entry, report);
    claims::check(provider, report);
    if let Some(allow) = provider.get("allow") {
        conditions::check(allow, report);
    }
    schedule::check(provider, report);
    default(provider, report);
}

/// Where people come from. Exactly one.
const SOURCES: [&str; 12] = Kind::NAMES;

fn source(entry: &Entry, report: &mut Report<'_>) {
    let given: Vec<&Entry> = SOURCES.into_iter().filter_map(|key| entry.node.entry(key)).collect();
    match given.as_slice() {
        // One that is null was meant to be there; that is the schema's error.
        [] if entry.node.entries().iter().any(|inner| SOURCES.contains(&inner.key.as_str())) => {}
        [] => {
            let message = format!("provider {} does not say where its people come from", quoted(&entry.key));
            report.say(&entry.key_origin, Code::ProviderSource, message, format!("add {}", either(SOURCES)));
        }
        [one] if one.key == "ldap" => ldap::check(one, report),
        [one] if one.key == "file" => file(one, report),
        [one] if one.key == "oidc" => oidc::check(&one.node, report),
        [one] if one.key == "saml" => saml::check(one, report),
        [one] if one.key == "login" => leases::check(&one.node, report),
        [one] if one.key == "scim" => scim::check(one, report),
        [one] => vendor::check(one, report),
        [first, second, ..] => {
            let (name, first, second_key) = (quoted(&entry.key), quoted(&first.key), quoted(&second.key));
            let message = format!("provider {name} has both {first} and {second_key}");
            report.say(&second.key_origin, Code::ProviderSource, message, "make two providers of it");
        }
    }
}

/// `default` is given to whom no rule matches, and is where a direct role lands.
fn default(provider: &Node, report: &mut Report<'_>) {
    let wants = provider.text_of("on_no_match") == Some("default");
    let lands = provider.is_true("strict") || provider.get("direct_role").is_some();
    match (provider.entry("on_no_match"), provider.entry("default")) {
        (Some(on_no_match), None) if wants => {
            let help = "add `default = { org = \"…\", role = \"Viewer\" }`";
            let message = "`on_no_match = \"default\"` needs `default`";
            report.say(&on_no_match.node.origin, Code::DefaultMissing, message, help);
        }
        (_, Some(default)) if !wants && !lands => {
            let help = "add `on_no_match = \"default\"`, or remove it";
            report.say(&default.key_origin, Code::DefaultUnused, "`default` is never given", help);
        }
        (_, Some(default)) => report.not_empty(&default.node, "org"),
        _ => {}
    }
}

fn file(file: &Entry, report: &mut Report<'_>) {
    report.not_empty(&file.node, "path");
    ldap::named(&file.node, report);
    ldap::twice(&file.node, report);
    let ldif = |path: &str| path.to_ascii_lowercase().ends_with(".ldif");
    if let (Some(attributes), Some(false)) = (file.node.entry("attributes"), file.node.text_of("path").map(ldif)) {
        let help = "in YAML, people have `attributes` of their own; all of them are read";
        report.say(&attributes.key_origin, Code::AttributesUnused, "`attributes` goes with LDIF only", help);
    }
}
