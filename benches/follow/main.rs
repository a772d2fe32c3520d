//! `make bench-follow`: what following a directory's changes costs, beside what the directory itself needs to
//! tell them.
//!
//! slapd serves the directory of `make bench` and tells of changes (RFC 4533). Everything is read once into
//! SQLite; then changes are followed in process: none, some addresses, some of everything. The floor of none is
//! `ldapsearch` with the same cookie. Then `rosterd run` follows single changes of memberships: from before the
//! change is sent to the row in the table. `ROSTERD_BENCH_PEOPLE` (100000) sets the size.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

#[path = "../sync/directory.rs"]
#[expect(dead_code, reason = "another benchmark tells more of the directory")]
mod directory;
mod fit;
mod live;
#[path = "../sync/slapd.rs"]
mod slapd;
#[path = "../login/times.rs"]
#[expect(dead_code, reason = "another benchmark measures several at once")]
mod times;

use anyhow::{Context as _, Result, ensure};
use directory::{COMPANY, Directory, SUFFIX, login};
use rosterd::clock::SystemClock;
use rosterd::config;
use rosterd::random::SystemRandom;
use rosterd::store::{Access, Store, open};
use rosterd::sync::{Cause, Engine, Followed, Outcome};
use rosterd::worker::{Surroundings, engine};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use serde_json::{Value, json};
use slapd::{PASSWORD, Slapd, reader};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;
use times::Times;

/// How often each is done.
const ROUNDS: usize = 5;
/// So many changes at once.
const CHANGES: [u32; 4] = [1, 10, 100, 1000];
/// More than are told one by one.
const MANY: u32 = 10_000;

#[tokio::main]
async fn main() -> Result<()> {
    let people = match std::env::var("ROSTERD_BENCH_PEOPLE") {
        Ok(text) => text.parse().with_context(|| format!("ROSTERD_BENCH_PEOPLE={text}: a number is meant"))?,
        Err(_) => 100_000,
    };
    let mut made = Directory::new(people, COMPANY);
    println!("{people} people, {} groups", made.groups());
    let (served, work) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let slapd = Slapd::start(served.path(), &made.ldif(), "overlay syncprov\nsyncprov-sessionlog 100000\n")?;
    let mut lines = Vec::new();
    let mut show = |what: &str, times: &Times| {
        println!("{}", times.line(what));
        lines.push(times.json(what));
    };

    let engine = prepared(work.path(), &slapd).await?;
    let begun = Instant::now();
    everybody(&engine).await?;
    println!("everybody, into an empty database: {:.2} s", begun.elapsed().as_secs_f64());
    let mut full = Times::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        everybody(&engine).await?;
        full.add(begun.elapsed());
    }
    show("everybody, nothing changed", &full);

    let cookie = cookie(&*engine.store).await?;
    let mut floor = Times::default();
    for _ in 0..100 {
        floor.time(|| ldapsearch(&slapd, &cookie))?;
    }
    show("floor: ldapsearch with the cookie, nothing changed", &floor);
    let mut none = Times::default();
    for _ in 0..100 {
        let begun = Instant::now();
        ensure!(follow(&engine).await? == Followed::Nothing, "something changed");
        none.add(begun.elapsed());
    }
    show("followed, nothing changed", &none);

    for (what, all) in [("addresses", false), ("of everything", true)] {
        let mut points = Vec::new();
        for changes in CHANGES {
            let mut times = Times::default();
            for round in 0..ROUNDS {
                slapd.modify(&if all { made.change(changes) } else { addresses(changes, people, round) })?;
                let begun = Instant::now();
                let followed = follow(&engine).await?;
                if let Followed::Everybody(_) = followed {
                    everybody(&engine).await?;
                }
                let took = begun.elapsed();
                times.add(took);
                points.push((f64::from(changes), took.as_secs_f64() * 1000.0));
            }
            show(&format!("{changes} changes, {what}"), &times);
        }
        println!("    {}", fit::line(&points));
    }
    slapd.modify(&addresses(MANY, people, ROUNDS))?;
    let begun = Instant::now();
    let followed = follow(&engine).await?;
    ensure!(matches!(followed, Followed::Everybody(_)), "{followed:?}");
    everybody(&engine).await?;
    println!("{MANY} changes, addresses, by reading everybody: {:.2} s", begun.elapsed().as_secs_f64());
    drop(engine);

    let live = live::measure(work.path(), &slapd, people)?;
    show("rosterd run: from a change to the row", &live.times);
    println!("    rosterd run: {} MB resident at most", live.most_memory);

    let file = Path::new("target/bench").join(format!("follow-{people}.json"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let all = json!({ "format_version": 1, "people": people, "groups": made.groups(), "lines": lines });
    std::fs::write(&file, format!("{all:#}\n"))?;
    println!("also in {}", file.display());
    Ok(())
}

/// A run's surroundings, on a database without people.
async fn prepared(work: &Path, slapd: &Slapd) -> Result<Engine> {
    let path = work.join("password");
    std::fs::write(&path, PASSWORD)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::write(work.join("rosterd.toml"), configuration(&slapd.url()))?;
    let loaded = config::load(&work.join("rosterd.toml"), &[]).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
    let url = format!("sqlite:{}", work.join("bench.db").display());
    let store = open(&url, None, Access::Write).await?;
    store.migrate(Timestamp(0)).await?;
    let around = Surroundings { store, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) };
    let mut engine = engine(&loaded, &around, None).map_err(anyhow::Error::msg)?;
    engine.following = true;
    Ok(engine)
}

