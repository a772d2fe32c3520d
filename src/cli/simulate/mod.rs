//! `rosterd simulate`: what the rules say of somebody, or other rules of everybody, without asking a
//! provider. Writes nothing.

mod one;
mod rules;

use super::args::{Args, Simulate};
use super::exit::{Exit, Failure};

pub(super) async fn run(args: &Args, what: &Simulate) -> Result<Exit, Failure> {
    match (&what.rules, &what.provider, &what.input) {
        (Some(rules), ..) => rules::run(args, rules, &what.providers, what.detailed_exitcode).await,
        (None, Some(provider), Some(input)) => one::run(args, provider, input).await,
        // The arguments' own rules let no other combination through.
        _ => Err(Failure::new(Exit::Usage, "give --provider and --input, or --rules")),
    }
}
