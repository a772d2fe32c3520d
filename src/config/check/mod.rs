//! What a schema can't say: keys that need, exclude or name each other.
//!
//! These checks look at the tree, not at the finished [`super::Config`], so that they also run,
//! on whatever is well formed, when something else is wrong: every error is reported at once.
//! Nothing here opens, resolves or connects to anything.

mod attributes;
mod claims;
mod code_flow;
mod conditions;
mod contradict;
mod database;
mod entitlements;
mod everybody;
mod expression;
mod hooks;
mod http;
mod ldap;
mod leases;
mod never;
mod oidc;
mod orgs;
mod overage;
mod overlap;
mod provider;
mod provisioning;
mod recheck;
mod rule;
mod saml;
mod schedule;
mod scim;
mod self_written;
mod shadow;
mod signals;
mod telemetry;
mod template;
mod url;
mod vendor;
mod view;
mod web;
mod whom;

use super::diagnostic::Diagnostics;
use super::source::Source;
use super::tree::{Entry, Node, Origin};
use super::{Code, Duration};

/// Where checks put what they find.
pub(super) struct Report<'a> {
    pub(super) source: &'a Source,
    pub(super) found: &'a mut Diagnostics,
}

impl Report<'_> {
    fn say(&mut self, at: &Origin, code: Code, message: impl Into<String>, help: impl Into<String>) {
        self.found.say(self.source, at, code, message, help);
    }

    /// Refuses a length of time that is zero.
    fn not_zero(&mut self, table: &Node, key: &str, why: &str) {
        let zero = |node: &&Node| node.text().and_then(Duration::parse).is_some_and(|time| time.get().is_zero());
        if let Some(node) = table.get(key).filter(zero) {
            self.say(&node.origin, Code::ZeroDuration, format!("`{key}` must be more than 0"), why);
        }
    }

    /// Refuses a text that is empty or blank.
    fn not_empty(&mut self, table: &Node, key: &str) {
        if let Some(node) = table.get(key).filter(|node| node.text().is_some_and(|text| text.trim().is_empty())) {
            self.say(&node.origin, Code::EmptyValue, format!("`{key}` must not be empty"), "");
        }
    }
}

pub(super) fn check(root: &Node, report: &mut Report<'_>) {
    if let Some(database) = root.get("database") {
        database::check(database, report);
    }
    if let Some(section) = root.get("provisioning") {
        provisioning::check(section, report);
    }
    if let Some(limits) = root.get("limits") {
        report.not_zero(limits, "hold_expires", "nothing could ever be approved");
    }
    if let Some(log) = root.get("log") {
        telemetry::log(log, report);
    }
    if let Some(section) = root.get("telemetry") {
        telemetry::telemetry(section, report);
    }
    if let Some(daemon) = root.get("daemon") {
        report.not_zero(daemon, "retry", "a provider that is down would be asked without a pause");
        report.not_zero(daemon, "retry_longest", "a provider that is down would be asked without a pause");
        report.not_zero(daemon, "credentials_pause", "each try with a wrong password may be the one that locks");
    }
    if let Some(http) = root.get("http") {
        http::check(http, report);
    }
    let providers: &[Entry] = root.get("providers").map_or(&[], Node::entries);
    for provider in providers {
        provider::check(provider, report);
    }
    recheck::check(providers, report);
    code_flow::check(root, providers, report);
    hooks::check(root.get("hooks").map_or(&[], Node::entries), providers, report);
    signals::check(root.get("signals").map_or(&[], Node::entries), providers, report);
    orgs::check(root.get("orgs").map_or(&[], Node::entries), report);
    let rules = root.get("rules").map_or(&[][..], Node::items);
    rule::check(rules, providers, report);
    lints(rules, providers, report);
}

/// What is allowed, but probably not meant. Each says only what is certain from the file alone.
fn lints(rules: &[Node], providers: &[Entry], report: &mut Report<'_>) {
    let rules = view::View::all(rules, providers);
    never::check(&rules, providers, report);
    shadow::check(&rules, report);
    overlap::check(&rules, report);
    contradict::check(&rules, providers, report);
    everybody::check(&rules, providers, report);
    self_written::check(&rules, providers, report);
}
