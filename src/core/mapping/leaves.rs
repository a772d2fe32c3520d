//! All tests of a provider's rules, found by what they look for.
//!
//! A person's group or claim leads to the tests that hold by a lookup; only patterns are tried one
//! by one. That is what makes the cost of mapping follow what matches and not the number of rules.

use super::claim::{ClaimTest, Scalar, ValueTest};
use super::condition::{GroupFacts, GroupTest, PatternError, capture_names, folded, glob, whole};
use super::expression::Expression;
use super::template::Captures;
use crate::dn;
use std::collections::HashMap;

/// A test that holds, by its number, with what it captured.
pub(super) type Hit = (u32, Captures);

/// What a leaf looks at.
#[derive(Debug, Clone)]
pub(super) enum Leaf {
    Group(GroupTest),
    Claim {
        /// Its place in [`Leaves::lookups`].
        lookup: usize,
        test: ValueTest,
    },
    /// Its place in [`Leaves::expressions`].
    Expression(usize),
}

/// A path into the claims, evaluated once a person however many rules look there.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    pub(super) path: Expression,
    exact: HashMap<Scalar, Vec<u32>>,
    /// Texts without regard to case.
    folded: HashMap<String, Vec<u32>>,
    /// To be tried one by one.
    patterns: Vec<u32>,
    present: Vec<u32>,
}

/// See the module's text.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaves {
    pub(super) all: Vec<Leaf>,
    by_dn: HashMap<String, Vec<u32>>,
    by_name: HashMap<String, Vec<u32>>,
    by_name_folded: HashMap<String, Vec<u32>>,
    by_text: HashMap<String, Vec<u32>>,
    by_text_folded: HashMap<String, Vec<u32>>,
    patterns: Vec<u32>,
    pub(super) lookups: Vec<Lookup>,
    lookup_by_path: HashMap<String, usize>,
    pub(super) expressions: Vec<(Expression, Vec<u32>)>,
    expression_by_text: HashMap<String, usize>,
}

impl Leaves {
    /// Whether some test looks at groups.
    pub(super) fn looks_at_groups(&self) -> bool {
        self.all.iter().any(|leaf| matches!(leaf, Leaf::Group(_)))
    }

    pub(super) fn get(&self, leaf: u32) -> Option<&Leaf> {
        self.all.get(leaf as usize)
    }

    fn next(&self) -> u32 {
        self.all.len() as u32
    }

    pub(super) fn group(&mut self, test: GroupTest) -> u32 {
        let leaf = self.next();
        let list = match &test {
            GroupTest::Dn(normal) => self.by_dn.entry(normal.clone()).or_default(),
            GroupTest::Name { text, case_sensitive: true } => self.by_name.entry(text.clone()).or_default(),
            GroupTest::Name { text, case_sensitive: false } => self.by_name_folded.entry(folded(text)).or_default(),
            GroupTest::Text { text, case_sensitive: true } => self.by_text.entry(text.clone()).or_default(),
            GroupTest::Text { text, case_sensitive: false } => self.by_text_folded.entry(folded(text)).or_default(),
            GroupTest::Pattern { .. } => &mut self.patterns,
        };
        list.push(leaf);
        self.all.push(Leaf::Group(test));
        leaf
    }

    pub(super) fn claim(&mut self, path: &str, test: &ClaimTest, case_sensitive: bool) -> Result<u32, PatternError> {
        let leaf = self.next();
        let at = match self.lookup_by_path.get(path) {
            Some(at) => *at,
            None => {
                let compiled = Expression::compile(path).map_err(PatternError::Expression)?;
                let (exact, folded) = (HashMap::new(), HashMap::new());
                self.lookups.push(Lookup { path: compiled, exact, folded, patterns: Vec::new(), present: Vec::new() });
                self.lookup_by_path.insert(path.to_owned(), self.lookups.len() - 1);
                self.lookups.len() - 1
            }
        };
        let Some(lookup) = self.lookups.get_mut(at) else { return Err(PatternError::Empty) };
        let test = match test {
            ClaimTest::OneOf(values) if values.is_empty() => return Err(PatternError::Empty),
            ClaimTest::OneOf(values) => {
                for value in values {
                    match value {
                        Scalar::Text(text) if !case_sensitive => {
                            lookup.folded.entry(folded(text)).or_default().push(leaf);
                        }
                        other => lookup.exact.entry(other.clone()).or_default().push(leaf),
                    }
                }
                ValueTest::Exact
            }
            ClaimTest::Present => {
                lookup.present.push(leaf);
                ValueTest::Present
            }
            ClaimTest::Glob(text) | ClaimTest::Regex(text) if text.is_empty() => return Err(PatternError::Empty),
            ClaimTest::Glob(text) => {
                lookup.patterns.push(leaf);
                ValueTest::Pattern(whole(&glob(text), case_sensitive)?)
            }
            ClaimTest::Regex(text) => {
                lookup.patterns.push(leaf);
                ValueTest::Pattern(whole(text, case_sensitive)?)
            }
        };
        self.all.push(Leaf::Claim { lookup: at, test });
        Ok(leaf)
    }

