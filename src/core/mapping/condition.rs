//! The `match` of a rule: tests on single groups and claims, and combinations of them.

use super::claim::ClaimTest;
use super::leaves::Leaves;
use super::template::Captures;
use crate::dn;
use regex::{Regex, RegexBuilder};
use thiserror::Error;

/// A condition as the operator wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConditionSpec {
    /// A DN, a name, or `*`.
    Group(String),
    /// A group's own text, compared as text.
    Exact(String),
    Glob(String),
    Regex(String),
    /// A path into the claims (JMESPath), and what is to be found there.
    Claim {
        path: String,
        test: ClaimTest,
    },
    /// A JMESPath expression over all claims.
    Expression(String),
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

impl<'a> GroupFacts<'a> {
    /// The group's own text: its DN where it has one, else its name.
    #[must_use]
    pub fn text(&self) -> &'a str {
        if self.dn.is_empty() { self.name } else { self.dn }
    }
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    #[error("not a distinguished name: {0}")]
    Dn(String),
    #[error("not a regular expression: {0}")]
    Regex(String),
    #[error("not a JMESPath expression: {0}")]
    Expression(String),
    #[error("must not be empty")]
    Empty,
}

/// A condition, ready to be tested. Tests on single groups and claims are numbered leaves.
#[derive(Debug, Clone)]
pub enum Condition {
    Everybody,
    Leaf(u32),
    Any(Vec<Condition>),
    All(Vec<Condition>),
    None(Vec<Condition>),
}

impl Condition {
    /// Compiles, adding its tests to `leaves`.
    pub(super) fn compile(
        spec: &ConditionSpec,
        case_sensitive: bool,
        leaves: &mut Leaves,
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
            ConditionSpec::Claim { path, test } => Self::Leaf(leaves.claim(path, test, case_sensitive)?),
            ConditionSpec::Expression(text) => Self::Leaf(leaves.expression(text)?),
            ConditionSpec::Group(_) | ConditionSpec::Exact(_) | ConditionSpec::Glob(_) | ConditionSpec::Regex(_) => {
                Self::Leaf(leaves.group(GroupTest::compile(spec, case_sensitive)?))
            }
        })
    }

    /// Leaves of which at least one must hold for the condition to hold; `None` where it can hold
    /// without any.
    pub(super) fn anchors(&self) -> Option<Vec<u32>> {
        match self {
            Self::Everybody | Self::None(_) => None,
            Self::Leaf(leaf) => Some(vec![*leaf]),
            Self::Any(parts) => {
                let all: Option<Vec<_>> = parts.iter().map(Self::anchors).collect();
                all.map(|all| all.into_iter().flatten().collect())
            }
            Self::All(parts) => parts.iter().filter_map(Self::anchors).min_by_key(Vec::len),
        }
    }

    /// Every leaf in it.
    pub(super) fn leaves(&self, out: &mut Vec<u32>) {
        match self {
            Self::Everybody => {}
            Self::Leaf(leaf) => out.push(*leaf),
            Self::Any(parts) | Self::All(parts) | Self::None(parts) => parts.iter().for_each(|part| part.leaves(out)),
        }
    }
}

/// A test on a group.
#[derive(Debug, Clone)]
pub(super) enum GroupTest {
    /// Equal DNs (RFC 4514), in normal form.
    Dn(String),
    Name {
        text: String,
        case_sensitive: bool,
    },
    /// As [`Self::Name`], on the group's own text.
    Text {
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
            ConditionSpec::Group(text) | ConditionSpec::Exact(text) if text.is_empty() => {
                return Err(PatternError::Empty);
            }
            ConditionSpec::Group(text) => return Ok(Self::Name { text: text.clone(), case_sensitive }),
            ConditionSpec::Exact(text) => return Ok(Self::Text { text: text.clone(), case_sensitive }),
            ConditionSpec::Glob(text) => (text, glob(text)),
            ConditionSpec::Regex(text) => (text, text.clone()),
            _ => return Err(PatternError::Empty),
        };
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let on_dn = text.contains('=');
        Ok(Self::Pattern { regex: whole(&pattern, !on_dn && case_sensitive)?, on_dn })
    }

    /// The names that its captures have, `0` left out.
    pub(super) fn capture_names(&self) -> Vec<String> {
        match self {
            Self::Dn(_) | Self::Name { .. } | Self::Text { .. } => Vec::new(),
            Self::Pattern { regex, .. } => capture_names(regex),
        }
    }

    /// What a pattern captures from the group, if it matches. The other kinds are found by the
    /// index of leaves.
    pub(super) fn captures(&self, group: GroupFacts<'_>, normal_dn: &str) -> Option<Captures> {
        match self {
            Self::Dn(_) | Self::Name { .. } | Self::Text { .. } => None,
            Self::Pattern { regex, on_dn: false } => captured(regex, group.name),
            // As the provider writes it, so that captures keep their case; or as its equals are.
            Self::Pattern { regex, on_dn: true } => captured(regex, group.dn).or_else(|| captured(regex, normal_dn)),
        }
    }
}

