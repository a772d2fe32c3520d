//! How the program ends, and what it says when it cannot go on.

use super::output::write_err;
use crate::config::Diagnostics;
use crate::store::StoreError;
use crate::sync::RunError;

/// Exit codes; the table is in docs/exit-codes.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done,
    /// `--detailed-exitcode`; or a case of `test-rules` that failed.
    Differences,
    /// `--deny-warnings`.
    Warnings,
    Partial,
    Failed,
    /// Stopped by a limit.
    Held,
    Usage,
    Configuration,
}

impl Exit {
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Differences => 2,
            Self::Warnings => 3,
            Self::Held => 4,
            Self::Partial => 5,
            Self::Usage => 64,
            Self::Configuration => 78,
        }
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// Says why, on standard error, and how the program ends.
    pub(crate) fn report(self) -> Exit {
        let text = self.message.trim_end();
        let prefix = if text.starts_with("error") || text.starts_with("warning") { "" } else { "error: " };
        write_err(&format!("{prefix}{text}"));
        self.exit
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message.trim_end())
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::new(Exit::Configuration, diagnostics.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = if matches!(error, RunError::Configuration(_)) { Exit::Configuration } else { Exit::Failed };
        Self::new(exit, error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}
