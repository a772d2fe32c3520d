//! What follows when another configuration is in force: logs and metrics go by it. Hooks and
//! the API look for themselves.

use crate::config::Config;
use crate::telemetry::{self, Configured};
use crate::worker::Handle;

/// Follows reloads, for ever.
pub(super) async fn follow(handle: Handle) {
    let mut status = handle.follow();
    let mut hash = handle.engine().config_hash.clone();
    while status.changed().await.is_ok() {
        let engine = handle.engine();
        if engine.config_hash != hash {
            hash.clone_from(&engine.config_hash);
            telemetry::follow(&engine.config);
            series(&engine.config);
        }
    }
}

/// Makes the series of what the configuration names, so that they are there before anything happens.
pub(super) fn series(config: &Config) {
    let providers: Vec<&str> = config.providers.keys().map(String::as_str).collect();
    let hooks: Vec<&str> = config.hooks.keys().map(String::as_str).collect();
    let signals: Vec<&str> = config.signals.keys().map(String::as_str).collect();
    telemetry::begin(&Configured { providers: &providers, hooks: &hooks, signals: &signals });
}