/// For the engine here and for `rosterd run`, which asks once a day and is told of changes besides.
fn configuration(ldap: &str) -> String {
    let reader = reader();
    format!(
        r#"version = 1
[database]
url = "sqlite:bench.db"
[limits]
removals_percent = 100
[providers.corp]
every = "24h"
create_missing = ["orgs", "teams"]
[providers.corp.ldap]
urls = ["{ldap}"]
bind.dn = "{reader}"
bind.password = {{ file = "password" }}
follow.every = "24h"
users.base = ["ou=people,{SUFFIX}"]
groups.base = ["ou=groups,{SUFFIX}"]
groups.filter = "(objectClass=groupOfNames)"
groups.members = ["member"]
groups.member_logins = []
[[rules]]
id = "everybody"
match.group = "*"
org = "Main"
role = "Viewer"
[[rules]]
id = "teams"
match.group_regex = "(?P<name>grp-.+)"
org = "Main"
team = "${{name}}"
"#
    )
}

async fn everybody(engine: &Engine) -> Result<()> {
    let outcome = engine.run_once("corp", Trigger::Schedule).await?;
    ensure!(!matches!(outcome, Outcome::Held { .. }), "it was held");
    Ok(())
}

async fn follow(engine: &Engine) -> Result<Followed> {
    Ok(engine.follow("corp", Cause::from(Trigger::Feed)).await?)
}

/// Another address for so many people, other ones in each round.
fn addresses(changes: u32, people: u32, round: usize) -> String {
    let mut out = String::new();
    for n in 0..changes {
        // A prime, so that nobody comes twice.
        let person = n.wrapping_add(round as u32 * changes).wrapping_mul(7919) % people;
        let login = login(person);
        let _ = writeln!(out, "dn: uid={login},ou=people,{SUFFIX}\nchangetype: modify\nreplace: mail");
        let _ = writeln!(out, "mail: {login}.{round}.{changes}@example.org\n");
    }
    out
}

/// The cookie of the people, as it is kept.
async fn cookie(store: &dyn Store) -> Result<String> {
    let cursor = store.cursor("corp").await?.context("nothing is followed")?;
    let cursor: Value = serde_json::from_str(&cursor)?;
    Ok(cursor["cookies"][0].as_str().context("no cookie")?.to_owned())
}

fn ldapsearch(slapd: &Slapd, cookie: &str) -> Result<()> {
    let done = Command::new("ldapsearch")
        .args(["-x", "-LLL", "-H", &slapd.url(), "-D", &reader(), "-w", PASSWORD, "-b", &format!("ou=people,{SUFFIX}")])
        .args(["-E", &format!("!sync=ro/{cookie}"), "(objectClass=inetOrgPerson)", "entryUUID"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(done.success(), "ldapsearch: {done}");
    Ok(())
}
