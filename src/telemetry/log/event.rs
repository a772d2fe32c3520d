//! An event as a value, before it is a line.

use super::escape::escape;
use rosterd_core::ids::Timestamp;
use std::fmt;
use tracing::Level;
use tracing::field::{Field, Visit};

/// The most fields of one event, its spans' included.
const MOST: usize = 64;

/// One event. All its texts are escaped already.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) target: String,
    pub(super) fields: Fields,
    /// The spans it happened in, outermost first.
    pub(super) spans: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// As JSON writes it, too.
    Plain(String),
}

/// What an event or a span says.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) message: String,
    pub(super) named: Vec<(&'static str, Value)>,
    /// Events of libraries that use `log` have their real target here.
    pub(super) log_target: Option<String>,
}

impl Fields {
    /// Those of an outer span, where the inner has none of that name.
    pub(super) fn inherit(&mut self, outer: &Self) {
        for (name, value) in &outer.named {
            if !self.named.iter().any(|(there, _)| there == name) {
                self.put(name, value.clone());
            }
        }
    }

    pub(super) fn put(&mut self, name: &'static str, value: Value) {
        if self.named.len() < MOST {
            self.named.push((name, value));
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        match field.name() {
            "message" => self.message = escape(text),
            "log.target" => self.log_target = Some(escape(text)),
            // Those of `log` say where in a library, those of OpenTelemetry are for traces alone.
            name if name.starts_with("log.") || name.starts_with("otel.") => {}
            name => self.put(name, Value::Text(escape(text))),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), Value::Plain(value.to_string()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), Value::Plain(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() != "log.line" {
            self.put(field.name(), Value::Plain(value.to_string()));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no NaN and no infinity.
        let text = value.to_string();
        self.put(field.name(), if value.is_finite() { Value::Plain(text) } else { Value::Text(text) });
    }
}

/// In RFC 3339, to the millisecond, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_else(|_| at.0.to_string())
}

#[cfg(test)]
pub(super) fn sample(message: &str, named: Vec<(&'static str, Value)>) -> Event {
    let fields = Fields { message: escape(message), named, log_target: None };
    let at = Timestamp(1_792_000_000_123);
    Event { at, level: Level::WARN, target: "rosterd::worker".to_owned(), fields, spans: vec!["run"] }
}
