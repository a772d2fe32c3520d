//! `make bench-saml`: what hostile SAML messages cost, and whom they keep waiting.
//!
//! `rosterd run` on SQLite, with an identity provider's metadata in a file. Each message is brought as a browser brings
//! it: a login has begun, with its cookie, so that it is looked at. First honest logins alone; then each hostile message
//! that is to be refused before its signature is verified, one by one; then each that costs the verifiers the most, with
//! the memory of rosterd and of the verifiers meanwhile; then these by a hundred a second, and honest logins beside.
//! `ROSTERD_BENCH_LOGINS` (300) says how many honest logins, `ROSTERD_BENCH_SECONDS` (30) how long the storm is.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

mod browser;
mod daemon;
mod memory;
#[expect(dead_code, unreachable_pub, reason = "the tests send more of it")]
#[expect(clippy::unwrap_used, reason = "it is part of the tests")]
mod saml;
#[path = "../login/times.rs"]
#[expect(dead_code, reason = "another benchmark adds up several")]
mod times;

use anyhow::{Context as _, Result, ensure};
use browser::{Begun, Browser};
use daemon::Daemon;
use memory::Watch;
use saml::forge::hostile::costly;
use saml::forge::hostile::{Hostile, Stage, all};
use saml::forge::message::{ASSERTION_ID, assertion, unsigned_response};
use saml::forge::sign::signed;
use saml::forge::{MOMENT, Site};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use times::Times;

/// The bounds that are aimed at, in milliseconds.
const BEFORE: f64 = 50.0;
const VERIFIED: f64 = 1000.0;
const HONEST: f64 = 250.0;
/// So many of the worst a second.
const STORM: u32 = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let logins = setting("ROSTERD_BENCH_LOGINS", 300)?;
    let seconds = setting("ROSTERD_BENCH_SECONDS", 30)?;
    let work = tempfile::tempdir()?;
    let daemon = Daemon::start(Path::new("target/release/rosterd"), work.path()).await?;
    let browser = Arc::new(Browser::new(daemon.port)?);
    let mut lines = Vec::new();

    let mut alone = Times::default();
    for _ in 0..logins {
        let (took, status) = honest(&browser).await?;
        ensure!(status == 303, "an honest login is answered with {status}");
        alone.add(took);
    }
    println!("{}", alone.line("honest logins, alone"));
    lines.push(alone.json("honest logins, alone"));

    let mut before = Vec::new();
    for case in usual(all()).filter(|case| case.stage == Stage::Form) {
        before.push((once(&browser, &case).await?, case.label()));
    }
    report("refused before a signature is verified", BEFORE, &mut before);

    let watch = Watch::start(daemon.id());
    let mut worst = Vec::new();
    for case in usual(costly::all()) {
        for _ in 0..3 {
            worst.push((once(&browser, &case).await?, case.label()));
        }
        println!("    {:>8.1} ms   {}", worst.last().map_or(0.0, |(took, _)| *took), case.label());
    }
    report("the most costly to verify", VERIFIED, &mut worst);
    let quiet = watch.stop();
    println!("memory meanwhile: {quiet}");

    let storm = storm(&browser, &daemon, seconds).await?;
    println!("{}", storm.times.line(&format!("honest logins, {STORM} of the worst a second beside")));
    println!("{} honest ones were not let in", storm.refused);
    println!("{} of {} of the worst were answered; memory meanwhile: {}", storm.answered, storm.sent, storm.memory);
    lines.push(storm.times.json("honest logins beside"));
    println!("aim: honest logins' p99 below {HONEST} ms, each process below 64 MB");
    println!("{}", json!(lines));
    Ok(())
}

/// Those that the one provider here is configured for, in a form that is small enough to be read.
fn usual(cases: Vec<Hostile>) -> impl Iterator<Item = Hostile> {
    cases.into_iter().filter(|case| case.site == Site::default())
}

