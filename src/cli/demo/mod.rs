//! `rosterd demo`: a day of a made-up company, followed by the real commands. No server, no
//! network; nothing outside its folder is touched.

mod folder;
mod stage;

use super::exit::{Exit, Failure};
use super::output::write_out;
use crate::clock::Stopwatch;
use crate::demo::{JOINER, LEAVER, MOVER, PEOPLE, RENAMED, RULES, after_changes, company, truncated};
use folder::Folder;
use stage::Stage;
use std::path::Path;

pub(super) async fn run(stay: bool, dir: Option<&Path>) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let folder = Folder::new(dir)?;
    // Commands are then typed, and rules named, as somebody would in that folder.
    std::env::set_current_dir(&folder.path)?;
    let stage = Stage::new();
    write_out(&format!("Everything is in {}\n", folder.path.display()))?;
    first_day(&folder, &stage).await?;
    next_day(&folder, &stage).await?;
    bad_export(&folder, &stage).await?;
    let took = watch.elapsed().as_secs_f64();
    write_out(&format!("\nThat was all of it, in {took:.1} s.\n"))?;
    if stay {
        return going_on(&folder).await;
    }
    write_out(&format!(
        "Go on: cd {}\n  rosterd status\n  rosterd explain user {MOVER}\n  rosterd explain group leads\n  \
         edit company.ldif or rosterd.toml, then: rosterd plan\n",
        folder.path.display()
    ))?;
    Ok(Exit::Done)
}

async fn first_day(folder: &Folder, stage: &Stage) -> Result<(), Failure> {
    folder.write("rosterd.toml", RULES)?;
    folder.write("company.ldif", &company())?;
    stage
        .say(&format!("A company of {PEOPLE} people, as its directory exports it, and 7 rules. What would happen?"))?;
    stage.command(&["plan"], Exit::Done).await?;
    stage.say("Do it.")?;
    stage.command(&["sync"], Exit::Done).await?;
    stage.say("Why does he have what he has?")?;
    stage.command(&["explain", "user", MOVER], Exit::Done).await
}

async fn next_day(folder: &Folder, stage: &Stage) -> Result<(), Failure> {
    folder.write("company.ldif", &after_changes())?;
    let (before, after) = RENAMED;
    stage.say(&format!(
        "Next day: {MOVER} goes to platform, {LEAVER} leaves,\n# {JOINER} joins, the team {before} is called {after}. Just that:"
    ))?;
    stage.command(&["plan"], Exit::Done).await?;
    stage.say("Twice: the second time there is nothing to do, and nothing is written.")?;
    stage.command(&["sync"], Exit::Done).await?;
    stage.command(&["sync"], Exit::Done).await
}

async fn bad_export(folder: &Folder, stage: &Stage) -> Result<(), Failure> {
    folder.write("company.ldif", &truncated())?;
    stage.say("An export that died halfway: to a reader it looks like a smaller company.")?;
    stage.command(&["sync"], Exit::Held).await?;
    stage.command(&["holds", "list"], Exit::Done).await?;
    folder.write("company.ldif", &after_changes())?;
    stage.say("The whole file is back. Nobody has lost anything.")?;
    stage.command(&["sync"], Exit::Done).await
}

/// The daemon, on the demo's folder.
async fn going_on(folder: &Folder) -> Result<Exit, Failure> {
    write_out(&format!(
        "Going on with `rosterd run`, which reads the file every 5 seconds: change\n  {}\n\
         and see it followed.\nrunning; Ctrl-C ends it\n",
        folder.path.join("company.ldif").display()
    ))?;
    let arguments = ["rosterd", "run", "--quiet", "--config", "rosterd.toml"];
    let exit = super::main(arguments.iter().map(Into::into).collect()).await;
    if folder.remove()? {
        write_out(&format!("{} is removed\n", folder.path.display()))?;
    }
    Ok(exit)
}
