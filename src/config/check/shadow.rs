//! Warns of rules that come too late where the first rule wins.
//!
//! Only what is certain is said: a rule further up that matches the same people or everybody, for
//! all the same organizations and providers, where each of them takes the first rule's role. What
//! matches overlap in other ways depends on the directory.

use super::Report;
use super::view::View;
use super::whom::{Whom, whom};
use crate::config::Code;
use crate::config::words::quoted;
use std::collections::{BTreeSet, HashMap};

/// Rules further up, by match (nothing for everybody) and organization, each with its providers.
type Earlier<'a> = HashMap<(Option<&'a str>, &'a str), Vec<(BTreeSet<&'a str>, &'a str)>>;

pub(super) fn check<'a>(rules: &'a [View<'a>], report: &mut Report<'_>) {
    let mut earlier = Earlier::new();
    for rule in rules {
        let Some(matches) = rule.matches else { continue };
        if rule.orgs.is_empty() || rule.aside {
            continue;
        }
        let named = rule.provider_names();
        if !rule.has_team && rule.first_wins() && (rule.role.is_some() || rule.server_admin) {
            let orgs = rule.orgs.iter().copied();
            let winners: Option<Vec<&str>> = orgs.map(|org| winner(&earlier, &rule.same, org, &named)).collect();
            if let Some(winner) = winners.and_then(|winners| winners.first().copied()) {
                let message = format!("rule {} can never decide", quoted(rule.id));
                let help = format!("{} above matches the same people first", quoted(winner));
                report.say(&rule.node.origin, Code::RuleShadowed, message, help);
                continue;
            }
        }
        if rule.role.is_none() {
            continue;
        }
        let key = if whom(matches) == Whom::Everybody { None } else { Some(rule.same.as_str()) };
        for org in &rule.orgs {
            let same = earlier.entry((key, org)).or_default();
            if !same.iter().any(|(providers, _)| named.is_subset(providers)) {
                same.push((named.clone(), rule.id));
            }
        }
    }
}

/// The rule further up that gives everybody whom this match matches a role there.
fn winner<'a>(earlier: &Earlier<'a>, same: &'a str, org: &'a str, named: &BTreeSet<&'a str>) -> Option<&'a str> {
    // A template names another organization each time, and `*` includes every one.
    let orgs = if org.contains("${") { [org, org] } else { [org, "*"] };
    let keys = [Some(same), None].into_iter().flat_map(|key| orgs.map(|org| (key, org)));
    let mut rules = keys.filter_map(|key| earlier.get(&key)).flatten();
    rules.find(|(providers, _)| named.is_subset(providers)).map(|(_, id)| *id)
}
