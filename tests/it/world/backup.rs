//! Copies of the authorization database, and the database from such a copy, as its administrator makes
//! them. Nobody may be connected meanwhile.

use super::database::Database;
use super::postgres::psql;
use std::path::{Path, PathBuf};

/// What stands beside a SQLite file while it is open.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

#[derive(Debug)]
pub enum Backup {
    File(PathBuf),
    /// The name of a database of the same server.
    Template(String),
}

impl Database {
    /// A copy of it as it is now.
    pub fn back_up(&self) -> Backup {
        match self {
            Self::Sqlite(path) => {
                // Brings what is in the log into the file.
                self.fingerprint();
                let copy = path.with_extension("copy");
                std::fs::copy(path, &copy).unwrap();
                Backup::File(copy)
            }
            Self::Postgres(url) => {
                let (admin, name) = server(url);
                let copy = format!("{name}_copy");
                psql(&admin, &format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                Backup::Template(copy)
            }
        }
    }

    /// Replaces it by the copy.
    pub fn restore(&self, backup: &Backup) {
        match (self, backup) {
            (Self::Sqlite(path), Backup::File(copy)) => {
                for end in BESIDE {
                    let mut beside = path.clone().into_os_string();
                    beside.push(end);
                    let _there = std::fs::remove_file(Path::new(&beside));
                }
                std::fs::copy(copy, path).unwrap();
            }
            (Self::Postgres(url), Backup::Template(copy)) => {
                let (admin, name) = server(url);
                psql(&admin, &format!("DROP DATABASE {name}"));
                psql(&admin, &format!("CREATE DATABASE {name} TEMPLATE {copy}"));
            }
            _ => panic!("a copy of another kind of database"),
        }
    }
}

/// The address of the server's own database, and the name of this one.
fn server(url: &str) -> (String, &str) {
    let (server, name) = url.rsplit_once('/').unwrap();
    (format!("{server}/postgres"), name)
}
