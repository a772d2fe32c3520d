//! Warns of rules beside which another rule gives the same people as much or more, where the
//! highest role wins.

use super::Report;
use super::view::{ROLES, View};
use super::whom::{Whom, whom};
use crate::config::Code;
use crate::config::words::quoted;
use std::collections::{BTreeSet, HashMap};

/// What a rule gives in one organization.
struct Given<'a> {
    rule: usize,
    id: &'a str,
    role: usize,
    providers: BTreeSet<&'a str>,
}

/// By match (nothing for everybody) and organization, in the order of the file.
type All<'a> = HashMap<(Option<&'a str>, &'a str), Vec<Given<'a>>>;

/// The most rules of one match and organization that are compared with another: who has more has
/// them for other providers.
const COMPARED: usize = 100;

pub(super) fn check(rules: &[View<'_>], report: &mut Report<'_>) {
    let mut all = All::new();
    for (at, rule) in rules.iter().enumerate() {
        let (Some(matches), Some(role)) = (rule.matches, rule.role) else { continue };
        // One on the side stands for no match, so it does not stand for another rule.
        if !rule.highest_wins() || rule.aside {
            continue;
        }
        let key = if whom(matches) == Whom::Everybody { None } else { Some(rule.same.as_str()) };
        for org in &rule.orgs {
            let same = all.entry((key, org)).or_default();
            if same.len() < COMPARED {
                same.push(Given { rule: at, id: rule.id, role, providers: rule.provider_names() });
            }
        }
    }
    for (at, rule) in rules.iter().enumerate() {
        let (Some(matches), Some(role)) = (rule.matches, rule.role) else { continue };
        if !rule.highest_wins() || rule.aside {
            continue;
        }
        let everybody = whom(matches) == Whom::Everybody;
        let key = if everybody { None } else { Some(rule.same.as_str()) };
        let named = rule.provider_names();
        // The stronger rule there.
        let mut found = Vec::new();
        for org in rule.orgs.iter().copied() {
            let same = all.get(&(key, org)).into_iter().flatten();
            let same = same.filter(|other| other.role > role || other.role == role && other.rule < at);
            let over = all.get(&(None, org)).into_iter().flatten();
            let over = over.filter(|other| !everybody && other.role >= role);
            found.extend(same.chain(over).find(|other| named.is_subset(&other.providers)));
        }
        if found.len() < rule.orgs.len() {
            continue;
        }
        let Some(other) = found.first() else { continue };
        let (mine, theirs) = (quoted(rule.id), quoted(other.id));
        let whom = if !everybody && whom_is_everybody(rules, other) { "everybody" } else { "the same people" };
        if other.role > role && whom == "the same people" {
            let gives = |role: usize| ROLES.get(role).copied().unwrap_or_default();
            let message =
                format!("rules {mine} and {theirs} give the same people {} and {}", gives(role), gives(other.role));
            let help = format!("the highest role counts, so {mine} never decides");
            report.say(&rule.node.origin, Code::RuleContradicts, message, help);
        } else if !rule.has_team && !rule.server_admin {
            let help = format!("{theirs} gives {whom} the same or more");
            report.say(&rule.node.origin, Code::RuleAddsNothing, format!("rule {mine} adds nothing"), help);
        }
    }
}

fn whom_is_everybody(rules: &[View<'_>], other: &Given<'_>) -> bool {
    rules.get(other.rule).and_then(|rule| rule.matches).is_some_and(|matches| whom(matches) == Whom::Everybody)
}
