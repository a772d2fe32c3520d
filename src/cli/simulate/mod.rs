//! `rosterd simulate`: what the rules say of somebody, without asking a provider.

mod one;

use super::args::{Args, Simulate};
use super::exit::{Exit, Failure};

pub(super) async fn run(args: &Args, what: &Simulate) -> Result<Exit, Failure> {
    one::run(args, &what.provider, &what.input).await
}
