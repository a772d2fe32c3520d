//! From a call of a login hook to its answer, on each database: once with a group that has changed
//! in the directory just before, once with nothing changed; one after the other, and many at once.
//!
//! The floor is the same search of that person and groups on one warm connection, and one
//! transaction that changes a membership, with nothing done in between; and so many of these as the
//! machine does in a second, with several connections.

use crate::daemon::Daemon;
use crate::directory::SUFFIX;
use crate::floor::Floor;
use crate::postgres::Postgres;
use crate::slapd::Slapd;
use crate::times::Times;
use anyhow::{Result, ensure};
use rusqlite::Connection as Sqlite;
use sqlx::Connection as _;
use std::fmt::Write as _;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many logins at the same time, where a rate is measured: storms of them.
const AT_ONCE: [usize; 2] = [64, 256];
/// So many connections, where it is measured how many floors a second there can be.
const CONNECTIONS: usize = 8;
/// So many at any time, beside a full run.
const BESIDE: usize = 16;

pub(crate) async fn measure(slapd: &Slapd, floor: &mut Floor, who: &[String]) -> Result<Vec<(String, Times)>> {
    let program = Path::new("target/release/rosterd");
    let served = tempfile::tempdir()?;
    let postgres = Postgres::start(served.path())?;
    let mut all = Vec::new();
    for name in ["SQLite", "PostgreSQL"] {
        let work = tempfile::tempdir()?;
        let database = if name == "SQLite" {
            all.push((format!("floor: search + transaction, {name}"), sqlite(work.path(), floor, who)?));
            let (times, rate) = sqlite_at_once(work.path(), slapd, who).await?;
            all.push((format!("the same, {CONNECTIONS} at once ({rate:.0}/s), {name}"), times));
            format!("sqlite:{}", work.path().join("bench.db").display())
        } else {
            for database in ["floor", "bench"] {
                postgres.psql("postgres", &format!("CREATE DATABASE {database}"))?;
            }
            all.push((
                format!("floor: search + transaction, {name}"),
                server(&postgres.url("floor"), floor, who).await?,
            ));
            let (times, rate) = server_at_once(&postgres.url("floor"), slapd, who).await?;
            all.push((format!("the same, {CONNECTIONS} at once ({rate:.0}/s), {name}"), times));
            postgres.url("bench")
        };
        let daemon = Arc::new(Daemon::start(program, work.path(), slapd, &database, "24h").await?);
        // A part warms up; the rest is measured.
        let (warm, rest) = who.split_at(who.len() / 10);
        let (one, many) = rest.split_at(rest.len() / 3);
        daemon.logins("warm", warm, 1, None).await?;
        let (times, _) = daemon.logins("same", one, 1, None).await?;
        all.push((format!("login by HTTP, nothing changed, {name}"), times));
        let team = if name == "SQLite" { "joined-a" } else { "joined-b" };
        joined(slapd, team, one)?;
        let (times, _) = daemon.logins("moved", one, 1, Some(team)).await?;
        all.push((format!("login by HTTP, a group changed, {name}"), times));
        for at_once in AT_ONCE {
            let (times, rate) = daemon.logins(&format!("many-{at_once}"), many, at_once, None).await?;
            all.push((format!("the same, nothing changed, {at_once} at once ({rate:.0}/s), {name}"), times));
            let team = match (at_once == AT_ONCE[0], name) {
                (true, "SQLite") => "joined-c",
                (true, _) => "joined-d",
                (false, "SQLite") => "joined-e",
                (false, _) => "joined-f",
            };
            joined(slapd, team, many)?;
            let (times, rate) = daemon.logins(&format!("moving-{at_once}"), many, at_once, Some(team)).await?;
            all.push((format!("the same, a group changed, {at_once} at once ({rate:.0}/s), {name}"), times));
        }
        println!("{name}: {} MB resident after {} logins", daemon.memory()?, who.len() * 2);
        drop(daemon);
        let daemon = Arc::new(Daemon::start(program, work.path(), slapd, &database, "1s").await?);
        println!("{name}: {}", beside(&daemon, who).await?);
    }
    Ok(all)
}

/// Puts these people into a new group.
fn joined(slapd: &Slapd, group: &str, who: &[String]) -> Result<()> {
    let mut ldif =
        format!("dn: cn={group},ou=groups,{SUFFIX}\nchangetype: add\nobjectClass: groupOfNames\ncn: {group}\n");
    for login in who {
        writeln!(ldif, "member: uid={login},ou=people,{SUFFIX}")?;
    }
    slapd.modify(&ldif)
}

