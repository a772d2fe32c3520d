//! `rosterd run`: every provider again and again, until SIGINT or SIGTERM.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::note;
use crate::daemon;
use crate::worker::FileSource;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    context::chosen(&engine, &[])?;
    note(args, "running; Ctrl-C ends it");
    let source = FileSource { path: args.config.clone(), environment: context::environment() };
    let ended = daemon::run(engine, source).await.map_err(|why| Failure::new(Exit::Configuration, why))?;
    if ended.abandoned.is_empty() {
        return Ok(Exit::Done);
    }
    note(args, &format!("abandoned: {}", ended.abandoned.join(", ")));
    Ok(Exit::Partial)
}
