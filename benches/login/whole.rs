//! From a call of a login hook to its answer, on each database: once with a group that has changed
//! in the directory just before, once with nothing changed; one after the other, and many at once.
//!
//! The floor is the same search of that person and groups on one warm connection, and one
//! transaction that changes a membership, with nothing done in between.

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
use std::sync::Arc;
use std::time::Duration;

/// So many logins at the same time, where a rate is measured: a storm of them.
const AT_ONCE: usize = 64;
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
            format!("sqlite:{}", work.path().join("bench.db").display())
        } else {
            for database in ["floor", "bench"] {
                postgres.psql("postgres", &format!("CREATE DATABASE {database}"))?;
            }
            all.push((
                format!("floor: search + transaction, {name}"),
                server(&postgres.url("floor"), floor, who).await?,
            ));
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
        let (times, rate) = daemon.logins("many", many, AT_ONCE, None).await?;
        all.push((format!("the same, nothing changed, {AT_ONCE} at once ({rate:.0}/s), {name}"), times));
        let team = if name == "SQLite" { "joined-c" } else { "joined-d" };
        joined(slapd, team, many)?;
        let (times, rate) = daemon.logins("moving", many, AT_ONCE, Some(team)).await?;
        all.push((format!("the same, a group changed, {AT_ONCE} at once ({rate:.0}/s), {name}"), times));
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

async fn server(url: &str, floor: &mut Floor, who: &[String]) -> Result<Times> {
    let mut db = sqlx::PgConnection::connect(url).await?;
    sqlx::raw_sql("CREATE TABLE m (team bigint, person bigint, role text, PRIMARY KEY (team, person))")
        .execute(&mut db)
        .await?;
    let mut times = Times::default();
    for (n, login) in who.iter().enumerate() {
        let begun = std::time::Instant::now();
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
        let begun = std::time::Instant::now();
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
