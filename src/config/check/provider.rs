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
    match (provider.entry("ldap"), provider.entry("file")) {
        (None, None) if !provider.entries().iter().any(|inner| ["ldap", "file"].contains(&inner.key.as_str())) => {
            let message = format!("provider {} does not say where it reads", quoted(&entry.key));
            report.error(&entry.key_origin, message, "add `ldap` or `file`");
        }
        (Some(_), Some(file)) => {
            let message = format!("provider {} has both `ldap` and `file`", quoted(&entry.key));
            report.error(&file.key_origin, message, "make two providers of it");
        }
        (Some(inner), None) => ldap::check(inner, report),
        (None, Some(inner)) => file(inner, report),
        (None, None) => {}
    }
    report.not_zero(provider, "every", "such as 5m");
    let wants = provider.text_of("on_no_match") == Some("default");
    match (provider.entry("on_no_match"), provider.entry("default")) {
        (Some(on_no_match), None) if wants => {
            let help = "add `default = { org = \"…\", role = \"Viewer\" }`";
            report.error(&on_no_match.node.origin, "`on_no_match = \"default\"` needs `default`", help);
        }
        (_, Some(default)) if !wants => {
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
