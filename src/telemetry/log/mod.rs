//! The log: one line an event, in one of three formats, on standard error or to systemd's journal.
//!
//! Whoever logs never waits: lines go through a bounded queue to a thread of their own
//! ([`queue`]), and what does not fit is counted, not waited for. What somebody else chose, such as
//! a name in a directory, can't end a line or steer a terminal ([`escape`]).

mod escape;
mod event;
mod journald;
mod json;
mod layer;
mod queue;
mod repeats;
mod text;

pub use layer::Log;
pub use queue::{Queue, Sink};

use crate::config::{LogFormat, LogLevel, LogSection};
use std::fmt::Write as _;

/// In which form lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
    /// systemd's native protocol, see [`journald`].
    Journald,
}

/// What the process was started with, as far as it matters for the log. Read in `main`.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `ROSTERD_LOG`: stands over the configuration.
    pub filter: Option<String>,
    /// Standard error is the journal's: `JOURNAL_STREAM` names the device and inode it has.
    pub journal: bool,
}

impl Surroundings {
    /// From the values of `ROSTERD_LOG` and `JOURNAL_STREAM`.
    #[must_use]
    pub fn new(filter: Option<String>, journal_stream: Option<&str>) -> Self {
        // systemd.exec(5): whoever inherits the variable but not the stream must not be misled.
        let journal = journal_stream.is_some_and(|stream| Some(stream) == standard_error().as_deref());
        Self { filter: filter.filter(|filter| !filter.trim().is_empty()), journal }
    }

    /// Which form `format` is here: without one, the journal's where standard error goes there.
    #[must_use]
    pub fn form(&self, format: Option<LogFormat>) -> Form {
        match format {
            Some(LogFormat::Text) => Form::Text,
            Some(LogFormat::Json) => Form::Json,
            Some(LogFormat::Journald) => Form::Journald,
            None if self.journal => Form::Journald,
            None => Form::Text,
        }
    }

    /// Which events are told, in the words of `EnvFilter`.
    #[must_use]
    pub fn directives(&self, section: &LogSection) -> String {
        if let Some(filter) = &self.filter {
            return filter.clone();
        }
        let own = section.level.name();
        // What libraries tell is of use only to whoever looks closer anyway.
        let others = if section.level > LogLevel::Info { own } else { section.level.min(LogLevel::Warn).name() };
        let mut directives = format!("{others},rosterd={own},rosterd_core={own}");
        for (module, level) in &section.modules {
            let _ = write!(directives, ",rosterd::{module}={}", level.name());
        }
        directives
    }
}

/// Device and inode of standard error, as `JOURNAL_STREAM` has them.
fn standard_error() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let stream = std::fs::metadata("/proc/self/fd/2").ok()?;
    Some(format!("{}:{}", stream.dev(), stream.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_of_a_section() {
        let none = Surroundings::default();
        let section = |level, modules: &[(&str, LogLevel)]| LogSection {
            format: None,
            level,
            modules: modules.iter().map(|(module, level)| ((*module).to_owned(), *level)).collect(),
        };
        let info = section(LogLevel::Info, &[("providers", LogLevel::Debug)]);
        assert_eq!(none.directives(&info), "warn,rosterd=info,rosterd_core=info,rosterd::providers=debug");
        assert_eq!(none.directives(&section(LogLevel::Error, &[])), "error,rosterd=error,rosterd_core=error");
        assert_eq!(none.directives(&section(LogLevel::Trace, &[])), "trace,rosterd=trace,rosterd_core=trace");
        let asked = Surroundings { filter: Some("rosterd=trace".to_owned()), journal: false };
        assert_eq!(asked.directives(&info), "rosterd=trace");
    }

    #[test]
    fn the_journal_is_used_only_where_standard_error_goes_there() {
        assert_eq!(Surroundings::new(None, Some("0:1")).form(None), Form::Text);
        let journal = Surroundings { journal: true, ..Surroundings::default() };
        assert_eq!(journal.form(None), Form::Journald);
        assert_eq!(journal.form(Some(LogFormat::Json)), Form::Json);
    }
}
