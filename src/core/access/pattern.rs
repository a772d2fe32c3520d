//! Actions and scopes, and the `*` that some end with.
//!
//! A `*` at the end stands for whatever begins so, by itself for everything; elsewhere it is refused. So a pattern is a
//! prefix, and of two one lies within the other or they have nothing in common: there is never a part to be split off.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest action or scope, in characters.
const LONGEST: usize = 190;

/// An action or a scope, of one thing or of all that begins so. The order is that of the texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Box<str>);

/// Why a text is no action and no scope. Its words go on after a name for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("is empty")]
    Empty,
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    #[error("has white space or a control character in it")]
    Space,
    #[error("has a `*` before its end: a `*` stands at the end, for whatever begins so")]
    Star,
}

/// Whether all that one text stands for is in what the pattern stands for: for texts of the database, which holds none
/// that is no pattern.
#[must_use]
pub fn covers(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => text.starts_with(begin),
        None => pattern == text,
    }
}

impl Pattern {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self("*".into())
    }

    /// Reads one.
    ///
    /// # Errors
    /// The text is no action and no scope.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.chars().nth(LONGEST).is_some() {
            return Err(PatternError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(PatternError::Space);
        }
        if text.strip_suffix('*').unwrap_or(text).contains('*') {
            return Err(PatternError::Star);
        }
        Ok(Self(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it ends with a `*`: it is not one thing, but whatever begins so.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.ends_with('*')
    }

    /// Whether all that `other` stands for is in this.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.0, &other.0)
    }

    /// What is in both: the narrower of the two, or nothing.
    #[must_use]
    pub fn meet<'p>(&'p self, other: &'p Self) -> Option<&'p Self> {
        if self.covers(other) {
            Some(other)
        } else if other.covers(self) {
            Some(self)
        } else {
            None
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.into()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        for good in ["a", "*", "dashboards:*", "folders:emea", "data:größe", &"x".repeat(190), &"語".repeat(190)] {
            assert_eq!(p(good).as_str(), good);
        }
        for (bad, why) in [
            ("", PatternError::Empty),
            (&*"x".repeat(191), PatternError::TooLong),
            ("a b", PatternError::Space),
            ("a\u{a0}b", PatternError::Space),
            ("a\n", PatternError::Space),
            ("a\0", PatternError::Space),
            ("*a", PatternError::Star),
            ("a*b", PatternError::Star),
            ("**", PatternError::Star),
            ("a:*:b", PatternError::Star),
        ] {
            assert_eq!(Pattern::parse(bad), Err(why), "{bad:?}");
        }
    }

    #[test]
    fn one_lies_within_another_or_they_have_nothing_in_common() {
        assert!(p("*").covers(&p("folders:emea")) && p("*").covers(&p("*")) && p("folders:*").covers(&p("folders:*")));
        assert!(p("folders:*").covers(&p("folders:emea*")) && !p("folders:emea").covers(&p("folders:*")));
        assert!(p("fold*").covers(&p("folders:emea")) && !p("folders:emea").covers(&p("folders:emea2")));
        assert_eq!(p("folders:*").meet(&p("folders:emea")), Some(&p("folders:emea")));
        assert_eq!(p("folders:emea").meet(&p("*")), Some(&p("folders:emea")));
        assert_eq!(p("folders:a*").meet(&p("folders:b*")), None);
        assert_eq!(p("Folders:*").meet(&p("folders:a")), None, "letters count as they are written");
    }

    #[test]
    fn it_is_read_and_written_as_its_text() {
        assert_eq!(serde_json::to_string(&p("a:*")).unwrap(), r#""a:*""#);
        assert_eq!(serde_json::from_str::<Pattern>(r#""a:*""#).unwrap(), p("a:*"));
        let error = serde_json::from_str::<Pattern>(r#""a*b""#).unwrap_err().to_string();
        assert!(error.contains("before its end"), "{error}");
    }

    fn some() -> impl Strategy<Value = Pattern> {
        "[ab]{0,4}\\*|[ab]{1,4}".prop_map(|text| p(&text))
    }

    proptest! {
        /// By what a pattern means: the set of all texts that it stands for.
        #[test]
        fn it_covers_what_it_stands_for(a in some(), b in some(), thing in "[ab]{1,6}") {
            let thing = p(&thing);
            let both = a.covers(&thing) && b.covers(&thing);
            let met = a.meet(&b);
            prop_assert_eq!(met.is_some_and(|met| met.covers(&thing)), both);
            prop_assert_eq!(met, b.meet(&a), "in either order");
            if a.covers(&b) {
                prop_assert!(!b.covers(&thing) || a.covers(&thing));
                prop_assert_eq!(met, Some(&b));
            }
        }

        #[test]
        fn covering_is_an_order(a in some(), b in some(), c in some()) {
            prop_assert!(a.covers(&a));
            prop_assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c));
            prop_assert!(!(a.covers(&b) && b.covers(&a)) || a == b);
        }

        #[test]
        fn no_text_is_read_as_another(text in "\\PC{0,12}") {
            if let Ok(read) = Pattern::parse(&text) {
                prop_assert_eq!(read.as_str(), text);
            }
        }
    }
}
