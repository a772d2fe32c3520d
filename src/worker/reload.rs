//! Reading the configuration again: all of it is good and can be taken up, or nothing changes.

use super::follow::Following;
use super::jobs::{Done, Job};
use super::measure;
use super::schedule::Schedule;
use super::source::{Source, Surroundings, engine, logins};
use super::status::{Changed, Reload};
use super::task::Task;
use super::turn::{LOOK_AGAIN, Worker};
use crate::config::{Config, Diagnostic, Diagnostics, Severity};
use crate::sync::Engine;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::PROVISIONING;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

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
    for (name, section) in &loaded.config.providers {
        Schedule::of(section).map_err(|why| vec![format!("providers.{name}: {why}")])?;
    }
    logins(&loaded.config).map_err(|why| vec![why])?;
    let engine = engine(&loaded, around, Some(before)).map_err(|why| vec![why])?;
    Ok(Found::Other(Box::new(engine)))
}

/// One line each, so that a log has one event each.
fn lines(found: &Diagnostics, severity: Severity) -> Vec<String> {
    found.iter().filter(|one| one.severity == severity).map(Diagnostic::in_a_line).collect()
}

/// A key, and its value for comparing.
type Fixed = (&'static str, fn(&Config) -> Option<Value>);

/// What a running process cannot take up: it is bound, locked or open already.
const FIXED: [Fixed; 5] = [
    ("database", |config| json(&config.database)),
    ("daemon.lease", |config| json(&config.daemon.lease)),
    ("daemon.replica", |config| json(&config.daemon.replica)),
    ("http.listen", |config| json(&config.http.listen)),
    ("telemetry.listen", |config| json(&config.telemetry.listen)),
];

fn json<T: Serialize>(value: &T) -> Option<Value> {
    serde_json::to_value(value).ok()
}

fn fixed(before: &Config, now: &Config) -> Vec<String> {
    let changed = FIXED.iter().filter(|(_, of)| of(before) != of(now));
    changed
        .map(|(key, _)| format!("`{key}` cannot change while rosterd runs: restart it, or set it back to what it was"))
        .collect()
}

impl Worker {
    pub(super) fn begin_reload(&mut self) {
        self.systemd.reloading();
        let (source, around) = (Arc::clone(&self.source), self.around.clone());
        let before = self.shared.engine.load_full();
        let work = move || read(source.as_ref(), &around, &before);
        self.jobs.start(Job::Reload, async move {
            let result = tokio::task::spawn_blocking(work).await;
            Done::Reload(
                result.unwrap_or_else(|_| Err(vec!["reading the configuration failed unexpectedly".to_owned()])),
            )
        });
    }

    pub(super) fn reloaded(&mut self, result: Result<Found, Vec<String>>) {
        let now = self.now();
        let result = match result {
            Ok(Found::Same) => {
                tracing::info!("the configuration was read again: nothing has changed");
                Ok(Changed::No)
            }
            Ok(Found::Other(engine)) => {
                self.configuration.hash.clone_from(&engine.config_hash);
                self.shared.engine.store(Arc::from(engine));
                tracing::info!(hash = self.configuration.hash, "the configuration was read again and is in force");
                self.take_up(now).map(|()| Changed::Yes).map_err(|why| vec![why])
            }
            Err(errors) => Err(errors),
        };
        if let Err(errors) = &result {
            for error in errors {
                tracing::error!(error, "the configuration was read again and cannot be used");
            }
            tracing::error!(errors = errors.len(), "the configuration that was in force stays");
        }
        // Files that the configuration names may have changed, even where it has not.
        self.provisioning.reloaded();
        // What credentials are may have changed, even where the configuration has not.
        self.looked = Timestamp(now.0.saturating_sub(LOOK_AGAIN));
        self.configuration.reloads += 1;
        let reload = Reload { at: now, result };
        measure::reloaded(&reload);
        self.configuration.last_reload = Some(reload);
        if !self.stopping {
            self.systemd.ready();
        }
    }

    /// Puts the tasks to what the configuration says: each provider is due at once, because other
    /// rules may give other rights.
    pub(super) fn take_up(&mut self, now: Timestamp) -> Result<(), String> {
        let engine = self.shared.engine.load_full();
        let names = engine.with_runs();
        // One of another kind is another provider.
        let same = |name: &str, task: &Task| task.ends_leases() == engine.lease(name).is_some();
        self.tasks.retain(|name, task| names.contains(name) && same(name, task));
        let mut led = names.clone();
        if engine.provisions() {
            led.insert(PROVISIONING.to_owned());
        }
        self.leadership.providers(&led);
        for name in &names {
            let Some(section) = engine.config.providers.get(name) else { continue };
            match self.tasks.get_mut(name) {
                Some(task) => {
                    task.reschedule(Schedule::of(section)?, section.jitter.millis(), now);
                    task.following.every_as(section, &engine, name);
                }
                None => {
                    let following = Following::of(section, &engine, name);
                    self.tasks.insert(name.clone(), Task::new(section, following, now)?);
                }
            }
        }
        Ok(())
    }
}
