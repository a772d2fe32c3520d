//! Several `rosterd run` on one PostgreSQL, each through a proxy of its own.
#![expect(clippy::print_stdout, reason = "what went wrong is in several logs")]

use super::oracle;
use crate::world::database::{Backend, Database};
use crate::world::proxy::{Fault, Proxy};
use crate::world::psql::Psql;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::rosterd::Running;
use crate::world::site::Site;
use crate::world::tables::Tables;
use std::collections::BTreeSet;
use std::time::Duration;

pub struct Replica {
    pub name: String,
    pub proxy: Proxy,
    process: Option<Running>,
}

pub struct Fleet {
    pub site: Site,
    pub replicas: Vec<Replica>,
    lease: String,
    seen: BTreeSet<String>,
    teams: BTreeSet<String>,
    roster: Roster,
}

/// A PostgreSQL address with another port.
pub fn through(url: &str, port: u16) -> String {
    let (before, rest) = url.split_once("127.0.0.1:").unwrap();
    let (_, after) = rest.split_once('/').unwrap();
    format!("{before}127.0.0.1:{port}/{after}")
}

pub fn port(url: &str) -> u16 {
    url.split_once("127.0.0.1:").unwrap().1.split_once('/').unwrap().0.parse().unwrap()
}

impl Fleet {
    /// `None` without PostgreSQL. The tables are there, and nothing runs yet.
    pub fn new(n: usize, lease: &str) -> Option<Self> {
        if !Backend::Postgres.is_there() {
            return None;
        }
        let provider = PROVIDER.replace("create_missing", "every = \"100ms\"\ncreate_missing");
        let site = Site::new(Backend::Postgres, &format!("{provider}{}", oracle::RULES));
        site.run(&["db", "migrate"]).expect(0);
        let target = port(&site.database.url());
        let replicas =
            (0..n).map(|n| Replica { name: format!("r{n}"), proxy: Proxy::start(target), process: None }).collect();
        let (seen, teams) = (BTreeSet::new(), BTreeSet::new());
        Some(Self { site, replicas, lease: lease.to_owned(), seen, teams, roster: Roster::default() })
    }

    /// Starts one that does not run.
    pub fn start(&mut self, n: usize) {
        let url = self.site.database.url();
        let replica = &mut self.replicas[n];
        assert!(replica.process.is_none());
        let url = through(&url, replica.proxy.port());
        let fault = format!("fault-{}", replica.name);
        let env = [
            ("ROSTERD__DATABASE__URL", url.as_str()),
            ("ROSTERD__DAEMON__LEASE", self.lease.as_str()),
            ("ROSTERD__DAEMON__REPLICA", replica.name.as_str()),
            ("ROSTERD_FAULT_FILE", fault.as_str()),
            // A run that failed is made good at once: how long one waits is shown elsewhere.
            ("ROSTERD__DAEMON__RETRY", "50ms"),
            ("ROSTERD__DAEMON__RETRY_LONGEST", "200ms"),
            ("ROSTERD__DAEMON__WATCH", "false"),
            ("ROSTERD_LOG", "info,sqlx=off"),
        ];
        replica.process = Some(self.site.start(&["run"], &env));
    }

    pub fn start_all(&mut self) {
        for n in 0..self.replicas.len() {
            self.start(n);
        }
    }

    /// As a power cut does. Returns what it had said.
    pub fn kill(&mut self, n: usize) -> String {
        self.replicas[n].process.take().map(|process| process.kill().stderr).unwrap_or_default()
    }

    /// As `kill`, but asked to.
    pub fn stop(&mut self, n: usize) -> String {
        let process = self.replicas[n].process.take().unwrap();
        process.signal("TERM");
        let ended = process.wait();
        // One that has only just begun does not listen yet, and has nothing to end in order.
        assert!(ended.status.code() == Some(0) || ended.stderr.is_empty(), "{ended:#?}");
        ended.stderr
    }

    /// Sends a signal, such as `STOP` or `CONT`.
    pub fn signal(&self, n: usize, name: &str) {
        if let Some(process) = &self.replicas[n].process {
            process.signal(name);
        }
    }

    /// Whether it has ended by itself, as after an `abort`.
    pub fn ended(&mut self, n: usize) -> bool {
        self.replicas[n].process.as_mut().is_none_or(Running::has_ended)
    }

    /// Lets it do `what` (`stop`, `abort`) once, when it passes that point of an apply.
    pub fn arm(&self, n: usize, what: &str, point: &str) {
        self.site.write(&format!("fault-{}", self.replicas[n].name), &format!("{what} {point}"));
    }

    /// Whether it was still armed.
    pub fn disarm(&self, n: usize) -> bool {
        std::fs::remove_file(self.site.dir().join(format!("fault-{}", self.replicas[n].name))).is_ok()
    }

    /// Whether it stands still, as after a `stop`.
    pub fn stopped(&self, n: usize) -> bool {
        self.replicas[n].process.as_ref().is_some_and(Running::stands_still)
    }

