//! Connections to the file, and what each is set to.

use super::{StoreError, error};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

/// How long to wait for somebody else's lock, such as an administrator's shell.
const BUSY: Duration = Duration::from_secs(10);

/// How many statements stay prepared: all that a login needs.
const STATEMENTS: usize = 128;

/// Makes the file when it is missing. The owner's group may read it (an application has to), nobody
/// else may; SQLite gives its companions the same mode.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options
        .open(path)
        .map(drop)
        .map_err(|e| StoreError::Refused(format!("the database {} cannot be made: {e}", path.display())))
}

/// Says what to do when there is no file to read.
pub(super) fn must_exist(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(StoreError::Refused(format!(
            "there is no database {} yet: run `rosterd db migrate` or `rosterd sync` first",
            path.display()
        ))),
        Err(e) => Err(StoreError::Refused(format!("the database {} cannot be read: {e}", path.display()))),
    }
}

/// Opens a connection. A reader's statements cannot write: but it opens the file like a writer,
/// because only that lets SQLite clean up after a writer that was killed.
pub(super) fn connect(path: &Path, role: Role) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(error)?;
    connection.busy_timeout(BUSY).map_err(error)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan that looks at what is bound is made anew each time that something else is: ten times the work of a question.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
    if role == Role::Writer {
        // FULL: a commit that was answered is on the disk, also after a loss of power.
        // The limit gives back the space of a first load's log.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 16777216;",
            )
            .map_err(error)?;
    } else {
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8000;").map_err(error)?;
    }
    Ok(connection)
}
