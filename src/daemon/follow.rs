//! What follows when another configuration is in force: logs, metrics and hooks go by it.

use crate::hooks::Hooks;
use crate::telemetry;
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
            hooks.configure(&engine.config);
        }
    }
}
