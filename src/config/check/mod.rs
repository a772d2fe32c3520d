//! What a schema can't say: keys that need, exclude or name each other.
//!
//! These checks look at the tree, not at the finished [`super::Config`], so that they also run,
//! on whatever is well formed, when something else is wrong: every error is reported at once.
//! Nothing here opens, resolves or connects to anything.

mod database;
mod ldap;
mod provider;
mod rule;
mod shadow;
mod template;
mod url;

use super::Duration;
use super::diagnostic::Diagnostics;
use super::source::Source;
use super::tree::{Entry, Node, Origin};

/// Where checks put what they find.
pub(super) struct Report<'a> {
    pub(super) source: &'a Source,
    pub(super) found: &'a mut Diagnostics,
}

impl Report<'_> {
    fn error(&mut self, at: &Origin, message: impl Into<String>, help: impl Into<String>) {
        self.found.error(self.source, at, message, help);
    }

    fn warning(&mut self, at: &Origin, message: impl Into<String>, help: impl Into<String>) {
        self.found.warning(self.source, at, message, help);
    }

    /// Refuses a length of time that is zero.
    fn not_zero(&mut self, table: &Node, key: &str, why: &str) {
        let zero = |node: &&Node| node.text().and_then(Duration::parse).is_some_and(|time| time.get().is_zero());
        if let Some(node) = table.get(key).filter(zero) {
            self.error(&node.origin, format!("`{key}` must be more than 0"), why);
        }
    }

    /// Refuses a text that is empty or blank.
    fn not_empty(&mut self, table: &Node, key: &str) {
        if let Some(node) = table.get(key).filter(|node| node.text().is_some_and(|text| text.trim().is_empty())) {
            self.error(&node.origin, format!("`{key}` must not be empty"), "");
        }
    }
}

pub(super) fn check(root: &Node, report: &mut Report<'_>) {
    if let Some(database) = root.get("database") {
        database::check(database, report);
    }
    if let Some(limits) = root.get("limits") {
        report.not_zero(limits, "hold_expires", "nothing could ever be approved");
    }
    let providers: &[Entry] = root.get("providers").map_or(&[], Node::entries);
    for provider in providers {
        provider::check(provider, report);
    }
    if let Some(rules) = root.get("rules") {
        rule::check(rules.items(), providers, report);
        shadow::check(rules.items(), providers, report);
    }
}
