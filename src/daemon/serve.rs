//! The listeners: one for the API and hooks, one for operations.

use super::asked::Asked;
use super::vitals::Watched;
use crate::config::Config;
use crate::hooks::{self, Hooks};
use crate::http::{self, Api, Listener, ops};
use crate::lifecycle::Stop;
use crate::logins::{self, Logins};
use crate::signals::{self, Signals};
use crate::telemetry::Metrics;
use crate::worker::Handle;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What was bound before anything began: an address that is taken is found at the start.
pub(super) struct Bound {
    public: Option<Listener>,
    operations: Option<TcpListener>,
}

/// Binds what the configuration says.
pub(super) async fn bind(config: &Config) -> Result<Bound, String> {
    let public = Listener::bind(&config.http).await.map_err(|error| error.to_string())?;
    let operations = match &config.telemetry.listen {
        Some(address) => {
            let bound = TcpListener::bind(address).await;
            Some(bound.map_err(|error| format!("telemetry.listen: {address} cannot be had: {error}"))?)
        }
        None => None,
    };
    Ok(Bound { public, operations })
}

/// What is served, until it has ended.
pub(super) struct Serving {
    tasks: Vec<JoinHandle<()>>,
}

/// Serves on both.
pub(super) fn all(
    bound: Bound,
    handle: &Handle,
    (hooks, logins, events): (&Arc<Hooks>, &Arc<Logins>, &Arc<Signals>),
    metrics: &Metrics,
    stopped: &watch::Receiver<bool>,
) -> Serving {
    let mut tasks = Vec::new();
    let until = |mut stopped: watch::Receiver<bool>| async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Some(listener) = bound.public {
        let api = Api::new(Arc::new(Asked(handle.clone())), stopped.clone());
        let app = http::api(&api)
            .with_hooks(hooks::router(Arc::clone(hooks)))
            .with_hooks(signals::router(Arc::clone(events)))
            .with_logins(logins::router(Arc::clone(logins)), logins::asked_by_others(Arc::clone(logins)));
        tasks.push(tokio::spawn(listener.serve(app, until(stopped.clone()))));
    }
    if let Some(listener) = bound.operations {
        let serving = ops::serve(listener, Arc::new(Watched::new(handle.clone(), stopped.clone())), metrics.clone());
        let stopped = until(stopped.clone());
        // Nobody who scrapes is waited for.
        tasks.push(tokio::spawn(async move {
            tokio::select! {
                () = serving => {}
                () = stopped => {}
            }
        }));
    }
    Serving { tasks }
}

impl Serving {
    /// Waits until everybody who was let in has been answered, or all is to be abandoned.
    pub(super) async fn ended(self, stop: &Stop) {
        for task in self.tasks {
            let abort = task.abort_handle();
            tokio::select! {
                _ = task => {}
                () = stop.abandoned() => abort.abort(),
            }
        }
    }
}
