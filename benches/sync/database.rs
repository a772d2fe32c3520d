//! The databases that are written to, and the floor under writing to them: the same rows, loaded in
//! one transaction into the same empty tables by the fastest plain way there is. PostgreSQL:
//! `\copy` from files. SQLite: `INSERT … SELECT` from another file, with rosterd's settings.

use crate::measure::{Sample, run};
use crate::postgres::Postgres;
use anyhow::{Context as _, Result};
use rusqlite::Connection;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

/// What an application reads, in the order of the foreign keys.
const APPLICATION: [&str; 6] = ["orgs", "users", "org_members", "teams", "team_members", "user_suspensions"];
/// What rosterd remembers beside it.
const REMEMBERED: [&str; 6] = ["providers", "rules", "provider_groups", "identities", "runs", "audit"];

/// Which rows a floor loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    Application,
    All,
}

impl Tables {
    fn names(self) -> impl Iterator<Item = &'static str> {
        let remembered = if self == Self::All { REMEMBERED.as_slice() } else { &[] };
        APPLICATION.iter().chain(remembered).copied()
    }
}

/// Where rosterd writes.
pub(crate) enum Database<'a> {
    /// Files in a folder.
    Sqlite(PathBuf),
    /// Databases of a server, and a folder for dumps.
    Postgres(&'a Postgres, PathBuf),
}

impl Database<'_> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    /// A new, empty database; returns its address.
    pub(crate) fn make(&self, name: &str) -> Result<String> {
        Ok(match self {
            Self::Sqlite(dir) => format!("sqlite:{}", dir.join(name).display()),
            Self::Postgres(server, _) => {
                server.psql("postgres", &format!("CREATE DATABASE {name}"))?;
                server.url(name)
            }
        })
    }

    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        match self {
            Self::Sqlite(dir) => {
                for ending in ["", "-wal", "-shm", ".lock", "-lock"] {
                    let _missing = std::fs::remove_file(dir.join(format!("{name}{ending}")));
                }
            }
            Self::Postgres(server, _) => {
                server.psql("postgres", &format!("DROP DATABASE {name}"))?;
            }
        }
        Ok(())
    }

    /// Lets the server finish what it still owes the disk, so that it does not count for what is
    /// measured next.
    pub(crate) fn settle(&self) -> Result<()> {
        if let Self::Postgres(server, _) = self {
            server.psql("postgres", "CHECKPOINT")?;
        }
        Ok(())
    }

    pub(crate) fn count(&self, name: &str, table: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {table}");
        Ok(match self {
            Self::Sqlite(dir) => Connection::open(dir.join(name))?
                .query_row(&sql, [], |row| row.get::<_, i64>(0))
                .map(i64::unsigned_abs)?,
            Self::Postgres(server, _) => server.psql(name, &sql)?.trim().parse()?,
        })
    }

    /// Puts the rows of the database `from` where [`Database::load`] finds them.
    pub(crate) fn dump(&self, from: &str) -> Result<()> {
        if let Self::Postgres(server, dir) = self {
            // Without a list of columns, generated ones are left out: they cannot be loaded.
            let script = Tables::All.names().fold(String::new(), |mut script, table| {
                let _ = writeln!(script, "\\copy {table} to '{}'", dir.join(table).display());
                script
            });
            let file = dir.join("dump.sql");
            std::fs::write(&file, script)?;
            run(&mut server.script(from, &file), true)?;
        }
        Ok(())
    }

    /// Loads what was dumped from `from` into the empty tables of `to`.
    pub(crate) fn load(&self, from: &str, to: &str, tables: Tables) -> Result<Sample> {
        match self {
            Self::Sqlite(dir) => {
                let begun = Instant::now();
                let c = Connection::open(dir.join(to))?;
                c.execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                     PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY;",
                )?;
                c.execute("ATTACH ?1 AS source", [dir.join(from).to_str().context("a path in UTF-8")?])?;
                c.execute_batch("BEGIN IMMEDIATE")?;
                for table in tables.names() {
                    let columns = columns(&c, table)?;
                    c.execute_batch(&format!(
                        "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM source.{table}"
                    ))?;
                }
                c.execute_batch("COMMIT")?;
                drop(c);
                Ok(Sample { wall: begun.elapsed().as_secs_f64(), ..Sample::default() })
            }
            Self::Postgres(server, dir) => {
                let mut script = "BEGIN;\n".to_owned();
                for table in tables.names() {
                    let _ = writeln!(script, "\\copy {table} from '{}'", dir.join(table).display());
                }
                script.push_str("COMMIT;\n");
                let file = dir.join("load.sql");
                std::fs::write(&file, script)?;
                Ok(run(&mut server.script(to, &file), true)?.0)
            }
        }
    }
}

/// The columns that can be written: `table_info` leaves the generated ones out.
fn columns(c: &Connection, table: &str) -> Result<String> {
    let mut statement = c.prepare("SELECT name FROM pragma_table_info(?1, 'main')")?;
    let names: Vec<String> = statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names.join(", "))
}
