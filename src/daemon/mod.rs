//! `rosterd run`, put together: the worker, what watches and stops it, and who talks to it.
//!
//! Decides nothing. What a part does stands in its own folder.

use crate::lifecycle::{Signals, Stop, Systemd};
use crate::sync::Engine;
use crate::worker::{self, FileSource, Worker};
use std::sync::Arc;

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The providers whose runs were abandoned.
    pub abandoned: Vec<String>,
}

/// Runs until it is told to stop.
///
/// # Errors
/// For a person: why it cannot start.
pub async fn run(engine: Engine, source: FileSource) -> Result<Ended, String> {
    let signals = Signals::listen().map_err(|error| format!("signals cannot be followed: {error}"))?;
    let systemd = Systemd::from_environment();
    let stop = Stop::new();
    let watched = engine.config.daemon.watch.then(|| source.path.clone());
    let worker = Worker::new(engine, Arc::new(source), systemd.clone())?;
    let handle = worker.handle();

    let watching = watched.map(|path| tokio::spawn(worker::watch(path, handle.clone())));
    let following = tokio::spawn({
        let (stop, handle, systemd) = (stop.clone(), handle.clone(), systemd.clone());
        async move {
            let grace = || {
                systemd.stopping();
                handle.engine().config.daemon.grace.get()
            };
            signals.follow(&stop, grace, || handle.reload()).await;
        }
    });
    systemd.ready();
    let abandoned = worker.run(stop.clone()).await;
    following.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    Ok(Ended { abandoned })
}
