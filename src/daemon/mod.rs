//! `rosterd run`, put together: the worker, what watches and stops it, and who talks to it.
//!
//! Decides nothing. What a part does stands in its own folder.

mod asked;
mod follow;
mod serve;
mod tidy;
mod vitals;

use crate::hooks::Hooks;
use crate::lifecycle::{Signals, Stop, Systemd};
use crate::logins::Logins;
use crate::signals::Signals as Events;
use crate::sync::Engine;
use crate::telemetry::{self, Metrics};
use crate::worker::{self, FileSource, Worker};
use std::sync::Arc;
use tokio::sync::watch;

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
pub async fn run(engine: Engine, source: FileSource, metrics: Metrics) -> Result<Ended, String> {
    let signals = Signals::listen().map_err(|error| format!("signals cannot be followed: {error}"))?;
    let systemd = Systemd::from_environment();
    let stop = Stop::new();
    let config = engine.config.clone();
    worker::logins(&config)?;
    let bound = serve::bind(&config).await?;
    let watched = config.daemon.watch.then(|| source.path.clone());
    let (store, clock, random) = (Arc::clone(&engine.store), Arc::clone(&engine.clock), Arc::clone(&engine.random));
    telemetry::follow(&config);
    follow::series(&config);
    let worker = Worker::new(engine, Arc::new(source), systemd.clone())?;
    let handle = worker.handle();
    let hooks = Hooks::new(Arc::new(handle.clone()), Arc::clone(&store), clock, random, &config);

    let logins = Logins::new(Arc::clone(&hooks));
    let events = Events::new(Arc::clone(&hooks), Arc::clone(&logins));

    let (stopping, stopped) = watch::channel(false);
    let serving = serve::all(bound, &handle, (&hooks, &logins, &events), &metrics, &stopped);
    let ended = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let behind = [
        tokio::spawn(Arc::clone(&hooks).run(ended(stopped.clone()))),
        tokio::spawn(Arc::clone(&logins).tend(ended(stopped.clone()))),
        tokio::spawn(logins.run(ended(stopped.clone()))),
        tokio::spawn(events.run(ended(stopped.clone()))),
        tokio::spawn(tidy::keep(handle.clone(), metrics.clone(), ended(stopped))),
    ];
    let following = tokio::spawn(follow::follow(handle.clone()));
    let watching = watched.map(|path| tokio::spawn(worker::watch(path, handle.clone())));
    let signalled = tokio::spawn({
        let (stop, handle, systemd) = (stop.clone(), handle.clone(), systemd.clone());
        async move {
            let grace = || {
                systemd.stopping();
                // Nobody new is let in while what is under way ends.
                let _ = stopping.send(true);
                handle.engine().config.daemon.grace.get()
            };
            signals.follow(&stop, grace, || handle.reload()).await;
        }
    });
    systemd.ready();
    let abandoned = worker.run(stop.clone()).await;
    serving.ended(&stop).await;
    for task in behind {
        // A panic there has been reported.
        let _ = task.await;
    }
    signalled.abort();
    following.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    Ok(Ended { abandoned })
}
