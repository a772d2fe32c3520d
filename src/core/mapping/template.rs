//! Names of organizations and teams with captured parts: `${name}`, `${1}`; `$$` is a dollar.

use std::collections::BTreeMap;
use thiserror::Error;

/// A name, in whole or with parts to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Capture(String),
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    #[error("`$` must be followed by `{{name}}`, or written `$$` for a dollar")]
    LoneDollar,
    #[error("`${{` without `}}`")]
    Unclosed,
    #[error("empty")]
    Empty,
    #[error("longer than {LONGEST_TEMPLATE} bytes")]
    TooLong,
}

/// What a regex captured, by number and by name.
pub(super) type Captures = BTreeMap<String, String>;

/// The longest name that a template may yield, in characters.
const LONGEST: usize = 190;
/// The longest template, in bytes. Each part of it is filled in for everybody whom the rule matches.
const LONGEST_TEMPLATE: usize = 1024;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > LONGEST_TEMPLATE && text.contains('$') {
            return Err(TemplateError::TooLong);
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            literal.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                literal.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let end = after.find('}').ok_or(TemplateError::Unclosed)?;
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Capture(after[..end].to_owned()));
                rest = &after[end + 1..];
            } else {
                return Err(TemplateError::LoneDollar);
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }

    /// The captures it needs.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Capture(name) => Some(name.as_str()),
        })
    }

    /// The name, filled in. `None` when a capture is missing or the result is no usable name:
    /// blank, longer than 190 characters or with control characters.
    #[must_use]
    pub(super) fn expand(&self, captures: &Captures) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Capture(name) => out.push_str(captures.get(name)?),
            }
        }
        let name = out.trim();
        (!name.is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control))
            .then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str) -> Option<String> {
        let captures = [("1", "sre"), ("site", "Oslo")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Template::parse(template).ok()?.expand(&captures)
    }

    #[test]
    fn fills_in_what_was_captured() {
        assert_eq!(expand("Platform").as_deref(), Some("Platform"));
        assert_eq!(expand("${site}: team ${1}").as_deref(), Some("Oslo: team sre"));
        assert_eq!(expand("a$$b").as_deref(), Some("a$b"));
    }

    #[test]
    fn refuses_what_is_no_name() {
        for bad in ["", "  ", "$", "$x", "${", "${unknown}", "a\u{7}b"] {
            assert_eq!(expand(bad), None, "{bad:?}");
        }
        assert_eq!(expand(&"x".repeat(191)), None);
        assert_eq!(Template::parse(&"${1}".repeat(257)), Err(TemplateError::TooLong));
    }
}
