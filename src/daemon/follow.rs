//! What follows when another configuration is in force: logs, metrics and hooks go by it.

use crate::config::Config;
use crate::hooks::Hooks;
use crate::telemetry::{self, Configured};
use crate::worker::Handle;
use std::sync::Arc;

/// Follows reloads, for ever.
pub(super) async fn follow(handle: Handle, hooks: Arc<Hooks>) {
    let mut status = handle.follow();
    let mut hash = handle.engine().config_hash.clone();
    while status.changed().await.is_ok() {
        let engine = handle.engine();
        if engine.config_hash != hash {
            hash.clone_from(&engine.config_hash);
            telemetry::follow(&engine.config);
            series(&engine.config);
            hooks.configure(&engine.config);
        }
    }
}

/// Makes the series of what the configuration names, so that they are there before anything happens.
pub(super) fn series(config: &Config) {
    let providers: Vec<&str> = config.providers.keys().map(String::as_str).collect();
    let hooks: Vec<&str> = config.hooks.keys().map(String::as_str).collect();
    telemetry::begin(&Configured { providers: &providers, hooks: &hooks });
}
