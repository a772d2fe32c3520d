//! What holds for one person, and how conditions are tested against it.

use super::claim::{Claims, Found, Source};
use super::condition::Condition;
use super::leaves::{Hit, Leaf, Leaves};
use super::rule::RuleSet;
use super::template::Captures;
use jmespath::{Rcvar, Variable};
use std::cell::Cell;
use std::collections::BTreeMap;

/// One person as the mapping is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// All groups, nested ones included, in any order, each once: places in the list given to the
    /// mapping.
    pub groups: &'a [u32],
    /// Whether these are all of them.
    pub groups_known: bool,
    pub claims: &'a Claims,
    pub dn: &'a str,
}

/// More ways than this to bind captures, over all rules for one person, are a mistake in a rule or
/// an attack.
const MOST_BINDINGS: usize = 100_000;
/// The same, where two parts of one rule are combined.
const MOST_COMBINED: usize = 1000;

/// One way in which a condition holds: the group that shows it, and what was captured.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binding {
    pub(super) via: Option<u32>,
    pub(super) captures: Captures,
    /// How many groups and claims took part in the captures.
    pub(super) sources: u32,
}

/// Something in the claims that an expression could not be evaluated on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub expression: String,
    /// `id_token`, …, `groups`, or `claims` for all together.
    pub source: String,
    pub error: String,
}

/// What a person's claims come to.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Tests on claims that hold, by leaf.
    pub(super) hits: Vec<Hit>,
    /// Lookups of which nothing is known.
    unknown_lookups: Vec<bool>,
    unknown_expressions: Vec<bool>,
    groups_known: bool,
    /// Rules could be bound in more ways than are looked at.
    pub(super) too_much: bool,
    pub(super) problems: Vec<Problem>,
    /// `{"groups": […]}`, where it was needed.
    pub(super) groups_document: Option<Rcvar>,
}

impl Seen {
    /// Evaluates all paths and expressions of the rules on the person.
    pub(super) fn look(&mut self, rules: &RuleSet, person: &Person<'_>, name: &dyn Fn(u32) -> Option<String>) {
        let leaves = &rules.leaves;
        self.hits.clear();
        self.problems.clear();
        self.unknown_lookups.clear();
        self.unknown_expressions.clear();
        self.groups_document = None;
        self.too_much = false;
        self.groups_known = person.groups_known;
        if !rules.looks_at_claims() {
            return;
        }
        self.groups_document = person.groups_known.then(|| {
            let names = person.groups.iter().filter_map(|group| name(*group));
            let list = names.map(|name| Rcvar::new(Variable::String(name))).collect();
            let groups = BTreeMap::from([("groups".to_owned(), Rcvar::new(Variable::Array(list)))]);
            Rcvar::new(Variable::Object(groups))
        });
        let reading = &rules.terms.reading;
        for lookup in &leaves.lookups {
            let problems = &mut self.problems;
            let mut problem = |source: &str, error: String| {
                let (expression, source) = (lookup.path.text().to_owned(), source.to_owned());
                problems.push(Problem { expression, source, error });
            };
            let found = reading.look_up(&lookup.path, person.claims, self.groups_document.as_ref(), &mut problem);
            match &found {
                Found::Values(values) => {
                    leaves.claim_hits(lookup, values, &mut self.hits);
                    if !values.is_empty() {
                        Leaves::present_hits(lookup, &mut self.hits);
                    }
                }
                Found::Present => Leaves::present_hits(lookup, &mut self.hits),
                Found::Unknown => {}
            }
            self.unknown_lookups.push(found == Found::Unknown);
        }
        if !leaves.expressions.is_empty() {
            let all = together(&reading.sources, person, self.groups_document.as_ref());
            for (expression, tests) in &leaves.expressions {
                let unknown = match expression.holds(&all) {
                    Ok(true) => {
                        self.hits.extend(tests.iter().map(|leaf| (*leaf, Captures::new())));
                        false
                    }
                    // That it is false may be because something was not said.
                    Ok(false) => !person.groups_known || person.claims.is_empty() && !expression.keys().is_empty(),
                    Err(error) => {
                        let (expression, source) = (expression.text().to_owned(), "claims".to_owned());
                        self.problems.push(Problem { expression, source, error });
                        true
                    }
                };
                self.unknown_expressions.push(unknown && !reading.absent_is_none);
            }
        }
        self.hits.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        self.hits.dedup();
    }

