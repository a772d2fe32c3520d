//! What is wrong with a configuration, in the form compilers use: message, place, the line itself
//! with the part underlined, and what to do.
//!
//! Messages name keys, never the values of secrets or of environment variables.

use super::code::{Code, Severity};
use super::source::{Excerpt, Source};
use super::tree::Origin;
use serde::{Serialize, Serializer};
use std::fmt;

/// The most that is reported of one file at once.
const MOST: usize = 1000;

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    pub message: String,
    /// What to do, or what would be allowed. May be empty.
    pub help: String,
    #[serde(flatten)]
    pub place: Place,
}

/// Where it is wrong.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
pub enum Place {
    /// In a file. Line and column count from 1, column and length in characters.
    File {
        file: String,
        line: usize,
        column: usize,
        length: usize,
        #[serde(skip)]
        #[doc(hidden)]
        excerpt: Shown,
    },
    /// Not in a file: `environment variable ROSTERD__…`, or the file as a whole.
    Other { origin: String },
}

/// The printed line; only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown(Excerpt);

/// Everything that is wrong, in the order of places.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>, Counts);

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    errors: usize,
    warnings: usize,
}

impl Diagnostics {
    /// Something that concerns a file as a whole.
    #[must_use]
    pub fn of(origin: &str, code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        let mut one = Self::default();
        one.add(origin, code, message, help);
        one
    }

    /// Adds something whose place is no part of a text at hand, such as `rosterd.toml:12`.
    pub fn add(&mut self, origin: &str, code: Code, message: impl Into<String>, help: impl Into<String>) {
        self.push(code, Place::Other { origin: origin.to_owned() }, message.into(), help.into());
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.1.errors > 0
    }

    /// Whether further errors are dropped, so that finding them can stop.
    pub(super) fn is_full(&self) -> bool {
        self.1.errors >= MOST
    }

    pub(super) fn say(
        &mut self,
        source: &Source,
        at: &Origin,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        // To find a place in a large file costs more than all that follows.
        if self.is_full_of(code) {
            return;
        }
        let place = match at {
            Origin::File(range) => {
                let located = source.locate(range);
                Place::File {
                    file: source.name().to_owned(),
                    line: located.line,
                    column: located.column,
                    length: located.length,
                    excerpt: Shown(located.excerpt),
                }
            }
            Origin::Override(name) => Place::Other { origin: name.to_string() },
        };
        self.push(code, place, message.into(), help.into());
    }

    fn is_full_of(&self, code: Code) -> bool {
        match code.severity() {
            Severity::Error => self.1.errors >= MOST,
            Severity::Warning => self.1.warnings >= MOST,
        }
    }

    /// Adds one, up to a number that nobody reads to its end anyway; a file of nothing but errors
    /// must not cost more than reading it.
    fn push(&mut self, code: Code, place: Place, message: String, help: String) {
        if self.is_full_of(code) {
            return;
        }
        let severity = code.severity();
        // Each has its own number: many warnings must not hide the one error.
        match severity {
            Severity::Error => self.1.errors += 1,
            Severity::Warning => self.1.warnings += 1,
        }
        self.0.push(Diagnostic { severity, code, message, help, place });
    }

    /// Puts them in the order of their places.
    pub(super) fn sorted(mut self) -> Self {
        self.0.sort_by(|a, b| {
            (&a.place, a.severity, &a.message, a.code).cmp(&(&b.place, b.severity, &b.message, b.code))
        });
        self.0.dedup_by(|a, b| a.place == b.place && a.message == b.message);
        self
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Diagnostic {
    /// As one line, for a log and for lists of mistakes.
    #[must_use]
    pub fn in_a_line(&self) -> String {
        let place = match &self.place {
            Place::File { file, line, column, .. } => format!("{file}:{line}:{column}"),
            Place::Other { origin } => origin.clone(),
        };
        let help = if self.help.is_empty() { String::new() } else { format!(" ({})", self.help) };
        format!("{place}: {}{help} [{}]", self.message, self.code)
    }
}

impl Serialize for Diagnostics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{one}")?;
        }
        match self.0.iter().min_by_key(|one| one.severity) {
            Some(first) => writeln!(f, "\nmore about a code: `rosterd explain code {}`", first.code),
            None => Ok(()),
        }
    }
}

/// Ends with a line end.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{severity}[{}]: {}", self.code, self.message)?;
        match &self.place {
            Place::File { file, line, column, excerpt: Shown(excerpt), .. } => {
                let number = line.to_string();
                let margin = " ".repeat(number.len());
                writeln!(f, "{margin}--> {file}:{line}:{column}")?;
                writeln!(f, "{margin} |")?;
                writeln!(f, "{number} | {}", excerpt.text)?;
                let marked = format!("{}{}", " ".repeat(excerpt.before), "^".repeat(excerpt.width));
                let help = if self.help.is_empty() { String::new() } else { format!(" {}", self.help) };
                writeln!(f, "{margin} | {marked}{help}")
            }
            Place::Other { origin } => {
                writeln!(f, " --> {origin}")?;
                if self.help.is_empty() { Ok(()) } else { writeln!(f, "  = {}", self.help) }
            }
        }
    }
}