/// An honest login: how long its answer takes, and the answer's status.
async fn honest(browser: &Browser) -> Result<(Duration, u16)> {
    let begun = browser.begin().await?;
    // An assertion counts once.
    let id = format!("_a{}", begun.request);
    let form = fresh(&begun, |given| {
        unsigned_response(&signed(&assertion(given).replacen(ASSERTION_ID, &id, 1)), given).into()
    });
    let at = Instant::now();
    let status = browser.bring(&begun, &form).await?;
    Ok((at.elapsed(), status))
}

/// The time of one hostile message, in milliseconds.
async fn once(browser: &Browser, case: &Hostile) -> Result<f64> {
    let begun = browser.begin().await?;
    let form = fresh(&begun, |given| case.make.sent(given));
    let at = Instant::now();
    // What is larger than any form may be is refused while it is sent.
    let status = browser.bring(&begun, &form).await.unwrap_or(413);
    let took = at.elapsed().as_secs_f64() * 1000.0;
    ensure!(case.harmless.is_some() || status >= 400, "{} is answered with {status}", case.label());
    Ok(took)
}

/// What came of honest logins beside a storm.
struct Storm {
    times: Times,
    /// Honest ones that were not let in.
    refused: usize,
    sent: usize,
    answered: usize,
    memory: String,
}

/// The worst of all without a pause, so many a second, and honest logins beside.
async fn storm(browser: &Arc<Browser>, daemon: &Daemon, seconds: usize) -> Result<Storm> {
    let count = STORM as usize * seconds;
    // Logins are begun before: whoever attacks can take time for that.
    let cases: Vec<Hostile> = usual(costly::all()).collect();
    let mut forms = Vec::new();
    for number in 0..count {
        let begun = browser.begin().await?;
        let case = cases.get(number % cases.len()).context("a case")?;
        let form = fresh(&begun, |given| case.make.sent(given));
        forms.push((begun, form));
        // Not more than may begin a second.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let watch = Watch::start(daemon.id());
    let answered = Arc::new(AtomicUsize::new(0));
    let sender = {
        let (browser, answered) = (Arc::clone(browser), Arc::clone(&answered));
        tokio::spawn(async move {
            let mut every = tokio::time::interval(Duration::from_secs(1) / STORM);
            for (begun, form) in forms {
                every.tick().await;
                let (browser, answered) = (Arc::clone(&browser), Arc::clone(&answered));
                tokio::spawn(async move {
                    if browser.bring(&begun, &form).await.is_ok() {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        })
    };
    let (mut times, mut refused) = (Times::default(), 0_usize);
    while !sender.is_finished() {
        let (took, status) = honest(browser).await?;
        times.add(took);
        refused += usize::from(status != 303);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let answered = answered.load(Ordering::Relaxed);
    Ok(Storm { times, refused, sent: count, answered, memory: watch.stop() })
}

/// What somebody makes of a login that has begun, now.
fn fresh(begun: &Begun, make: impl Fn(&saml::forge::Given) -> saml::forge::Sent) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    MOMENT.store(i64::try_from(now.as_millis()).unwrap_or(i64::MAX), Ordering::Relaxed);
    let given = saml::forge::Given { request: begun.request.clone(), trap: 9 };
    // With the state of this login, where it has one.
    make(&given).form().replace(saml::forge::STATE, &begun.state)
}

/// The slowest, and how many are over the bound.
fn report(what: &str, bound: f64, times: &mut [(f64, String)]) {
    times.sort_by(|one, other| other.0.total_cmp(&one.0));
    let at =
        |of_hundred: usize| times.get(times.len() - 1 - (times.len() - 1) * of_hundred / 100).map_or(0.0, |one| one.0);
    let over = times.iter().filter(|(took, _)| *took > bound).count();
    println!("{what}: {} messages, p50 {:.1} ms, p99 {:.1} ms, {over} over {bound} ms", times.len(), at(50), at(99));
    for (took, name) in times.iter().take(8) {
        println!("    {took:>8.1} ms   {name}");
    }
}

fn setting(name: &str, usual: usize) -> Result<usize> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text}: a number is meant")),
        Err(_) => Ok(usual),
    }
}
