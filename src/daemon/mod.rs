//! `rosterd run`, put together: the worker, what watches and stops it, and who talks to it.
//!
//! Decides nothing. What a part does stands in its own folder.

use crate::lifecycle::{self, Stop, Systemd};
use crate::sync::Engine;
use crate::worker::{self, FileSource, Leadership, Leads, Worker, own_name};
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
    let systemd = Systemd::from_environment();
    let stop = Stop::new();
    let watched = engine.config.daemon.watch.then(|| source.path.clone());
    let (store, section) = (Arc::clone(&engine.store), engine.config.daemon.clone());
    let mut leadership = None;
    let lead = |changed| {
        let name = section.replica.clone().unwrap_or_else(own_name);
        let leads = Arc::new(Leadership::new(store, name, section.lease.get(), changed));
        leadership = Some(Arc::clone(&leads));
        leads as Arc<dyn Leads>
    };
    let worker = Worker::new(engine, Arc::new(source), lead, systemd.clone())?;
    let handle = worker.handle();

    let watching = watched.map(|path| tokio::spawn(worker::watch(path, handle.clone())));
    let signals = tokio::spawn({
        let (stop, handle, systemd) = (stop.clone(), handle.clone(), systemd.clone());
        async move {
            let grace = || {
                systemd.stopping();
                handle.engine().config.daemon.grace.get()
            };
            if let Err(error) = lifecycle::follow(&stop, grace, || handle.reload()).await {
                tracing::error!(%error, "signals cannot be followed");
                stop.abandon();
            }
        }
    });
    systemd.ready();
    let abandoned = worker.run(stop.clone()).await;
    // Others need not wait for the leases' end.
    if let Some(leadership) = leadership {
        leadership.stop().await;
    }
    signals.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    Ok(Ended { abandoned })
}
