//! The authorization database from the outside: read by other means than rosterd's, damaged by
//! hand, and watched for writes.

use super::postgres;
use super::tables::{Tables, User};
use super::wait_until;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Which of the two a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// Whether it is on this machine. PostgreSQL's absence is said once, where it is looked for.
    pub fn is_there(self) -> bool {
        static POSTGRES: OnceLock<bool> = OnceLock::new();
        self == Self::Sqlite || *POSTGRES.get_or_init(|| postgres::database().is_some())
    }
}

#[derive(Debug)]
pub enum Database {
    Sqlite(PathBuf),
    /// A URL.
    Postgres(String),
}

impl Database {
    /// A new one, empty; a SQLite file is not there before rosterd makes it.
    pub fn new(backend: Backend, dir: &Path) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite(dir.join("rosterd.db")),
            Backend::Postgres => Self::Postgres(postgres::database().unwrap()),
        }
    }

    /// As the configuration says it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// Carries out one statement, as a person with access to the database could.
    pub fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                let changed = open(path).execute(sql, []).unwrap_or_else(|e| panic!("{sql}: {e}"));
                assert!(changed > 0, "{sql} changes nothing");
            }
            Self::Postgres(url) => {
                let said = psql(url, sql, &[]);
                assert!(!said.trim_end().ends_with(" 0"), "{sql} changes nothing");
            }
        }
    }

    /// Carries out statements that define something, such as a trigger.
    pub fn define(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => open(path).execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}")),
            Self::Postgres(url) => {
                psql(url, sql, &[]);
            }
        }
    }

    /// A query's rows, every value as text, NULL as an empty one.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(path) => {
                let connection = open(path);
                let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let columns = statement.column_count();
                let text = |value: rusqlite::types::Value| match value {
                    rusqlite::types::Value::Null => String::new(),
                    rusqlite::types::Value::Integer(n) => n.to_string(),
                    rusqlite::types::Value::Text(t) => t,
                    other => panic!("{sql}: {other:?}"),
                };
                let rows = statement.query_map([], |row| (0..columns).map(|n| row.get(n).map(text)).collect());
                rows.unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Postgres(url) => psql(url, sql, &["-q", "-F", "\u{1f}"])
                .lines()
                .map(|line| line.split('\u{1f}').map(str::to_owned).collect())
                .collect(),
        }
    }

    /// A query's only value.
    pub fn value(&self, sql: &str) -> String {
        self.rows(sql)[0][0].clone()
    }

    /// What an application sees.
    pub fn tables(&self) -> Tables {
        Self::tables_of(self.rows(Self::ALL))
    }

    /// Asks for it all at once.
    pub const ALL: &str =
        "SELECT 'user' AS what, login AS a, name AS b, email AS c, state AS d, server_admin AS e FROM users
            UNION ALL SELECT 'org', name, '', '', '', 0 FROM orgs
            UNION ALL SELECT 'team', o.name, t.name, '', '', 0 FROM teams t JOIN orgs o ON o.id = t.org_id
            UNION ALL SELECT 'org member', o.name, u.login, m.role, '', 0 FROM org_members m
                JOIN orgs o ON o.id = m.org_id JOIN users u ON u.id = m.user_id
            UNION ALL SELECT 'team member', o.name, t.name, u.login, m.role, 0 FROM team_members m
                JOIN teams t ON t.id = m.team_id JOIN orgs o ON o.id = t.org_id JOIN users u ON u.id = m.user_id";

    /// The same, from what [`Self::ALL`] answered.
    pub fn tables_of(rows: Vec<Vec<String>>) -> Tables {
        let mut tables = Tables::default();
        for row in rows {
            let [what, a, b, c, d, e] = row.try_into().unwrap();
            match what.as_str() {
                "user" => {
                    tables.users.insert(a, User { name: b, email: c, state: d, server_admin: e == "1" });
                }
                "org" => {
                    tables.orgs.insert(a);
                }
                "team" => {
                    tables.teams.insert((a, b));
                }
                "org member" => {
                    tables.org_members.insert((a, b), c);
                }
                _ => {
                    tables.team_members.insert((a, b, c), d);
                }
            }
        }
        tables
    }

    /// Changes whenever anything at all was written.
    ///
    /// SQLite: a digest of the whole file, once the log is in it. PostgreSQL: how many rows were
    /// ever inserted, updated or deleted, a digest of every row of every table, and the tables; but
    /// for `leases`, where a run notes that it has read.
    pub fn fingerprint(&self) -> String {
        match self {
            Self::Sqlite(path) => {
                if !path.exists() {
                    return "no file".to_owned();
                }
                open(path).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
                let digest = Sha256::digest(std::fs::read(path).unwrap());
                digest.iter().fold(String::new(), |mut out, byte| {
                    write!(out, "{byte:02x}").unwrap();
                    out
                })
            }
            Self::Postgres(url) => {
                // A session's counts are there at the latest when it has ended.
                let others = "SELECT count(*) FROM pg_stat_activity \
                     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
                assert!(wait_until(10, || self.value(others) == "0"), "somebody is still connected to {url}");
                self.rows(
                    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del,
                         md5(query_to_xml(format('SELECT * FROM %I t ORDER BY t::text', relname), true, false, '')::text)
                     FROM pg_stat_user_tables WHERE relname <> 'leases' ORDER BY 1",
                )
                .concat()
                .join(" ")
            }
        }
    }
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection
}

fn psql(url: &str, sql: &str, more: &[&str]) -> String {
    let done =
        Command::new("psql").args(["-XAt", "-v", "ON_ERROR_STOP=1", url, "-c", sql]).args(more).output().unwrap();
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
