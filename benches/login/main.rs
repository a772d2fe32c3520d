//! `make bench-login`: how long looking for one person takes, beside what the directory itself
//! needs for the same answers.
//!
//! slapd serves the directory of `make bench`. One person after the other is looked for by login
//! over a warm connection, as a login does it: the entry, the groups, the groups above them. The
//! floor is the least that anybody must ask for that, over one connection, with nothing done with
//! the answers: see [`floor`]. Then the same through `rosterd run` and a login hook, on each
//! database: see [`whole`]. `ROSTERD_BENCH_PEOPLE` (100000) sets the size,
//! `ROSTERD_BENCH_LOGINS` (2000) how often.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

mod daemon;
#[path = "../sync/directory.rs"]
#[expect(dead_code, reason = "the other benchmark changes the directory as well")]
mod directory;
mod floor;
#[path = "../sync/postgres.rs"]
#[expect(dead_code, reason = "the other benchmark runs scripts as well")]
mod postgres;
#[path = "../sync/slapd.rs"]
mod slapd;
mod times;
mod whole;

use anyhow::{Context as _, Result, ensure};
use directory::{COMPANY, Directory, SUFFIX};
use floor::Floor;
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, PersonKey, ReadRequest};
use rosterd_core::snapshot::Reading;
use serde_json::json;
use slapd::{PASSWORD, Slapd, reader};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use times::Times;

/// So many looks at once, where several connections are measured.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let people = setting("ROSTERD_BENCH_PEOPLE", 100_000)?;
    let logins = setting("ROSTERD_BENCH_LOGINS", 2_000)?;
    let made = Directory::new(people, COMPANY);
    println!("{people} people, {} groups, {logins} logins", made.groups());
    let (served, secrets) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let slapd = Slapd::start(served.path(), &made.ldif(), "")?;
    let password = secrets.path().join("password");
    std::fs::write(&password, PASSWORD)?;
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let config = serde_json::from_value(json!({
        "urls": [slapd.url()],
        "bind": { "dn": reader(), "password": { "file": password } },
        "users": { "base": [format!("ou=people,{SUFFIX}")] },
        "groups": {
            "base": [format!("ou=groups,{SUFFIX}")], "filter": "(objectClass=groupOfNames)",
            "members": ["member"], "member_logins": [],
        },
    }))?;
    let ldap = Arc::new(LdapDirectory::new(&config)?);
    // Spread over the whole directory; a prime, so that nobody comes twice before everybody did.
    let who: Vec<String> = (0..logins).map(|n| directory::login(n.wrapping_mul(7919) % people)).collect();

    // Once for nothing: the directory comes from the disk.
    let mut floor = Floor::connect(&slapd.url())?;
    for login in &who {
        floor.level_by_level(login)?;
    }
    let mut results = Vec::new();
    let mut show = |what: &str, times: Times| {
        println!("{}", times.line(what));
        results.push(times.json(what));
    };
    let mut times = Times::default();
    for login in &who {
        times.time(|| floor.person_and_groups(login))?;
    }
    show("floor: person, direct groups", times);
    let mut times = Times::default();
    for login in &who {
        times.time(|| floor.level_by_level(login))?;
    }
    show("floor: the same, and groups above, a search a level", times);

    find(&ldap, &who[0]).await?;
    let mut times = Times::default();
    for login in &who {
        let begun = Instant::now();
        find(&ldap, login).await?;
        times.add(begun.elapsed());
    }
    show("find", times);

    let begun = Instant::now();
    let mut times = Times::default();
    let mut tasks = tokio::task::JoinSet::new();
    for part in who.chunks(who.len().div_ceil(AT_ONCE)) {
        let (ldap, part) = (Arc::clone(&ldap), part.to_vec());
        tasks.spawn(async move {
            let mut times = Times::default();
            for login in &part {
                let begun = Instant::now();
                find(&ldap, login).await?;
                times.add(begun.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    while let Some(part) = tasks.join_next().await {
        times.join(part??);
    }
    let each = who.len() as f64 / begun.elapsed().as_secs_f64();
    show(&format!("find, {AT_ONCE} at once ({each:.0} a second)"), times);

    let mut times = Times::default();
    for hundred in who.chunks(100) {
        let keys: Vec<_> = hundred.iter().map(|login| PersonKey::Login(login.clone())).collect();
        let begun = Instant::now();
        look(&ldap, &keys).await?;
        times.add(begun.elapsed() / u32::try_from(hundred.len())?);
    }
    show("find, a hundred in one look, each", times);

    drop(ldap);
    for (what, times) in whole::measure(&slapd, &mut floor, &who).await? {
        show(&what, times);
    }

    let file = Path::new("target/bench").join(format!("login-{people}.json"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let all = json!({ "format_version": 1, "people": people, "groups": made.groups(), "lines": results });
    std::fs::write(&file, format!("{all:#}\n"))?;
    println!("also in {}", file.display());
    Ok(())
}

fn setting(name: &str, default: u32) -> Result<u32> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text}: a number is meant")),
        Err(_) => Ok(default),
    }
}

async fn find(ldap: &LdapDirectory, login: &str) -> Result<()> {
    look(ldap, &[PersonKey::Login(login.to_owned())]).await
}

/// One look, which must be complete and have found everybody.
async fn look(ldap: &LdapDirectory, keys: &[PersonKey]) -> Result<()> {
    let found = ldap
        .find(
            &keys.to_vec().into(),
            &ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Arc::default() },
        )
        .await?;
    ensure!(matches!(found.reading, Reading::People(_)), "incomplete: {:?}", found.reading.gaps());
    ensure!(found.reading.snapshot().people.len() == keys.len(), "somebody is missing");
    Ok(())
}
