//! `rosterd run`: every provider again and again, and the API, until SIGINT or SIGTERM.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::note;
use crate::http::{Api, Listener, Work, api};
use crate::sync::{Engine, Outcome, RunError};
use crate::worker;
use rosterd_core::writes::Trigger;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = Arc::new(context::engine(&loaded, store)?);
    context::chosen(&engine, &[])?;
    let listener = Listener::bind(&engine.config.http).await.map_err(|error| Failure::failed(error.to_string()))?;
    let told = stopped()?;
    note(args, "running; Ctrl-C ends it");
    let (stop, stopping) = watch::channel(false);
    let serving = listener.map(|listener| {
        let app = api(&Api::new(Arc::new(Asked { engine: Arc::clone(&engine) }), stopping.clone()));
        let mut stopping = stopping.clone();
        tokio::spawn(listener.serve(app, async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        }))
    });
    worker::run(engine, async move {
        told.await;
        let _ = stop.send(true);
    })
    .await;
    if let Some(serving) = serving {
        serving.await.map_err(|error| Failure::failed(error.to_string()))?;
    }
    Ok(Exit::Done)
}

/// What the API asks for, carried out beside the schedule.
#[derive(Debug)]
struct Asked {
    engine: Arc<Engine>,
}

impl Work for Asked {
    fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    fn run(&self, provider: &str) -> bool {
        if !self.engine.providers.contains_key(provider) {
            return false;
        }
        let (engine, provider) = (self.engine(), provider.to_owned());
        tokio::spawn(async move {
            if let Err(error) = serve_requests(&engine, &provider).await {
                tracing::error!(provider, %error, "a run that was asked for failed");
            }
        });
        true
    }

    fn reload(&self) {
        tracing::warn!("the configuration is read at the start only");
    }

    fn status(&self) -> Value {
        json!({})
    }
}

async fn serve_requests(engine: &Engine, provider: &str) -> Result<(), RunError> {
    for request in engine.store.open_requests(provider).await? {
        if request.started_at.is_some() {
            continue;
        }
        engine.store.start_request(&request.id, engine.clock.now()).await?;
        let outcome = match engine.run_once(provider, Trigger::Api).await {
            Ok(Outcome::Unchanged { .. }) => json!({ "outcome": "unchanged" }),
            Ok(Outcome::Applied { summary, .. }) => {
                json!({ "outcome": "applied", "added": summary.added, "changed": summary.changed, "removed": summary.removed })
            }
            Ok(Outcome::Held { hold, .. }) => json!({ "outcome": "held", "hold": hold.id }),
            Err(error) => json!({ "outcome": "failed", "message": error.to_string() }),
        };
        engine.store.finish_request(&request.id, &outcome.to_string(), engine.clock.now()).await?;
    }
    Ok(())
}

/// Ends when the process is told to, from now on.
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