    /// Whether it cannot be said that a test does not hold.
    pub(super) fn unknown(&self, leaves: &Leaves, leaf: u32) -> bool {
        match leaves.get(leaf) {
            Some(Leaf::Group(_)) => !self.groups_known,
            Some(Leaf::Claim { lookup, .. }) => self.unknown_lookups.get(*lookup).copied().unwrap_or(true),
            Some(Leaf::Expression(at)) => self.unknown_expressions.get(*at).copied().unwrap_or(true),
            None => false,
        }
    }

    /// Whether anything that the rules look at is unknown.
    pub(super) fn something_unknown(&self, rules: &RuleSet) -> bool {
        self.too_much
            || !self.groups_known && rules.looks_at_groups
            || self.unknown_lookups.iter().any(|unknown| *unknown)
            || self.unknown_expressions.iter().any(|unknown| *unknown)
    }
}

/// All claims in one: of each key what the first source says that has it; the groups, and the DN.
fn together(sources: &[Source], person: &Person<'_>, groups: Option<&Rcvar>) -> Rcvar {
    let mut all: BTreeMap<String, Rcvar> = BTreeMap::new();
    let said = sources.iter().filter_map(|source| person.claims.get(*source)).chain(groups);
    for (key, value) in said.filter_map(|claims| claims.as_object()).flatten() {
        if !value.is_null() {
            all.entry(key.clone()).or_insert_with(|| Rcvar::clone(value));
        }
    }
    if !person.dn.is_empty() {
        all.entry("dn".to_owned()).or_insert_with(|| Rcvar::new(Variable::String(person.dn.to_owned())));
    }
    Rcvar::new(Variable::Object(all))
}

/// How much may still be made of a person's groups and claims.
#[derive(Debug)]
pub(super) struct Allowance {
    left: Cell<usize>,
    /// There was more.
    exceeded: Cell<bool>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { left: Cell::new(MOST_BINDINGS), exceeded: Cell::new(false) }
    }
}

impl Allowance {
    /// Whether something was left out because there was too much.
    pub(super) fn exceeded(&self) -> bool {
        self.exceeded.get()
    }

    /// How many of `wanted` there may be.
    fn take(&self, wanted: usize) -> usize {
        let taken = wanted.min(self.left.get());
        self.left.set(self.left.get() - taken);
        self.exceeded.set(self.exceeded.get() || taken < wanted);
        taken
    }
}

/// The tests that hold for somebody because of a group: (test, group), ascending.
pub(super) fn sorted_hits(groups: &[u32], hits: &[Box<[Hit]>], out: &mut Vec<(u32, u32)>) {
    out.clear();
    for group in groups {
        out.extend(hits.get(*group as usize).into_iter().flatten().map(|(leaf, _)| (*leaf, *group)));
    }
    out.sort_unstable();
}

/// What holds for a person: the tests on groups, and the claims.
pub(super) struct Scope<'a> {
    pub(super) leaves: &'a Leaves,
    /// As [`sorted_hits`] makes it: a test is found without a look at the other groups.
    pub(super) by_leaf: &'a [(u32, u32)],
    /// By group.
    pub(super) hits: &'a [Box<[Hit]>],
    pub(super) seen: &'a Seen,
    /// Whether the provider was read completely.
    pub(super) complete: bool,
    pub(super) allowance: &'a Allowance,
}

