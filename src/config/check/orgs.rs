//! Declared organizations: keys that rules can name, and names that are each one's own.

use super::Report;
use crate::config::Code;
use crate::config::tree::Entry;
use crate::config::words::quoted;
use std::collections::BTreeMap;

pub(super) fn check(orgs: &[Entry], report: &mut Report<'_>) {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for org in orgs {
        let key = org.key.trim();
        if key.is_empty() || key == "*" || key.contains("${") || key.chars().any(char::is_control) {
            let message = format!("{} cannot be an organization's key", quoted(&org.key));
            report.say(&org.key_origin, Code::OrgName, message, "a word or a number that rules can name");
        }
        let Some(node) = org.node.get("name") else { continue };
        let Some(name) = node.text() else { continue };
        if name.trim().is_empty() {
            report.say(&node.origin, Code::EmptyValue, "`name` must not be empty", "leave it out to use the key only");
        } else if name == "*" {
            report.say(&node.origin, Code::OrgName, "`*` cannot be an organization's name", "it means all of them");
        } else if let Some(other) = names.insert(name, &org.key) {
            let message = format!("{} is already the name of organization {}", quoted(name), quoted(other));
            report.say(&node.origin, Code::OrgName, message, "the database has one organization of a name");
        }
    }
}
