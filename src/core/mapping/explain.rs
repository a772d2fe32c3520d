//! Why, and why not: every rule with hit or miss for one person.

use super::condition::{Condition, GroupFacts, GroupTest};
use super::evaluate::bindings;
use super::rule::RuleSet;
use super::template::Captures;
use crate::dn;

/// What became of one rule for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The rule's place in the set.
    pub rule: u32,
    pub outcome: Outcome,
}

/// Hit or miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It matched through these groups (places in the list given), ascending; empty when it
    /// matches without one.
    Hit(Vec<u32>),
    /// None of the person's groups fits.
    NoGroupFits,
    /// One of the conditions under `all` holds, another does not.
    NotAll,
    /// A group that the rule rules out: its place in the list given.
    RuledOut(u32),
}

/// Tests every rule against somebody who is in all of `groups`.
#[must_use]
pub fn outcomes(rules: &RuleSet, groups: &[GroupFacts<'_>]) -> Vec<RuleOutcome> {
    let hits: Vec<Vec<(usize, Captures)>> = groups
        .iter()
        .map(|group| {
            let mut normal = String::new();
            if dn::normalize_into(group.dn, &mut normal).is_err() {
                normal.clear();
            }
            let test = |(leaf, test): (usize, &GroupTest)| test.captures(*group, &normal).map(|c| (leaf, c));
            rules.leaves.iter().enumerate().filter_map(test).collect()
        })
        .collect();
    let places: Vec<u32> = (0..groups.len() as u32).collect();
    let outcome = |condition: &Condition| {
        let found = bindings(condition, &places, &hits);
        if !found.is_empty() {
            let mut via: Vec<u32> = found.iter().filter_map(|b| b.via).collect();
            via.sort_unstable();
            via.dedup();
            return Outcome::Hit(via);
        }
        match condition {
            Condition::All(parts) => match parts.iter().find_map(|part| ruled_out(part, &places, &hits)) {
                Some(group) => Outcome::RuledOut(group),
                None if parts.iter().any(|part| !bindings(part, &places, &hits).is_empty()) => Outcome::NotAll,
                None => Outcome::NoGroupFits,
            },
            condition => ruled_out(condition, &places, &hits).map_or(Outcome::NoGroupFits, Outcome::RuledOut),
        }
    };
    (0u32..).zip(&rules.rules).map(|(rule, r)| RuleOutcome { rule, outcome: outcome(&r.condition) }).collect()
}

fn ruled_out(condition: &Condition, groups: &[u32], hits: &[Vec<(usize, Captures)>]) -> Option<u32> {
    match condition {
        Condition::None(parts) => parts.iter().flat_map(|part| bindings(part, groups, hits)).find_map(|b| b.via),
        _ => None,
    }
}
