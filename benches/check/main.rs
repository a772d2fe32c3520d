//! `make bench-check`: how long it takes to ask whether somebody may do something, beside a query written by hand over the
//! same tables that knows that there are no patterns and nobody stands in for anybody.
//!
//! 100,000 people in three of 100 organizations each, 800,000 grants of theirs (memberships and entitlements held), teams
//! and organizations that hold more. By SQL on each database, as an application asks; and by HTTP, one question or a
//! hundred a request, each answer with limits. The view and both ways over HTTP must say yes equally often.
//! `ROSTERD_BENCH_PEOPLE` (100000) and `ROSTERD_BENCH_CHECKS` (1000000) set the size.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

mod data;
#[path = "../sync/directory.rs"]
#[expect(dead_code, reason = "no directory is read here: its name alone, by what starts servers")]
mod directory;
#[path = "../sync/postgres.rs"]
mod postgres;
mod served;
#[path = "../sync/slapd.rs"]
#[expect(dead_code, reason = "no directory is read here")]
mod slapd;
#[path = "../login/times.rs"]
mod times;

use anyhow::{Context as _, Result, ensure};
use data::Question;
use postgres::Postgres;
use rosterd::store::{Access, MAY, open};
use rosterd_core::ids::Timestamp;
use serde_json::{Value, json};
use served::Daemon;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use std::path::Path;
use std::str::FromStr as _;
use std::time::Instant;
use times::Times;
use tokio::task::JoinSet;

/// So many connections to a server, or requests, at the same time.
const AT_ONCE: usize = 8;

/// So many questions in one request.
const BATCH: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let people = setting("ROSTERD_BENCH_PEOPLE", 100_000)?;
    let checks = setting("ROSTERD_BENCH_CHECKS", 1_000_000)?;
    println!("{people} people, {} grants of theirs, {checks} checks", people * 8);
    let program = Path::new("target/release/rosterd");
    let served = tempfile::tempdir()?;
    let postgres = Postgres::start(served.path())?;
    postgres.psql("postgres", "CREATE DATABASE bench")?;
    let mut lines: Vec<Value> = Vec::new();
    for name in ["SQLite", "PostgreSQL"] {
        let work = tempfile::tempdir()?;
        let file = work.path().join("bench.db");
        let url = if name == "SQLite" { format!("sqlite:{}", file.display()) } else { postgres.url("bench") };
        let store = open(&url, None, Access::Write).await?;
        store.migrate(Timestamp(1)).await?;
        drop(store);
        if name == "SQLite" {
            rusqlite::Connection::open(&file)?
                .execute_batch(&format!("BEGIN; {} COMMIT;", data::statements(people)))?;
        } else {
            let script = work.path().join("data.sql");
            std::fs::write(&script, format!("BEGIN; {} COMMIT; ANALYZE;", data::statements(people)))?;
            ensure!(postgres.script("bench", &script).status()?.success(), "the data cannot be written");
        }
        let mut show = |what: String, measured: &Measured| {
            let rate = f64::from(checks) / measured.seconds;
            println!("{}   {rate:>8.0}/s, {} yes", measured.times.line(&what), measured.yes);
            let mut line = measured.times.json(&what);
            line["a_second"] = json!(rate.round());
            line["yes"] = json!(measured.yes);
            lines.push(line);
        };
        let mut said = Vec::new();
        for (what, sql) in [("by hand", data::BY_HAND), ("view", MAY)] {
            let measured = if name == "SQLite" {
                sqlite(&file, sql, people, checks)?
            } else {
                server(&postgres.url("bench"), sql, people, checks).await?
            };
            show(format!("{what}, {name}"), &measured);
            said.push(measured.yes);
        }
        let daemon = Daemon::start(program, work.path(), &url).await?;
        let measured = daemon.singly(people, checks, AT_ONCE).await?;
        show(format!("HTTP, one a request, {name}"), &measured);
        said.push(measured.yes);
        let measured = daemon.batches(people, checks, AT_ONCE, BATCH).await?;
        show(format!("AuthZEN, {BATCH} a request, {name}, a request"), &measured);
        said.push(measured.yes);
        ensure!(
            matches!(said[..], [hand, view, one, many] if hand > 0 && view > hand && one == view && many == view),
            "yes: {said:?}"
        );
        daemon.changes(&url, &postgres, &file).await?;
        println!("{name}: a changed membership was in the very next answer, 100 times");
    }
    let out = Path::new("target/bench").join(format!("check-{people}.json"));
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let all = json!({ "format_version": 1, "people": people, "checks": checks, "lines": lines });
    std::fs::write(&out, format!("{all:#}\n"))?;
    println!("also in {}", out.display());
    Ok(())
}

fn setting(name: &str, default: u32) -> Result<u32> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text}: a number is meant")),
        Err(_) => Ok(default),
    }
}

/// What came of asking everything.
#[derive(Default)]
struct Measured {
    times: Times,
    yes: u32,
    /// From the first question to the last answer.
    seconds: f64,
}

impl Measured {
    /// Of several who asked at the same time.
    async fn joined(mut tasks: JoinSet<Result<(Times, u32)>>, begun: Instant) -> Result<Self> {
        let mut all = Self::default();
        while let Some(part) = tasks.join_next().await {
            let (times, yes) = part??;
            all.times.join(times);
            all.yes += yes;
        }
        all.seconds = begun.elapsed().as_secs_f64();
        Ok(all)
    }
}

/// One connection in this process.
fn sqlite(file: &Path, sql: &str, people: u32, checks: u32) -> Result<Measured> {
    let db = rusqlite::Connection::open(file)?;
    let mut statement = db.prepare(sql)?;
    let places: Vec<Option<usize>> = ["$1", "$2", "$3", "$4"]
        .into_iter()
        .map(|name| statement.parameter_index(name))
        .collect::<std::result::Result<_, _>>()?;
    let (mut times, mut yes, begun) = (Times::default(), 0, Instant::now());
    for n in 0..checks {
        let Question { user, org, action, scope } = data::question(n, people);
        times.time(|| {
            let values: [&dyn rusqlite::ToSql; 4] = [&user, &org, &action, &scope];
            for (place, value) in places.iter().zip(values) {
                if let Some(place) = place {
                    statement.raw_bind_parameter(*place, value)?;
                }
            }
            let (mut rows, mut any) = (statement.raw_query(), 0);
            while rows.next()?.is_some() {
                any = 1;
            }
            yes += any;
            Ok(())
        })?;
    }
    Ok(Measured { times, yes, seconds: begun.elapsed().as_secs_f64() })
}

/// Several connections to a server, each with the statement prepared.
async fn server(url: &str, sql: &'static str, people: u32, checks: u32) -> Result<Measured> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    let each = checks.div_ceil(u32::try_from(AT_ONCE)?);
    for part in 0..u32::try_from(AT_ONCE)? {
        let url = url.to_owned();
        tasks.spawn(async move {
            let options = sqlx::postgres::PgConnectOptions::from_str(&url)?.disable_statement_logging();
            let mut db = sqlx::PgConnection::connect_with(&options).await?;
            let (mut times, mut yes) = (Times::default(), 0);
            for n in part * each..((part + 1) * each).min(checks) {
                let Question { user, org, action, scope } = data::question(n, people);
                let query = sqlx::query(sql).bind(user).bind(org).bind(action).bind(scope);
                let begun = Instant::now();
                yes += u32::from(!db.fetch_all(query).await?.is_empty());
                times.add(begun.elapsed());
            }
            anyhow::Ok((times, yes))
        });
    }
    Measured::joined(tasks, begun).await
}
