use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the daemon tells of its work, and how. Commands log as text to standard error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// How lines are written. Absent: for systemd's journal where standard error goes there, else
    /// as text.
    pub format: Option<LogFormat>,
    /// The least important lines that are written. The variable `ROSTERD_LOG` stands over this and
    /// over `modules`.
    pub level: LogLevel,
    /// Another level for parts of the program, by the names of its folders, such as `providers`,
    /// `store` or `hooks`.
    pub modules: BTreeMap<String, LogLevel>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people, on standard error.
    Text,
    /// An object a line, on standard error.
    Json,
    /// To systemd's journal, with fields.
    Journald,
}

/// From few lines to many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Where the daemon's metrics, health and traces are had. None of it holds names of people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// Where `/metrics`, `/livez` and `/readyz` are served, without TLS and without a token: an IP
    /// address and a port, such as `127.0.0.1:7172`. Absent: nowhere.
    pub listen: Option<String>,
    /// Where traces are sent: a collector's address for OTLP over HTTP, such as
    /// `http://127.0.0.1:4318`. Absent: nowhere.
    pub otlp_endpoint: Option<String>,
}