impl Scope<'_> {
    /// The groups for which a test holds.
    fn groups_with(&self, leaf: u32) -> impl Iterator<Item = u32> {
        let from = self.by_leaf.partition_point(|(l, _)| *l < leaf);
        self.by_leaf
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(l, _)| *l == leaf)
            .map(|(_, group)| *group)
    }

    /// What a test on claims captured, each way in which it holds.
    fn captured(&self, leaf: u32) -> impl Iterator<Item = &Captures> {
        let from = self.seen.hits.partition_point(|(l, _)| *l < leaf);
        let hits = self.seen.hits.get(from..).unwrap_or_default();
        hits.iter().take_while(move |(l, _)| *l == leaf).map(|(_, captures)| captures)
    }

    /// Whether there is a way in which a condition holds.
    pub(super) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Everybody => true,
            Condition::Leaf(leaf) => self.groups_with(*leaf).next().is_some() || self.captured(*leaf).next().is_some(),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Condition::All(parts) => parts.iter().all(|part| self.holds(part)),
            Condition::None(parts) => parts.iter().all(|part| !self.holds(part) && !self.could_hold(part)),
        }
    }

    /// All ways in which a condition holds, unless there are too many.
    pub(super) fn bindings(&self, condition: &Condition) -> Vec<Binding> {
        let mut found = match condition {
            Condition::Everybody => vec![Binding::default()],
            Condition::Leaf(leaf) => self.leaf_bindings(*leaf),
            Condition::Any(parts) => parts.iter().flat_map(|part| self.bindings(part)).collect(),
            Condition::All(parts) if !parts.iter().all(|part| self.holds(part)) => Vec::new(),
            Condition::All(parts) => {
                let mut all = vec![Binding::default()];
                for part in parts {
                    all = self.combined(&all, &self.bindings(part));
                }
                all
            }
            Condition::None(_) if self.holds(condition) => vec![Binding::default()],
            Condition::None(_) => Vec::new(),
        };
        found.sort();
        found.dedup();
        found
    }

    fn leaf_bindings(&self, leaf: u32) -> Vec<Binding> {
        let in_group = |group: u32| {
            let hits = self.hits.get(group as usize)?;
            let at = hits.binary_search_by_key(&leaf, |(l, _)| *l).ok()?;
            let (_, captures) = hits.get(at)?;
            Some(Binding { via: Some(group), captures: captures.clone(), sources: 1 })
        };
        let in_claims = |captures: &Captures| Binding { via: None, captures: captures.clone(), sources: 1 };
        let wanted = self.groups_with(leaf).count() + self.captured(leaf).count();
        let most = self.allowance.take(wanted);
        let groups = self.groups_with(leaf).filter_map(in_group);
        groups.chain(self.captured(leaf).map(in_claims)).take(most).collect()
    }

    /// Each with each. With one on a side there are no more than on the other.
    fn combined(&self, left: &[Binding], right: &[Binding]) -> Vec<Binding> {
        let wanted = left.len().saturating_mul(right.len());
        let most = wanted.min(MOST_COMBINED.max(left.len()).max(right.len()));
        self.allowance.exceeded.set(self.allowance.exceeded() || most < wanted);
        let most = self.allowance.take(most);
        left.iter().flat_map(|left| right.iter().map(|right| joined(left, right))).take(most).collect()
    }

    /// Whether a condition that does not hold could, if more were known.
    fn could_hold(&self, condition: &Condition) -> bool {
        let mut leaves = Vec::new();
        condition.leaves(&mut leaves);
        let groups = |leaf: u32| !self.complete && matches!(self.leaves.get(leaf), Some(Leaf::Group(_)));
        leaves.into_iter().any(|leaf| groups(leaf) || self.seen.unknown(self.leaves, leaf))
    }
}

fn joined(left: &Binding, right: &Binding) -> Binding {
    let mut captures = left.captures.clone();
    captures.extend(right.captures.iter().map(|(k, v)| (k.clone(), v.clone())));
    Binding { via: left.via.or(right.via), captures, sources: left.sources + right.sources }
}
