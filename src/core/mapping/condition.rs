//! The `match` of a rule: tests on single groups, and combinations of them.

use super::template::Captures;
use crate::dn;
use regex::{Regex, RegexBuilder};
use thiserror::Error;

/// A condition as the operator wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionSpec {
    /// A DN, a name, or `*`.
    Group(String),
    Glob(String),
    Regex(String),
    Any(Vec<ConditionSpec>),
    All(Vec<ConditionSpec>),
    None(Vec<ConditionSpec>),
}

/// What a test can know of a group.
#[derive(Debug, Clone, Copy)]
pub struct GroupFacts<'a> {
    /// Empty where the provider has no DNs.
    pub dn: &'a str,
    pub name: &'a str,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    #[error("not a distinguished name: {0}")]
    Dn(String),
    #[error("not a regular expression: {0}")]
    Regex(String),
    #[error("must not be empty")]
    Empty,
}

/// A condition, ready to be tested. Tests on single groups are numbered leaves.
#[derive(Debug, Clone)]
pub enum Condition {
    Everybody,
    Leaf(usize),
    Any(Vec<Condition>),
    All(Vec<Condition>),
    None(Vec<Condition>),
}

impl Condition {
    /// Whether more groups can make it false: then it cannot be trusted on an incomplete read.
    #[must_use]
    pub fn has_negation(&self) -> bool {
        match self {
            Self::Everybody | Self::Leaf(_) => false,
            Self::Any(parts) | Self::All(parts) => parts.iter().any(Self::has_negation),
            Self::None(_) => true,
        }
    }

    /// Compiles, adding its tests to `leaves`.
    pub(super) fn compile(
        spec: &ConditionSpec,
        case_sensitive: bool,
        leaves: &mut Vec<GroupTest>,
    ) -> Result<Self, PatternError> {
        let mut several = |parts: &[ConditionSpec]| {
            if parts.is_empty() {
                return Err(PatternError::Empty);
            }
            parts.iter().map(|part| Self::compile(part, case_sensitive, leaves)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match spec {
            ConditionSpec::Group(text) if text == "*" => Self::Everybody,
            ConditionSpec::Any(parts) => Self::Any(several(parts)?),
            ConditionSpec::All(parts) => Self::All(several(parts)?),
            ConditionSpec::None(parts) => Self::None(several(parts)?),
            ConditionSpec::Group(_) | ConditionSpec::Glob(_) | ConditionSpec::Regex(_) => {
                leaves.push(GroupTest::compile(spec, case_sensitive)?);
                Self::Leaf(leaves.len() - 1)
            }
        })
    }
}

/// A test on one group.
#[derive(Debug, Clone)]
pub(super) enum GroupTest {
    /// Equal DNs (RFC 4514), in normal form.
    Dn(String),
    Name {
        text: String,
        case_sensitive: bool,
    },
    Pattern {
        regex: Regex,
        /// On the DN; otherwise on the name.
        on_dn: bool,
    },
}

impl GroupTest {
    fn compile(spec: &ConditionSpec, case_sensitive: bool) -> Result<Self, PatternError> {
        let (text, pattern) = match spec {
            ConditionSpec::Group(text) if text.contains('=') => {
                let mut normal = String::new();
                dn::normalize_into(text, &mut normal).map_err(|_| PatternError::Dn(text.clone()))?;
                return Ok(Self::Dn(normal));
            }
            ConditionSpec::Group(text) if text.is_empty() => return Err(PatternError::Empty),
            ConditionSpec::Group(text) => return Ok(Self::Name { text: text.clone(), case_sensitive }),
            ConditionSpec::Glob(text) => (text, glob(text)),
            ConditionSpec::Regex(text) => (text, text.clone()),
            ConditionSpec::Any(_) | ConditionSpec::All(_) | ConditionSpec::None(_) => return Err(PatternError::Empty),
        };
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let on_dn = text.contains('=');
        let regex = RegexBuilder::new(&format!("^(?:{pattern})$"))
            .case_insensitive(on_dn || !case_sensitive)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| PatternError::Regex(error.to_string()))?;
        Ok(Self::Pattern { regex, on_dn })
    }

