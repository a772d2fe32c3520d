//! What both databases have in common: a transaction that runs statements of the SQL they share.
//!
//! Commands that touch few rows (holds, history, a person) are written once over [`Session`]. The
//! two that touch many, `observe` and `apply`, are each database's own. No table is named here.

use super::look::Kept;
use super::{Applied, Decide, Leases, PersonNow, Scope, StoreError};
use async_trait::async_trait;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::writes::Writes;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Which SQL it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// One statement in both dialects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Sql {
    pub(super) fn of(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One consistent view; nothing is written.
    Read,
    /// Writes, one transaction after another.
    Write,
    /// Writes tables that no plan and no audit record rests on, without waiting for a turn.
    Aside,
    /// Changes tables, and may not rely on any being there.
    Migrate,
}

/// A statement's argument. Arguments stand in the statement as `$1`, `$2`, …
#[derive(Debug, Clone, Copy)]
pub(super) enum Param<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row of an answer. The getters fail on a field that is not there or of another type: the
/// statement and its reader disagree.
#[derive(Debug, Clone)]
pub(super) struct Row(pub(super) Vec<Value>);

impl Row {
    pub(super) fn opt_int(&self, field: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(field) {
            Some(Value::Int(n)) => Ok(Some(*n)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected(field)),
        }
    }

    pub(super) fn int(&self, field: usize) -> Result<i64, StoreError> {
        self.opt_int(field)?.ok_or_else(|| unexpected(field))
    }

    pub(super) fn opt_text(&self, field: usize) -> Result<Option<String>, StoreError> {
        match self.0.get(field) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected(field)),
        }
    }

    pub(super) fn text(&self, field: usize) -> Result<String, StoreError> {
        self.opt_text(field)?.ok_or_else(|| unexpected(field))
    }

    pub(super) fn bytes(&self, field: usize) -> Result<Vec<u8>, StoreError> {
        match self.0.get(field) {
            Some(Value::Bytes(bytes)) => Ok(bytes.clone()),
            _ => Err(unexpected(field)),
        }
    }
}

fn unexpected(field: usize) -> StoreError {
    StoreError::Database(format!("it answered something unexpected in field {}", field + 1))
}

/// A transaction. Ends with the work it was opened for: committed when that succeeds.
#[async_trait]
pub(super) trait Session: Send {
    fn dialect(&self) -> Dialect;

    /// The rows that a query answers.
    async fn rows(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError>;

    /// The rows that each of several queries answers: sent together where the way to the server counts.
    async fn several(&mut self, asked: &[(&'static str, &[Param<'_>])]) -> Result<Vec<Vec<Row>>, StoreError>;

    /// Carries out one statement; returns how many rows it changed.
    async fn run(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError>;

    /// Carries out several statements without arguments.
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError>;
}

/// What a piece of [`Work`] returns.
pub(super) type Working<'s, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// What is done inside one transaction.
pub(super) type Work<T> = Box<dyn for<'s> FnOnce(&'s mut (dyn Session + 's)) -> Working<'s, T> + Send>;

/// What a revision is given. See [`super::Store::revise`].
pub(super) struct Revision {
    pub(super) provider: String,
    pub(super) scope: Scope,
    pub(super) window: Timestamp,
    pub(super) decide: Decide,
    pub(super) now: Timestamp,
    pub(super) kept: Kept,
}

/// A database.
#[async_trait]
pub(super) trait Engine: Leases + Send + Sync + fmt::Debug + 'static {
    /// Does `work` in one transaction and commits it, or undoes it when it fails.
    async fn within<T: Send + 'static>(&self, purpose: Purpose, work: Work<T>) -> Result<T, StoreError>;

    /// See [`super::Store::begin_reading`].
    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError>;

    /// See [`super::Store::observe`].
    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError>;

    /// See [`super::Store::revise`].
    async fn revise(&self, revision: Revision) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError>;

    /// See [`super::Store::apply`].
    async fn apply(&self, writes: Arc<Writes>, now: Timestamp, kept: Kept) -> Result<Applied, StoreError>;
}

/// A key as its type. `what` names the column in the error.
pub(super) fn id<T: TryFrom<i64>>(what: &str, n: i64) -> Result<T, StoreError> {
    T::try_from(n).map_err(|_| {
        StoreError::Database(format!("{what} holds {n}; rosterd counts to 4294967295. Give that row a smaller number"))
    })
}

/// A word of one of the tables' fixed lists.
pub(super) fn word<T>(what: &str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    parse(text).ok_or_else(|| StoreError::Database(format!("{what} holds {text:?}, which rosterd does not know")))
}
