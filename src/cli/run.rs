//! `rosterd run`: every provider again and again, and the API, until SIGINT or SIGTERM.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::note;
use crate::daemon;
use crate::telemetry::{self, Metrics};
use crate::worker::FileSource;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    telemetry::follow(&loaded.config);
    let store = context::open_to_write(args, &loaded).await?;
    let mut engine = context::engine(&loaded, store)?;
    engine.following = true;
    context::chosen(&engine, &[])?;
    let metrics = Metrics::start().map_err(Failure::failed)?;
    note(args, "running; Ctrl-C ends it");
    let source = FileSource { path: args.config.clone(), environment: context::environment() };
    let ended = daemon::run(engine, source, metrics).await.map_err(|why| Failure::new(Exit::Configuration, why))?;
    if ended.abandoned.is_empty() {
        return Ok(Exit::Done);
    }
    note(args, &format!("abandoned: {}", ended.abandoned.join(", ")));
    Ok(Exit::Partial)
}
