//! What is made to cost a lot is refused with a reason, or answered; nothing stalls and nothing
//! crashes (W25, N8).

mod configurations;
mod documents;
mod people;

use crate::world::database::Backend;
use crate::world::rosterd::{self, Outcome};
use crate::world::site::Site;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Hundreds of times what each of these takes, so that a busy machine passes and a stall does not.
const STALL: Duration = Duration::from_secs(15);

/// A provider of logins with these rules.
fn site(rules: &str) -> Site {
    Site::new(Backend::Sqlite, &format!("[providers.web]\nlogin = {{ protocol = \"oidc\" }}\n{rules}"))
}

/// A rule that gives Viewer to whom this matches.
fn rule(matches: &str) -> String {
    format!("[[rules]]\nid = \"one\"\nmatch.{matches}\norg = \"Main\"\nrole = \"Viewer\"\n")
}

/// `rosterd simulate` on this document, which must not take long.
#[track_caller]
fn simulate(site: &Site, document: &str) -> Outcome {
    site.write("identity.json", document);
    let args =
        ["--config", "rosterd.toml", "simulate", "--provider", "web", "--input", "identity.json", "--output", "json"];
    alone(site, &args)
}

/// The program with these arguments and no others, which must not take long.
#[track_caller]
fn alone(site: &Site, args: &[&str]) -> Outcome {
    let begun = Instant::now();
    let outcome = rosterd::start(site.dir(), args, &[]).wait();
    let took = begun.elapsed();
    assert!(took < STALL, "{} took {took:?}", outcome.args);
    outcome
}

/// The texts of all reasons.
fn reasons(answer: &Value) -> String {
    answer["reasons"].to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    format!("[{}]", items.join(","))
}
