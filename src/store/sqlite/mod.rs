//! The authorization database in one SQLite file, for one writing process.
//!
//! Everything runs on tokio's blocking threads: SQLite answers by reading files. WAL lets readers
//! see the last committed state while a write goes on.

mod apply;
mod authz;
mod bulk;
mod connect;
mod entitlements;
mod keys;
mod leases;
mod lock;
mod observe;
mod renewals;
mod revise;
mod seen;
mod session;

use super::look::Kept;
use super::open::Access;
use super::session::{Engine, Purpose, Revision, Work};
use super::{Applied, PersonNow, StoreError};
use async_trait::async_trait;
use connect::Role;
use futures_util::FutureExt;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::writes::Writes;
use rusqlite::{Connection, ErrorCode};
use session::SqliteSession;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many idle reading connections are kept.
const READERS: usize = 8;

/// A SQLite file. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Absent when opened for reading.
    writer: Option<Mutex<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// The last number that a reading was given, once one was.
    reading: Mutex<Option<i64>>,
    /// Held for its lifetime: see [`lock`].
    _lock: Option<lock::Lock>,
}

impl Sqlite {
    /// Opens the file; for writing, takes the lock first.
    pub(super) fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let (writer, lock) = match access {
            Access::Write => {
                let lock = lock::take(path)?;
                connect::create(path)?;
                (Some(Mutex::new(connect::connect(path, Role::Writer)?)), Some(lock))
            }
            Access::Read => {
                connect::must_exist(path)?;
                (None, None)
            }
        };
        let reader = connect::connect(path, Role::Reader)?;
        let inner = Inner {
            path: path.to_owned(),
            writer,
            readers: Mutex::new(vec![reader]),
            reading: Mutex::new(None),
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Does `work` on a blocking thread.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(result) => result,
            Err(stopped) => Err(StoreError::Database(format!("the database's thread stopped: {stopped}"))),
        }
    }
}

impl Inner {
    /// The next number where no file need be read for it.
    fn next_reading(&self) -> Option<ReadingNumber> {
        if self.writer.is_none() {
            return Some(ReadingNumber(i64::MAX));
        }
        let mut last = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.as_mut()?;
        *next += 1;
        Some(ReadingNumber(*next))
    }

    /// One process writes, so that it can count by itself. Counting goes on from what was written.
    fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        let mut last = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *last {
            Some(last) => last,
            None => self.with_reader(|c| {
                let last = c.query_row("SELECT coalesce(max(reading), 0) FROM identities", [], |row| row.get(0));
                last.map_err(error)
            })?,
        };
        *last = Some(before + 1);
        Ok(ReadingNumber(before + 1))
    }

    fn with_reader<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect::connect(&self.path, Role::Reader)?,
        };
        let result = work(&mut connection);
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    fn with_writer<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &self.writer {
            Some(writer) => work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Err(StoreError::Refused("the database was opened for reading only".to_owned())),
        }
    }
}

/// One transaction around a piece of shared work, which never waits here.
fn transaction<T>(connection: &mut Connection, begin: &'static str, work: Work<T>) -> Result<T, StoreError> {
    let mut session = SqliteSession::begin(connection, begin)?;
    let value = at_once(work(&mut session))?;
    session.commit()?;
    Ok(value)
}

/// What comes of work on a session of this database, which never waits.
fn at_once<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    work.now_or_never().ok_or_else(|| StoreError::Database("a SQLite session waited".to_owned()))?
}

#[async_trait]
impl Engine for Sqlite {
    async fn within<T: Send + 'static>(&self, purpose: Purpose, work: Work<T>) -> Result<T, StoreError> {
        self.blocking(move |db| match purpose {
            Purpose::Read => db.with_reader(|c| transaction(c, "BEGIN DEFERRED", work)),
            Purpose::Write | Purpose::Aside | Purpose::Migrate => {
                db.with_writer(|c| transaction(c, "BEGIN IMMEDIATE", work))
            }
        })
        .await
    }

    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        match self.inner.next_reading() {
            Some(number) => Ok(number),
            None => self.blocking(Inner::begin_reading).await,
        }
    }

    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
        let provider = provider.to_owned();
        self.blocking(move |db| db.with_reader(|c| observe::observe(c, &provider, window))).await
    }

    async fn revise(&self, revision: Revision) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
        self.blocking(move |db| db.with_writer(|c| revise::revise(c, revision))).await
    }

    async fn apply(&self, mut writes: Arc<Writes>, now: Timestamp, kept: Kept) -> Result<Applied, StoreError> {
        self.blocking(move |db| db.with_writer(|c| apply::apply(c, &mut writes, now, &kept))).await
    }
}

/// What SQLite's error means for whoever asked.
fn error(e: rusqlite::Error) -> StoreError {
    match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unreachable(format!("another program holds a lock on it ({e})"))
        }
        Some(ErrorCode::CannotOpen) => StoreError::Refused(format!("the database file cannot be opened: {e}")),
        Some(ErrorCode::ReadOnly) => StoreError::Refused(format!("the database file cannot be written to: {e}")),
        Some(ErrorCode::NotADatabase) => StoreError::Refused(format!("the file is not a SQLite database: {e}")),
        _ => StoreError::Database(e.to_string()),
    }
}

/// Whether a unique key stood in the way: somebody inserted a row by hand since the plan was made.
fn is_unique_violation(e: &rusqlite::Error) -> bool {
    matches!(
        e.sqlite_error().map(|inner| inner.extended_code),
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}