fn sqlite(work: &Path, floor: &mut Floor, who: &[String]) -> Result<Times> {
    let db = Sqlite::open(work.join("floor.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE m (team INTEGER, person INTEGER, role TEXT, PRIMARY KEY (team, person))",
    )?;
    let mut times = Times::default();
    for (n, login) in who.iter().enumerate() {
        times.time(|| {
            floor.level_by_level(login)?;
            db.execute("INSERT INTO m VALUES (1, ?1, 'member')", [n as i64])?;
            Ok(())
        })?;
    }
    Ok(times)
}

/// The same over several connections, with one writer, as a SQLite database has.
async fn sqlite_at_once(work: &Path, slapd: &Slapd, who: &[String]) -> Result<(Times, f64)> {
    let db = Sqlite::open(work.join("floor.db"))?;
    db.execute_batch("PRAGMA synchronous = FULL")?;
    let db = Mutex::new(db);
    at_once(slapd, who, move |n| {
        let db = db.lock().unwrap_or_else(PoisonError::into_inner);
        db.execute("INSERT INTO m VALUES (2, ?1, 'member')", [n as i64])?;
        Ok(())
    })
    .await
}

async fn server_at_once(url: &str, slapd: &Slapd, who: &[String]) -> Result<(Times, f64)> {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(u32::try_from(CONNECTIONS)?).connect(url).await?;
    let handle = tokio::runtime::Handle::current();
    at_once(slapd, who, move |n| {
        let insert = sqlx::query("INSERT INTO m VALUES (2, $1, 'member')").bind(n as i64);
        handle.block_on(insert.execute(&pool))?;
        Ok(())
    })
    .await
}

/// Floors, each on one of several connections to the directory; and how many a second.
async fn at_once(
    slapd: &Slapd,
    who: &[String],
    write: impl Fn(usize) -> Result<()> + Send + Sync + 'static,
) -> Result<(Times, f64)> {
    let begun = Instant::now();
    let write = Arc::new(write);
    let mut threads = tokio::task::JoinSet::new();
    let size = who.len().div_ceil(CONNECTIONS);
    for (part, people) in who.chunks(size).enumerate() {
        let (url, people, write) = (slapd.url(), people.to_vec(), Arc::clone(&write));
        threads.spawn_blocking(move || {
            let mut floor = Floor::connect(&url)?;
            let mut times = Times::default();
            for (n, login) in people.iter().enumerate() {
                times.time(|| {
                    floor.level_by_level(login)?;
                    write(part * size + n)
                })?;
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Times::default();
    while let Some(part) = threads.join_next().await {
        times.join(part??);
    }
    Ok((times, who.len() as f64 / begun.elapsed().as_secs_f64()))
}

async fn server(url: &str, floor: &mut Floor, who: &[String]) -> Result<Times> {
    let mut db = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql("CREATE TABLE m (team bigint, person bigint, role text, PRIMARY KEY (team, person))")
        .execute(&mut db)
        .await?;
    let mut times = Times::default();
    for (n, login) in who.iter().enumerate() {
        let begun = Instant::now();
        floor.level_by_level(login)?;
        let insert = sqlx::query("INSERT INTO m VALUES (1, $1, 'member')").bind(n as i64);
        insert.execute(&mut db).await?;
        times.add(begun.elapsed());
    }
    Ok(times)
}

/// How long full runs take while nobody logs in, and while everybody does.
async fn beside(daemon: &Arc<Daemon>, who: &[String]) -> Result<String> {
    let quiet = a_run(daemon, async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        anyhow::Ok(())
    })
    .await?;
    let flooded = a_run(daemon, async {
        let begun = Instant::now();
        let mut round = 0;
        while begun.elapsed() < Duration::from_secs(10) {
            daemon.logins(&format!("flood-{round}"), who, BESIDE, None).await?;
            round += 1;
        }
        anyhow::Ok(())
    })
    .await?;
    let memory = daemon.memory()?;
    Ok(format!(
        "a full run takes {:.0} ms, with {BESIDE} logins at any time {:.0} ms ({:.2} times); {memory} MB resident",
        quiet * 1000.0,
        flooded * 1000.0,
        flooded / quiet
    ))
}

/// Seconds that a full run took on average meanwhile, all stages together.
async fn a_run(daemon: &Daemon, meanwhile: impl Future<Output = Result<()>>) -> Result<f64> {
    let (runs, took) = daemon.runs().await?;
    meanwhile.await?;
    let (runs_after, took_after) = daemon.runs().await?;
    ensure!(runs_after > runs, "no run ended");
    Ok((took_after - took) / (runs_after - runs))
}
