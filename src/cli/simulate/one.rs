//! Rules on one given set of groups and claims.

use crate::cli::args::Args;
use crate::cli::context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{note, print};
use crate::config::Loaded;
use crate::store::OrgListing;
use crate::sync::{Answer, Simulation};
use rosterd_core::mapping::Document;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

/// The largest input that is read, in bytes; the document's own limit is smaller.
const LARGEST: u64 = 8 << 20;

pub(super) async fn run(args: &Args, provider: &str, input: &Path) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    if !loaded.config.providers.contains_key(provider) {
        let known = loaded.config.providers.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no provider {provider:?}; there are: {known}")));
    }
    let document = document(input)?;
    let orgs = orgs(args, &loaded).await;
    let simulation = Simulation::new(&loaded.config, &loaded.places, provider, orgs.as_deref())
        .map_err(|problem| Failure::new(Exit::Configuration, problem))?;
    let answer = simulation.answer(&document);
    print(args, || table(&answer), || answer.to_json())?;
    Ok(Exit::Done)
}

/// Reads what a provider would say of somebody.
fn document(input: &Path) -> Result<Document, Failure> {
    let mut text = String::new();
    let read = if input == Path::new("-") {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(input).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
    };
    let refuse = |why: String| Failure::failed(format!("{}: {why}", input.display()));
    read.map_err(|error| refuse(error.to_string()))?;
    Document::parse(&text).map_err(|error| refuse(error.to_string()))
}

/// The organizations of the database. Without one, those that are declared have to do.
async fn orgs(args: &Args, loaded: &Loaded) -> Option<Vec<OrgListing>> {
    let listed = match context::open_existing(loaded).await {
        Ok(None) => return None,
        Ok(Some(store)) => store.orgs().await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match listed {
        Ok(orgs) => Some(orgs),
        Err(failure) => {
            note(args, &format!("note: the database is not asked for organizations: {failure}"));
            None
        }
    }
}

/// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
fn table(answer: &Answer) -> String {
    let mut out = String::new();
    let login = if answer.denied { "refused" } else { "accepted" };
    let _ = writeln!(out, "login         {login}, account {}", answer.account());
    match &answer.orgs {
        None => out.push_str("organizations nothing is said; what was given before stays\n"),
        Some(orgs) if orgs.is_empty() => out.push_str("organizations none\n"),
        Some(orgs) => {
            for (at, (id, role)) in orgs.iter().enumerate() {
                let head = if at == 0 { "organizations" } else { "" };
                let _ = writeln!(out, "{head:13} {id}: {role}");
            }
        }
    }
    for (at, team) in answer.teams.iter().enumerate() {
        let head = if at == 0 { "teams" } else { "" };
        let _ = writeln!(out, "{head:13} {} / {}: {}", team.org, team.team, team.role.name());
    }
    let admin = match answer.server_admin {
        None => "nothing is said",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let _ = writeln!(out, "server admin  {admin}\n\nwhy");
    for reason in &answer.reasons {
        let at = reason.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        let _ = match (&reason.rule, reason.about) {
            (Some(rule), "rule") => writeln!(out, "  {rule}{at}: {}", reason.text),
            _ => writeln!(out, "  {}{at}", reason.text),
        };
    }
    out
}