    pub fn armed(&self, n: usize) -> bool {
        self.site.dir().join(format!("fault-{}", self.replicas[n].name)).exists()
    }

    /// What the table says: who leads, and since which epoch.
    pub fn lease(&self) -> Option<(usize, i64)> {
        self.lease_by(&mut self.psql())
    }

    fn lease_by(&self, psql: &mut Psql) -> Option<(usize, i64)> {
        let sql = "SELECT holder, epoch FROM leases WHERE provider = 'corp' AND epoch > 0
             AND expires_at > extract(epoch FROM clock_timestamp()) * 1000";
        let rows = psql.rows(sql)?;
        let row = rows.first()?;
        Some((self.replicas.iter().position(|r| r.name == row[0])?, row[1].parse().unwrap()))
    }

    /// Waits until somebody leads.
    pub fn leader(&self) -> (usize, i64) {
        let (mut psql, mut lease) = (self.psql(), None);
        assert!(
            asked_now_and_then(|| {
                lease = self.lease_by(&mut psql);
                lease.is_some()
            }),
            "nobody leads"
        );
        lease.unwrap()
    }

    fn psql(&self) -> Psql {
        Psql::new(self.site.database.url())
    }

    /// The directory says this from now on.
    pub fn write(&mut self, roster: &Roster) {
        self.seen.extend(roster.people.keys().cloned());
        self.teams.extend(roster.groups.iter().filter_map(|group| group.strip_prefix("team-")).map(str::to_owned));
        self.roster = roster.clone();
        // At once: a file that is half written is nobody's question here.
        let text = self.site.dir().join("people.yaml.new");
        roster.write_as(&self.site, "people.yaml.new");
        std::fs::rename(text, self.site.dir().join("people.yaml")).unwrap();
    }

    /// Those who were seen by the database, which may never have read a state that was soon replaced.
    fn expected(&self, psql: &mut Psql) -> Option<Tables> {
        let mut set = |sql| Some(psql.rows(sql)?.concat().into_iter().collect::<BTreeSet<String>>());
        let (known, teams) = (set("SELECT login FROM users")?, set("SELECT name FROM teams")?);
        let people: BTreeSet<String> = self.roster.people.keys().cloned().collect();
        let named: BTreeSet<String> =
            self.roster.people.values().flatten().filter_map(|g| g.strip_prefix("team-")).map(str::to_owned).collect();
        let seen = &(&known & &self.seen) | &people;
        Some(oracle::tables(&self.roster, &seen, &(&(&teams & &self.teams) | &named)))
    }

    /// Waits until the tables say what the directory says.
    #[track_caller]
    pub fn converges(&self, what: &str) {
        let mut psql = self.psql();
        let mut right = || {
            let tables = psql.rows(Database::ALL).map(Database::tables_of);
            tables.is_some() && tables == self.expected(&mut psql)
        };
        if !asked_now_and_then(&mut right) {
            let said: Vec<String> = self.replicas.iter().map(Replica::tail).collect();
            println!("{what}: lease {:?}\n{}", self.lease(), said.join("\n---\n"));
            let expected = self.expected(&mut self.psql()).expect("the database does not answer");
            self.site.tables().assert_is(&expected);
        }
    }

    /// No write under a lease was committed after the first under a later one (N7), and the chain
    /// is whole. Returns how many runs there were.
    #[track_caller]
    pub fn no_stale_write(&self, what: &str) -> usize {
        // Numbers are drawn in the writers' turn: their order is that of the commits.
        let rows = self.site.database.rows("SELECT id, epoch FROM runs ORDER BY id").into_iter();
        let epochs: Vec<i64> = rows.map(|row| row[1].parse().expect("a full run without a lease")).collect();
        let stale: Vec<_> = epochs.windows(2).filter(|pair| pair[0] > pair[1]).collect();
        assert!(stale.is_empty(), "{what}: stale writes: {stale:?} of {epochs:?}");
        epochs.len()
    }

    pub fn heal(&self, n: usize) {
        self.replicas[n].proxy.set(Fault::None);
    }

    /// What the running ones have said so far.
    pub fn said(&self, n: usize) -> String {
        self.replicas[n].process.as_ref().map(Running::stderr_so_far).unwrap_or_default()
    }
}

/// Within a minute. Asked all the time, the questions of several fleets would take the processors from those
/// who are asked about.
fn asked_now_and_then(mut done: impl FnMut() -> bool) -> bool {
    let asked_again = || std::thread::sleep(Duration::from_millis(100));
    (0..600).any(|_| {
        let done = done();
        if !done {
            asked_again();
        }
        done
    })
}

impl Replica {
    fn tail(&self) -> String {
        let said = self.process.as_ref().map(Running::stderr_so_far).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        format!("{}:\n{}", self.name, lines[lines.len().saturating_sub(15)..].join("\n"))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for replica in &mut self.replicas {
            if let Some(process) = replica.process.take() {
                let _said = process.kill();
            }
        }
    }
}
