//! `make bench` and `make bench-million`: how long rosterd takes, beside what the machine itself needs for
//! the same, and how much memory.
//!
//! A directory is generated and served by slapd. The release binary is run as `rosterd sync` into
//! SQLite and PostgreSQL: first, again with nothing changed, and after 100 changes. The floor is
//! taken in the same run: `ldapsearch` of the same entries and attributes to nowhere, plus the bulk
//! load of the rows that came out. Medians of `ROSTERD_BENCH_ROUNDS` (3, or 1) rounds;
//! `ROSTERD_BENCH_PEOPLE` (100000, or 1000000) sets the size. With a million people a first sync that
//! takes more memory than it may is an error. Nothing of rosterd's own code is linked in.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock: that is what it is for")]
#![expect(clippy::print_stdout, reason = "what was measured is printed")]

mod database;
mod directory;
mod measure;
mod postgres;
mod report;
mod slapd;

use anyhow::{Context as _, Result, bail, ensure};
use database::{Database, Tables};
use directory::{COMPANY, Directory, SUFFIX, Shape};
use measure::{Sample, median, run};
use postgres::Postgres;
use report::Line;
use serde_json::{Value, json};
use slapd::{PASSWORD, Slapd, reader};
use std::path::{Path, PathBuf};
use std::process::Command;

const CHANGES: u32 = 100;

/// What is measured.
struct Size {
    people: u32,
    rounds: u32,
    shape: Shape,
    /// Also the load of only those tables that an application reads.
    plain: bool,
    /// The most megabytes that a first sync may hold.
    memory: Option<u64>,
}

impl Size {
    fn named(name: Option<&str>) -> Result<Self> {
        let (people, rounds, shape, plain, memory) = match name {
            None => (100_000, 3, COMPANY, true, None),
            Some("million") => (1_000_000, 1, Shape { groups_a_person: 5, largest: 20 }, false, Some(800)),
            Some(other) => bail!("{other}: there is no such size"),
        };
        let (people, rounds) = (setting("ROSTERD_BENCH_PEOPLE", people)?, setting("ROSTERD_BENCH_ROUNDS", rounds)?);
        Ok(Self { people, rounds, shape, plain, memory })
    }
}

fn main() -> Result<()> {
    let program = std::env::args_os().nth(1).context("which rosterd is to be measured?")?;
    let program = std::fs::canonicalize(program).context("that rosterd is not there: make build")?;
    let size = Size::named(std::env::args().nth(2).as_deref())?;
    let Size { people, rounds, .. } = size;
    let mut directory = Directory::new(people, size.shape);
    let memberships = directory.direct_memberships();
    println!("{people} people, {} groups, {memberships} memberships, medians of {rounds}", directory.groups());
    let (slapd_dir, postgres_dir, work) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    let slapd = Slapd::start(slapd_dir.path(), &directory.ldif(), "")?;
    let postgres = Postgres::start(postgres_dir.path())?;
    std::fs::write(work.path().join("password"), PASSWORD)?;
    only_owner(&work.path().join("password"))?;

    read(&slapd)?; // Once for nothing: the directory comes from the disk.
    let reads = (0..rounds.max(3)).map(|_| read(&slapd)).collect::<Result<Vec<_>>>()?;
    let read_alone = median(&reads);
    println!("the read alone (ldapsearch): {:.2} s\n", read_alone.wall);

    let databases = [Database::Sqlite(work.path().to_owned()), Database::Postgres(&postgres, work.path().to_owned())];
    let (mut results, mut most) = (Vec::new(), 0);
    for database in &databases {
        let bench =
            Bench { program: &program, database, slapd: &slapd, work: work.path(), read_alone: read_alone.wall };
        let lines = bench.rounds(&mut directory, &size)?;
        println!("{}\n{}", database.name(), report::table(&lines));
        most = lines.first().and_then(|first| first.rosterd.peak).map_or(most, |peak| most.max(peak));
        results.push(json!({ "database": database.name(), "lines": lines.iter().map(Line::json).collect::<Vec<_>>() }));
    }
    let file = Path::new("target/bench").join(format!("sync-{people}.json"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let all = json!({
        "format_version": 1, "people": people, "groups": directory.groups(), "memberships": memberships,
        "rounds": rounds, "read_alone_seconds": read_alone.wall, "databases": results,
        "first_sync_may_hold_mb": size.memory,
    });
    std::fs::write(&file, format!("{all:#}\n"))?;
    println!("also in {}", file.display());
    if let Some(memory) = size.memory {
        ensure!((1..=memory).contains(&most), "a first sync held {most} MB; {memory} MB are allowed");
        println!("a first sync held at most {most} MB; {memory} MB are allowed");
    }
    Ok(())
}

fn setting(name: &str, default: u32) -> Result<u32> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text}: a number is meant")),
        Err(_) => Ok(default),
    }
}

/// Rosterd refuses secrets that others can read.
fn only_owner(file: &Path) -> Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    Ok(std::fs::set_permissions(file, mode)?)
}

/// The same entries and attributes that rosterd asks for: people, then groups.
fn read(slapd: &Slapd) -> Result<Sample> {
    let search = |ou: &str, class: &str, attributes: &[&str]| {
        let mut command = Command::new("ldapsearch");
        command.args(["-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-x", "-H", &slapd.url()]);
        command.args(["-D", &reader(), "-w", PASSWORD, "-b", &format!("ou={ou},{SUFFIX}")]);
        command.arg(format!("(objectClass={class})")).args(attributes);
        run(&mut command, true)
    };
    let (people, _) = search("people", "inetOrgPerson", &["entryUUID", "uid", "cn", "mail"])?;
    let (groups, _) = search("groups", "groupOfNames", &["entryUUID", "cn", "member"])?;
    Ok(Sample { wall: people.wall + groups.wall, cpu: people.cpu + groups.cpu, peak: None })
}

