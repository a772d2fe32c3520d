//! A provider: its name, that it says how it is read, and what `on_no_match` needs.

use super::{Report, ldap};
use crate::config::tree::Entry;
use crate::config::words::quoted;

pub(super) fn check(entry: &Entry, report: &mut Report<'_>) {
    let provider = &entry.node;
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if entry.key.is_empty() || !entry.key.bytes().all(letters) {
        let message = format!("{} cannot name a provider", quoted(&entry.key));
        report.error(&entry.key_origin, message, "small letters, digits, - and _ only");
    } else if entry.key == "manual" {
        report.error(&entry.key_origin, "`manual` cannot name a provider", "it is what people grant themselves");
    }
    let kinds = ["ldap", "file", "login"].map(|kind| provider.entry(kind));
    let mut said = kinds.into_iter().flatten();
    match (said.next(), said.next()) {
        (None, _)
            if !provider.entries().iter().any(|inner| ["ldap", "file", "login"].contains(&inner.key.as_str())) =>
        {
            let message = format!("provider {} does not say where its people come from", quoted(&entry.key));
            report.error(&entry.key_origin, message, "add `ldap`, `file` or `login`");
        }
        (Some(first), Some(second)) => {
            let message =
                format!("provider {} has both {} and {}", quoted(&entry.key), quoted(&first.key), quoted(&second.key));
            report.error(&second.key_origin, message, "make two providers of it");
        }
        (Some(inner), None) if inner.key == "ldap" => ldap::check(inner, report),
        (Some(inner), None) if inner.key == "file" => file(inner, report),
        _ => {}
    }
    report.not_zero(provider, "every", "such as 5m");
    let wants = provider.text_of("on_no_match") == Some("default");
    match (provider.entry("on_no_match"), provider.entry("default")) {
        (Some(on_no_match), None) if wants => {
            let help = "add `default = { org = \"…\", role = \"Viewer\" }`";
            report.error(&on_no_match.node.origin, "`on_no_match = \"default\"` needs `default`", help);
        }
        (_, Some(default)) if !wants && provider.get("direct_role").is_none() => {
            let help = "add `on_no_match = \"default\"`, or remove it";
            report.error(&default.key_origin, "`default` is never given", help);
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
        report.error(&attributes.key_origin, "`attributes` goes with LDIF only", help);
    }
}
