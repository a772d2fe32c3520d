//! Providers that say at once when something has changed: whoever rings is asked for the changes without
//! waiting for the next turn. Where nobody rings, the turns do it all.

use super::handle::Shared;
use crate::providers::follow::{Cursor, Ring};
use crate::sync::Engine;
use std::sync::Arc;
use tokio::task::AbortHandle;

/// A task that listens to one provider; ends when this is dropped.
#[derive(Debug)]
pub(super) struct Listener(AbortHandle);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Listener {
    /// Listens until the provider ends it.
    pub(super) fn start(shared: Arc<Shared>, engine: Arc<Engine>, provider: String) -> Self {
        let task = tokio::spawn(async move {
            let bell = Bell { shared, provider };
            let provider = &bell.provider;
            let Some(directory) = engine.providers.get(provider) else { return };
            let cursor = match engine.store.cursor(provider).await {
                Ok(Some(cursor)) => Cursor(cursor),
                Ok(None) | Err(_) => return,
            };
            if let Err(error) = directory.listen(&cursor, &bell).await {
                tracing::debug!(provider, %error, "the provider no longer says at once what changes");
            }
        });
        Self(task.abort_handle())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.0.is_finished()
    }
}

struct Bell {
    shared: Arc<Shared>,
    provider: String,
}

impl Ring for Bell {
    fn ring(&self) {
        self.shared.ring(&self.provider);
    }
}
