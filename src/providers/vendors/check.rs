//! `rosterd check provider`: whether it lets us in, and a look at the first page of each list. Keeps nothing.

use super::VendorDirectory;
use super::listing::entries;
use crate::clock::{Clock as _, SystemClock};
use crate::fetch::Url;
use crate::providers::CheckStep;
use crate::providers::web::{Failure, Purpose, Session};

/// A list, and where in its answers the entries are.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) what: &'static str,
    pub(super) url: Url,
    pub(super) under: Option<&'static str>,
}

pub(super) async fn run(directory: &VendorDirectory) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    // What is signed once is told apart by the moment: two checks are not made in one millisecond.
    let now = SystemClock.now();
    let seed = u128::from(now.0.unsigned_abs());
    let outcome = match directory.service.session(Purpose::AFew, now, seed) {
        Ok(session) => all(directory, &session, &mut steps).await,
        Err(failure) => Err(("configuration".to_owned(), failure)),
    };
    if let Err((what, failure)) = outcome {
        steps.push(CheckStep { what, result: Err(directory.explained(failure).message) });
    }
    steps
}

async fn all(
    directory: &VendorDirectory,
    session: &Session<'_>,
    steps: &mut Vec<CheckStep>,
) -> Result<(), (String, Failure)> {
    session.sign_in().await.map_err(|failure| ("sign in".to_owned(), failure))?;
    steps.push(CheckStep { what: "sign in".to_owned(), result: Ok("there is something to show".to_owned()) });
    for Sample { what, url, under } in directory.vendor.samples() {
        let mut shown = url.clone();
        shown.set_query(None);
        let step = format!("{what} at {shown}");
        let found = session.get(&url).await.and_then(|body| entries(what, body, under));
        let found = found.map_err(|failure| (step.clone(), failure))?;
        let text = match found.len() {
            0 => format!("none; {}", directory.vendor.needs()),
            n => format!("{n} on the first page"),
        };
        steps.push(CheckStep { what: step, result: Ok(text) });
    }
    Ok(())
}
