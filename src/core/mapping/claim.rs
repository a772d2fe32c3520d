//! What a provider says of one person besides groups, and tests on it.

use super::expression::Expression;
use super::template::Captures;
use jmespath::{Rcvar, Variable};
use regex::Regex;
use std::collections::BTreeMap;

/// Where claims come from, in the order in which they are asked unless the provider says another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    IdToken,
    Userinfo,
    AccessToken,
    Assertion,
    Attributes,
}

impl Source {
    pub const ALL: [Self; 5] = [Self::IdToken, Self::Userinfo, Self::AccessToken, Self::Assertion, Self::Attributes];

    /// The name that configuration, input and outputs use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::Userinfo => "userinfo",
            Self::AccessToken => "access_token",
            Self::Assertion => "assertion",
            Self::Attributes => "attributes",
        }
    }

    /// The source of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// What each source says; one that is not there is unknown.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    sources: BTreeMap<Source, Rcvar>,
}

impl Claims {
    pub(super) fn set(&mut self, source: Source, value: Rcvar) {
        self.sources.insert(source, value);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// What a source says.
    #[must_use]
    pub fn get(&self, source: Source) -> Option<&Rcvar> {
        self.sources.get(&source)
    }
}

/// A text, a number (as JSON writes it) or a truth value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    Text(String),
    Number(String),
    Bool(bool),
}

/// What a claim is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimTest {
    /// It is, or has, one of these.
    OneOf(Vec<Scalar>),
    /// It is, or has, a text that fits: `*` any run of characters, `?` any one.
    Glob(String),
    /// It is, or has, a text that matches from start to end.
    Regex(String),
    /// It is there, and not empty.
    Present,
}

/// How claims are read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Asked in this order; the first that has something counts.
    pub sources: Vec<Source>,
    /// A single text is no list of one.
    pub lists_only: bool,
    /// A claim that no source has is none, instead of unknown.
    pub absent_is_none: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { sources: Source::ALL.to_vec(), lists_only: false, absent_is_none: false }
    }
}

/// What was found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// These values; none when the provider says that there are none.
    Values(Vec<Scalar>),
    /// Something that is no text, number, truth value or list of them.
    Present,
    /// No source says anything.
    Unknown,
}

impl Reading {
    /// Looks a path up in the sources. Errors of the expression go to `problem`, with the source;
    /// the next source is asked then.
    pub(super) fn look_up(
        &self,
        path: &Expression,
        claims: &Claims,
        groups: Option<&Rcvar>,
        problem: &mut dyn FnMut(&str, String),
    ) -> Found {
        let mut empty = false;
        let sources = self.sources.iter().filter_map(|source| Some((source.name(), claims.get(*source)?)));
        for (name, claims) in sources.chain(groups.map(|groups| ("groups", groups))) {
            match path.evaluate(claims) {
                Err(error) => problem(name, error),
                Ok(value) => match self.values(&value) {
                    Found::Values(values) if values.is_empty() => empty = true,
                    // An entry is read whole: an attribute that is not there has no value. A token
                    // without a claim may have lost it on the way.
                    Found::Unknown => empty |= name == Source::Attributes.name(),
                    found => return found,
                },
            }
        }
        if empty || self.absent_is_none { Found::Values(Vec::new()) } else { Found::Unknown }
    }

    fn values(&self, value: &Variable) -> Found {
        match value {
            Variable::Null | Variable::Expref(_) => Found::Unknown,
            Variable::Array(items) => {
                let values: Vec<Scalar> = items.iter().filter_map(|item| super::expression::scalar(item)).collect();
                if values.is_empty() && !items.is_empty() { Found::Present } else { Found::Values(values) }
            }
            Variable::Object(_) => Found::Present,
            // Left empty, as many providers do for a person without a value.
            Variable::String(text) if text.is_empty() => Found::Values(Vec::new()),
            single => match super::expression::scalar(single) {
                // A truth value or a number can't be meant as a list.
                Some(Scalar::Text(_)) if self.lists_only => Found::Values(Vec::new()),
                Some(value) => Found::Values(vec![value]),
                None => Found::Present,
            },
        }
    }
}

/// A test on the values of one path, ready to be made.
#[derive(Debug, Clone)]
pub(super) enum ValueTest {
    /// Found by the index of values, not by trying.
    Exact,
    Pattern(Regex),
    Present,
}

impl ValueTest {
    /// What it captures from a value, if it matches.
    pub(super) fn captures(&self, value: &Scalar) -> Option<Captures> {
        match (self, value) {
            (Self::Pattern(regex), Scalar::Text(text)) => super::condition::captured(regex, text),
            (Self::Present, _) => Some(Captures::new()),
            (Self::Exact | Self::Pattern(_), _) => None,
        }
    }
}
