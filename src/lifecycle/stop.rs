//! Stopping in two stages: first nothing new begins, then what is under way is abandoned.

use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Cheap to clone; every clone is the same stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Stop {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing new is to begin; what is under way may end.
    pub fn begin(&self) {
        self.soft.cancel();
    }

    /// What is under way is to be abandoned.
    pub fn abandon(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.soft.is_cancelled()
    }

    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.hard.is_cancelled()
    }

    /// Ends when nothing new is to begin.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + 'static {
        self.soft.clone().cancelled_owned()
    }

    /// Ends when what is under way is to be abandoned.
    pub fn abandoned(&self) -> impl Future<Output = ()> + Send + 'static {
        self.hard.clone().cancelled_owned()
    }

    /// Begins, and abandons when `grace` is over.
    pub async fn within(&self, grace: Duration) {
        self.begin();
        tokio::time::sleep(grace).await;
        self.abandon();
    }
}