    pub(super) fn expression(&mut self, text: &str) -> Result<u32, PatternError> {
        let leaf = self.next();
        let at = match self.expression_by_text.get(text) {
            Some(at) => *at,
            None => {
                let compiled = Expression::compile(text).map_err(PatternError::Expression)?;
                self.expressions.push((compiled, Vec::new()));
                self.expression_by_text.insert(text.to_owned(), self.expressions.len() - 1);
                self.expressions.len() - 1
            }
        };
        if let Some((_, leaves)) = self.expressions.get_mut(at) {
            leaves.push(leaf);
        }
        self.all.push(Leaf::Expression(at));
        Ok(leaf)
    }

    /// The names that a leaf captures.
    pub(super) fn capture_names(&self, leaf: u32) -> Vec<String> {
        match self.get(leaf) {
            Some(Leaf::Group(test)) => test.capture_names(),
            Some(Leaf::Claim { test: ValueTest::Pattern(regex), .. }) => capture_names(regex),
            _ => Vec::new(),
        }
    }

    /// The tests that hold for each group, ascending.
    pub(super) fn group_hits(&self, groups: &[GroupFacts<'_>]) -> Vec<Vec<Hit>> {
        let mut normals = vec![String::new(); groups.len()];
        let mut all: Vec<Vec<Hit>> = Vec::with_capacity(groups.len());
        for (group, normal) in groups.iter().zip(&mut normals) {
            if dn::normalize_into(group.dn, normal).is_err() {
                normal.clear();
            }
            all.push(self.indexed_hits(*group, normal));
        }
        // One pattern after the other: what it learned about texts stays in the processor's cache.
        for leaf in &self.patterns {
            let Some(Leaf::Group(test)) = self.get(*leaf) else { continue };
            for ((group, normal), hits) in groups.iter().zip(&normals).zip(&mut all) {
                hits.extend(test.captures(*group, normal).map(|captures| (*leaf, captures)));
            }
        }
        all.iter_mut().for_each(|hits| hits.sort_unstable_by_key(|(leaf, _)| *leaf));
        all
    }

    /// Those that are found without trying.
    fn indexed_hits(&self, group: GroupFacts<'_>, normal: &str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut found = |leaves: Option<&Vec<u32>>| {
            hits.extend(leaves.into_iter().flatten().map(|leaf| (*leaf, Captures::new())));
        };
        if !normal.is_empty() {
            found(self.by_dn.get(normal));
        }
        found(self.by_name.get(group.name));
        found(self.by_text.get(group.text()));
        if !self.by_name_folded.is_empty() {
            found(self.by_name_folded.get(&folded(group.name)));
        }
        if !self.by_text_folded.is_empty() {
            found(self.by_text_folded.get(&folded(group.text())));
        }
        hits
    }

    /// Adds the tests of a path that hold for its values.
    pub(super) fn claim_hits(&self, lookup: &Lookup, values: &[Scalar], hits: &mut Vec<Hit>) {
        for value in values {
            let mut found = |leaves: Option<&Vec<u32>>| {
                hits.extend(leaves.into_iter().flatten().map(|leaf| (*leaf, Captures::new())));
            };
            found(lookup.exact.get(value));
            if let (Scalar::Text(text), false) = (value, lookup.folded.is_empty()) {
                found(lookup.folded.get(&folded(text)));
            }
            for leaf in &lookup.patterns {
                if let Some(Leaf::Claim { test, .. }) = self.get(*leaf)
                    && let Some(captures) = test.captures(value)
                {
                    hits.push((*leaf, captures));
                }
            }
        }
    }

    /// Adds the tests of a path that hold because something is there.
    pub(super) fn present_hits(lookup: &Lookup, hits: &mut Vec<Hit>) {
        hits.extend(lookup.present.iter().map(|leaf| (*leaf, Captures::new())));
    }
}
