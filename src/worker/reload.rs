//! Reading the configuration again: all of it is good and can be taken up, or nothing changes.

use super::source::{Source, Surroundings, engine};
use crate::config::{Config, Diagnostics, Place, Severity};
use crate::sync::Engine;
use serde::Serialize;
use serde_json::Value;

/// What a reload found.
pub(super) enum Found {
    /// The configuration in force.
    Same,
    /// Another one, ready to be used.
    Other(Box<Engine>),
}

/// Reads, checks and builds; touches nothing that is in use. May wait for files.
///
/// # Errors
/// Everything that is wrong, each as one line.
pub(super) fn read(source: &dyn Source, around: &Surroundings, before: &Engine) -> Result<Found, Vec<String>> {
    let loaded = source.load().map_err(|found| lines(&found, Severity::Error))?;
    for warning in lines(&loaded.warnings, Severity::Warning) {
        tracing::warn!(warning, "the configuration");
    }
    if loaded.hash == before.config_hash {
        return Ok(Found::Same);
    }
    let fixed = fixed(&before.config, &loaded.config);
    if !fixed.is_empty() {
        return Err(fixed);
    }
    let engine = engine(&loaded, around, Some(before)).map_err(|why| vec![why])?;
    Ok(Found::Other(Box::new(engine)))
}

/// One line each, so that a log has one event each.
fn lines(found: &Diagnostics, severity: Severity) -> Vec<String> {
    let chosen = found.iter().filter(|one| one.severity == severity);
    chosen
        .map(|one| {
            let place = match &one.place {
                Place::File { file, line, column, .. } => format!("{file}:{line}:{column}"),
                Place::Other { origin } => origin.clone(),
            };
            let help = if one.help.is_empty() { String::new() } else { format!(" ({})", one.help) };
            format!("{place}: {}{help} [{}]", one.message, one.code)
        })
        .collect()
}

/// What a running process cannot take up: it is bound, locked or open already.
const FIXED: [(&str, fn(&Config) -> Option<Value>); 1] = [("database", |config| json(&config.database))];

fn json<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}

fn fixed(before: &Config, now: &Config) -> Vec<String> {
    let changed = FIXED.iter().filter(|(_, of)| of(before) != of(now));
    changed
        .map(|(key, _)| format!("`{key}` cannot change while rosterd runs: restart it, or set it back to what it was"))
        .collect()
}
