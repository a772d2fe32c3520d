//! Why, and why not: every rule with hit or miss for one person.

use super::condition::{Condition, GroupFacts};
use super::evaluate::Mapping;
use super::rule::RuleSet;
use super::scope::{Allowance, Person, Scope, Seen, sorted_hits};
use super::slots::OrgName;

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
    /// None of the person's groups, and no claim, fits.
    NoGroupFits,
    /// One of the conditions under `all` holds, another does not.
    NotAll,
    /// A group that the rule rules out: its place in the list given.
    RuledOut(u32),
    /// What it looks at is unknown: the provider did not say it.
    Unknown,
}

/// Tests every rule against somebody; `groups` are those that `person.groups` names by place.
#[must_use]
pub fn outcomes(rules: &RuleSet, groups: &[GroupFacts<'_>], person: &Person<'_>) -> Vec<RuleOutcome> {
    let none: Option<std::iter::Empty<OrgName>> = None;
    let mapping = Mapping::new(rules, groups.iter().copied(), none, true);
    let mut seen = Seen::default();
    seen.look(rules, person, &|group| groups.get(group as usize).map(|group| group.text().to_owned()));
    let mut by_leaf = Vec::new();
    sorted_hits(person.groups, mapping.hits(), &mut by_leaf);
    let outcome = |condition: &Condition| {
        // Each rule has its own: what is too much for one of them hides no other.
        let allowance = Allowance::default();
        let scope = Scope { by_leaf: &by_leaf, ..mapping.scope(&seen, &allowance) };
        outcome(rules, &scope, condition)
    };
    (0u32..).zip(&rules.rules).map(|(rule, r)| RuleOutcome { rule, outcome: outcome(&r.condition) }).collect()
}

fn outcome(rules: &RuleSet, scope: &Scope<'_>, condition: &Condition) -> Outcome {
    let found = scope.bindings(condition);
    if !found.is_empty() {
        let mut via: Vec<u32> = found.iter().filter_map(|b| b.via).collect();
        via.sort_unstable();
        via.dedup();
        return Outcome::Hit(via);
    }
    let parts: &[Condition] =
        if let Condition::All(parts) = condition { parts } else { std::slice::from_ref(condition) };
    if let Some(group) = parts.iter().find_map(|part| ruled_out(scope, part)) {
        return Outcome::RuledOut(group);
    }
    let mut leaves = Vec::new();
    condition.leaves(&mut leaves);
    if leaves.iter().any(|leaf| scope.seen.unknown(&rules.leaves, *leaf)) {
        return Outcome::Unknown;
    }
    if parts.len() > 1 && parts.iter().any(|part| scope.holds(part)) {
        return Outcome::NotAll;
    }
    Outcome::NoGroupFits
}

fn ruled_out(scope: &Scope<'_>, condition: &Condition) -> Option<u32> {
    match condition {
        Condition::None(parts) => parts.iter().flat_map(|part| scope.bindings(part)).find_map(|b| b.via),
        _ => None,
    }
}