/// What one database's measurements need.
struct Bench<'a> {
    program: &'a Path,
    database: &'a Database<'a>,
    slapd: &'a Slapd,
    work: &'a Path,
    read_alone: f64,
}

impl Bench<'_> {
    fn rounds(&self, directory: &mut Directory, size: &Size) -> Result<Vec<Line>> {
        let (mut first, mut again, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut all, mut plain) = (Vec::new(), Vec::new());
        for round in 0..size.rounds {
            let (name, copy) = (format!("bench_{round}"), format!("copy_{round}"));
            let config = self.configure(&self.database.make(&name)?, directory.admins())?;
            self.rosterd(&config, &["db", "migrate"])?;
            self.database.settle()?;
            let (sample, said) = self.sync(&config, "applied")?;
            first.push(sample);
            if round == 0 {
                let count = |table| self.database.count(&name, table);
                let (users, orgs, teams) = (count("users")?, count("org_members")?, count("team_members")?);
                println!("{}: {users} users, {orgs} + {teams} memberships; {said}", self.database.name());
                ensure!(users == u64::from(directory.people()), "somebody is missing");
            }
            self.database.dump(&name)?;
            let floors = [(Tables::All, &mut all), (Tables::Application, &mut plain)];
            for (tables, samples) in floors.into_iter().take(1 + usize::from(size.plain)) {
                let config = self.configure(&self.database.make(&copy)?, directory.admins())?;
                self.rosterd(&config, &["db", "migrate"])?;
                self.database.settle()?;
                samples.push(self.database.load(&name, &copy, tables)?);
                self.database.delete(&copy)?;
            }
            let config = self.configure(&self.address(&name), directory.admins())?;
            self.database.settle()?;
            again.push(self.sync(&config, "unchanged")?.0);
            self.slapd.modify(&directory.change(CHANGES))?;
            changed.push(self.sync(&config, "applied")?.0);
            self.database.delete(&name)?;
        }
        let read = self.read_alone;
        let line = |what: &str, samples: &[Sample], floor_of, floor, aim| Line {
            what: what.to_owned(),
            rosterd: median(samples),
            floor_of,
            floor,
            aim,
        };
        let aim = if matches!(self.database, Database::Sqlite(_)) { 1.3 } else { 1.5 };
        let (all, plain) = (median(&all).wall, median(&plain).wall);
        let mut lines = vec![line("first sync", &first, "read + load of all rows", read + all, Some(aim))];
        if size.plain {
            lines.push(line("first sync", &first, "read + load of what applications read", read + plain, None));
        }
        lines.push(line("nothing changed", &again, "read", read, Some(2.0)));
        lines.push(line(&format!("{CHANGES} changes"), &changed, "read", read, None));
        Ok(lines)
    }

    fn address(&self, name: &str) -> String {
        match self.database {
            Database::Sqlite(dir) => format!("sqlite:{}", dir.join(name).display()),
            Database::Postgres(server, _) => server.url(name),
        }
    }

    /// A configuration as a site would have it: everybody is Viewer, some groups give more, and
    /// every group is a team.
    fn configure(&self, database: &str, admins: &str) -> Result<PathBuf> {
        let (url, reader) = (self.slapd.url(), reader());
        let text = format!(
            r#"version = 1

[database]
url = "{database}"

[providers.corp]
create_missing = ["orgs", "teams"]

[providers.corp.ldap]
urls = ["{url}"]
bind.dn = "{reader}"
bind.password = {{ file = "password" }}
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
id = "editors"
match.group_glob = "*-billing"
org = "Main"
role = "Editor"

[[rules]]
id = "admins"
match.group = "cn={admins},ou=groups,{SUFFIX}"
org = "Main"
role = "Admin"

[[rules]]
id = "teams"
match.group_regex = "(?P<name>grp-.+)"
org = "Main"
team = "${{name}}"
"#
        );
        let file = self.work.join("rosterd.toml");
        std::fs::write(&file, text)?;
        Ok(file)
    }

    /// Runs the release binary; returns what it says as JSON.
    fn rosterd(&self, config: &Path, command: &[&str]) -> Result<(Sample, Value)> {
        let mut rosterd = Command::new(self.program);
        rosterd.arg("--config").arg(config).args(["--output", "json"]).args(command);
        let (sample, output) = run(&mut rosterd, false)?;
        let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Ok((sample, said))
    }

    /// One sync that must come to `outcome`.
    fn sync(&self, config: &Path, outcome: &str) -> Result<(Sample, Value)> {
        let (sample, said) = self.rosterd(config, &["sync"])?;
        let run = said.pointer("/runs/0").cloned().unwrap_or(Value::Null);
        ensure!(run.get("outcome").and_then(Value::as_str) == Some(outcome), "expected {outcome}: {said}");
        ensure!(run.get("complete").and_then(Value::as_bool) == Some(true), "the read was not complete: {said}");
        let peak = said.get("peak_memory_mb").and_then(Value::as_u64);
        Ok((Sample { peak, ..sample }, run))
    }
}