    /// The names that its captures have, `0` left out.
    pub(super) fn capture_names(&self) -> Vec<String> {
        match self {
            Self::Dn(_) | Self::Name { .. } => Vec::new(),
            Self::Pattern { regex, .. } => {
                let numbers = (1..regex.captures_len()).map(|n| n.to_string());
                numbers.chain(regex.capture_names().flatten().map(str::to_owned)).collect()
            }
        }
    }

    /// What it captures from the group, if it matches.
    pub(super) fn captures(&self, group: GroupFacts<'_>, normal_dn: &str) -> Option<Captures> {
        match self {
            Self::Dn(dn) => (dn == normal_dn).then(Captures::new),
            Self::Name { text, case_sensitive: true } => (text == group.name).then(Captures::new),
            Self::Name { text, case_sensitive: false } => same_ignoring_case(text, group.name).then(Captures::new),
            Self::Pattern { regex, on_dn: false } => captured(regex, group.name),
            // As the provider writes it, so that captures keep their case; or as its equals are.
            Self::Pattern { regex, on_dn: true } => captured(regex, group.dn).or_else(|| captured(regex, normal_dn)),
        }
    }
}

fn same_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

fn captured(regex: &Regex, text: &str) -> Option<Captures> {
    let found = regex.captures(text)?;
    let mut captures = Captures::new();
    for (number, name) in regex.capture_names().enumerate().skip(1) {
        if let Some(value) = found.get(number) {
            captures.insert(number.to_string(), value.as_str().to_owned());
            if let Some(name) = name {
                captures.insert(name.to_owned(), value.as_str().to_owned());
            }
        }
    }
    Some(captures)
}

/// `*` any run of characters, `?` any one; everything else is itself.
fn glob(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn captures(spec: &ConditionSpec, dn: &str, name: &str) -> Option<Captures> {
        let mut normal = String::new();
        let _ = dn::normalize_into(dn, &mut normal);
        GroupTest::compile(spec, false).unwrap().captures(GroupFacts { dn, name }, &normal)
    }

    fn hits(spec: ConditionSpec, dn: &str, name: &str) -> bool {
        captures(&spec, dn, name).is_some()
    }

    #[test]
    fn dns_compare_as_dns_and_names_as_names() {
        let dn = "CN=SRE, ou=Groups,dc=example";
        assert!(hits(ConditionSpec::Group("cn=sre,ou=groups,dc=example".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Group("cn=sre,ou=people,dc=example".into()), dn, "SRE"));
        assert!(hits(ConditionSpec::Group("sre".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Group("sr".into()), dn, "SRE"));
    }

    #[test]
    fn globs_and_regexes_match_the_whole_text() {
        let dn = "cn=team-Sre,ou=groups,dc=example";
        assert!(hits(ConditionSpec::Glob("cn=team-*,ou=groups,dc=example".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Glob("team-".into()), dn, "team-Sre"));
        assert!(hits(ConditionSpec::Glob("team-s?e".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Glob("team-s.e".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Regex("eam-.*".into()), dn, "team-Sre"));
        let found = captures(&ConditionSpec::Regex("team-(?<name>.*)".into()), dn, "team-Sre").unwrap();
        assert_eq!(found.get("name").map(String::as_str), Some("Sre"));
        assert_eq!(found.get("1").map(String::as_str), Some("Sre"));
    }

    #[test]
    fn w25_a_pattern_that_is_too_large_is_refused() {
        let bomb = ConditionSpec::Regex("(?:a{1000}){1000}".into());
        assert!(matches!(GroupTest::compile(&bomb, false), Err(PatternError::Regex(_))));
    }
}