/// The longest expression, in bytes: to read one of a megabyte takes longer than to refuse it.
const LONGEST: usize = 16 * 1024;
/// The largest compiled expression, in bytes.
const LARGEST: usize = 1 << 20;
/// The deepest nesting of brackets; compiling one recurses.
const DEEPEST: u32 = 100;
/// The most captures. What the library keeps while it matches is their number times that of the
/// compiled expression's states: with thousands of both it is gigabytes.
const MOST_CAPTURES: usize = 30;
/// What each expression may keep of what it learned about texts, in bytes: there may be thousands.
const KEPT: usize = 1 << 18;

/// The captures of a regular expression, by number and by name, if it can be used. Without regard to
/// case it is at its largest; so it is checked.
///
/// # Errors
/// One sentence on what is wrong with it.
pub fn check_regex(pattern: &str) -> Result<Vec<String>, String> {
    match whole(pattern, false) {
        Ok(regex) => Ok(capture_names(&regex)),
        // The library draws the expression over several lines; its last says what is wrong.
        Err(PatternError::Regex(why)) => {
            Err(why.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned())
        }
        Err(other) => Err(other.to_string()),
    }
}

/// An expression that has to match from start to end.
pub(super) fn whole(pattern: &str, case_sensitive: bool) -> Result<Regex, PatternError> {
    if pattern.len() > LONGEST {
        return Err(PatternError::Regex(format!("it is longer than {LONGEST} bytes")));
    }
    let build = |text: &str| {
        RegexBuilder::new(text)
            .case_insensitive(!case_sensitive)
            .size_limit(LARGEST)
            .dfa_size_limit(KEPT)
            .nest_limit(DEEPEST)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::Regex("it is too large".to_owned()),
                other => PatternError::Regex(other.to_string()),
            })
    };
    // Alone first: `a)|(b` is none, but would be one between the brackets that follow. Without a
    // bracket that closes it would be none there either, and compiling is what a pattern costs most.
    if pattern.contains(')') {
        build(pattern)?;
    }
    let whole = build(&format!("^(?:{pattern})$"))?;
    let captures = whole.captures_len() - 1;
    if captures > MOST_CAPTURES {
        return Err(PatternError::Regex(format!("it captures {captures} parts, at most {MOST_CAPTURES} are allowed")));
    }
    Ok(whole)
}

/// The names that an expression's captures have, `0` left out.
pub(super) fn capture_names(regex: &Regex) -> Vec<String> {
    let numbers = (1..regex.captures_len()).map(|n| n.to_string());
    numbers.chain(regex.capture_names().flatten().map(str::to_owned)).collect()
}

/// What two texts that differ in case only have in common.
pub(super) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(super) fn captured(regex: &Regex, text: &str) -> Option<Captures> {
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
pub(super) fn glob(text: &str) -> String {
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
mod tests {
    use super::super::testing::{captures, hits};
    use super::*;

    #[test]
    fn dns_compare_as_dns_and_names_as_names() {
        let dn = "CN=SRE, ou=Groups,dc=example";
        assert!(hits(ConditionSpec::Group("cn=sre,ou=groups,dc=example".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Group("cn=sre,ou=people,dc=example".into()), dn, "SRE"));
        assert!(hits(ConditionSpec::Group("sre".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Group("sr".into()), dn, "SRE"));
    }

    #[test]
    fn an_exact_text_is_the_dn_as_it_is_written_or_the_name() {
        let dn = "CN=SRE, ou=Groups,dc=example";
        assert!(hits(ConditionSpec::Exact("cn=sre, ou=groups,dc=example".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Exact("cn=sre,ou=groups,dc=example".into()), dn, "SRE"));
        assert!(!hits(ConditionSpec::Exact("sre".into()), dn, "SRE"));
        assert!(hits(ConditionSpec::Exact("R\u{c9}SEAU".into()), "", "r\u{e9}seau"));
    }

    #[test]
    fn globs_and_regexes_match_the_whole_text() {
        let dn = "cn=team-Sre,ou=groups,dc=example";
        assert!(hits(ConditionSpec::Glob("cn=team-*,ou=groups,dc=example".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Glob("team-".into()), dn, "team-Sre"));
        assert!(hits(ConditionSpec::Glob("team-s?e".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Glob("team-s.e".into()), dn, "team-Sre"));
        assert!(!hits(ConditionSpec::Regex("eam-.*".into()), dn, "team-Sre"));
        let found = captures(&ConditionSpec::Regex("team-(?<name>.*)".into()), dn, "team-Sre").unwrap_or_default();
        assert_eq!(found.get("name").map(String::as_str), Some("Sre"));
        assert_eq!(found.get("1").map(String::as_str), Some("Sre"));
    }

    #[test]
    fn w25_a_pattern_that_is_too_large_is_refused() {
        let bomb = ConditionSpec::Regex("(?:a{1000}){1000}".into());
        let deep = ConditionSpec::Regex(format!("{}a{}", "(?:".repeat(200), ")".repeat(200)));
        let greedy = ConditionSpec::Regex("()".repeat(31));
        let long = ConditionSpec::Glob("a".repeat(LONGEST + 1));
        for bomb in [bomb, deep, greedy, long] {
            assert!(matches!(GroupTest::compile(&bomb, false), Err(PatternError::Regex(_))), "{bomb:?}");
        }
        assert!(GroupTest::compile(&ConditionSpec::Regex("(a)".repeat(30)), false).is_ok());
    }
}
