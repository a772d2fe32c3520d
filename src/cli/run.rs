//! `rosterd run`: every provider again and again, until SIGINT or SIGTERM.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::note;
use crate::{telemetry, worker};
use std::sync::Arc;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    telemetry::follow(&loaded.config);
    let store = context::open_to_write(args, &loaded).await?;
    let engine = Arc::new(context::engine(&loaded, store)?);
    context::chosen(&engine, &[])?;
    note(args, "running; Ctrl-C ends it");
    worker::run(engine, stopped()).await;
    Ok(Exit::Done)
}

/// Ends when the process is told to.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
