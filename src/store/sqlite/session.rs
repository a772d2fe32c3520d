//! [`Session`] over a SQLite transaction. Its futures are ready at once.

use super::super::session::{Dialect, Param, Row, Session, Value};
use super::{StoreError, error};
use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

/// A transaction that ends with this value: undone, unless it was committed.
pub(super) struct SqliteSession<'c> {
    connection: &'c mut Connection,
}

impl<'c> SqliteSession<'c> {
    /// `begin` is `BEGIN DEFERRED` or `BEGIN IMMEDIATE`.
    pub(super) fn begin(connection: &'c mut Connection, begin: &'static str) -> Result<Self, StoreError> {
        connection.execute_batch(begin).map_err(error)?;
        Ok(Self { connection })
    }

    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT").map_err(error)
    }
}

impl Drop for SqliteSession<'_> {
    fn drop(&mut self) {
        // Also when the work panicked: the connection is used again.
        if !self.connection.is_autocommit() {
            let _undone = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Param::Int(Some(n)) => ValueRef::Integer(n),
            Param::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
            Param::Int(None) | Param::Text(None) => ValueRef::Null,
        }))
    }
}

/// SQLite takes `$1` for a name, not a number.
fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for (i, param) in params.iter().enumerate() {
        if let Some(index) = statement.parameter_index(&format!("${}", i + 1))? {
            statement.raw_bind_parameter(index, param)?;
        }
    }
    Ok(())
}

impl SqliteSession<'_> {
    fn query(&self, sql: &'static str, params: &[Param<'_>]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let width = statement.column_count();
        let mut rows = statement.raw_query();
        let mut answer = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(width);
            for field in 0..width {
                values.push(match row.get_ref(field)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => Value::Int(n),
                    ValueRef::Real(n) => Value::Text(n.to_string()),
                    ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                    ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                });
            }
            answer.push(Row(values));
        }
        Ok(answer)
    }

    fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        statement.raw_execute().map(|rows| rows as u64)
    }
}

#[async_trait]
impl Session for SqliteSession<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn rows(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        self.query(sql, params).map_err(error)
    }

    async fn several(&mut self, asked: &[(&'static str, &[Param<'_>])]) -> Result<Vec<Vec<Row>>, StoreError> {
        asked.iter().map(|(sql, params)| self.query(sql, params).map_err(error)).collect()
    }

    async fn run(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        self.execute(sql, params).map_err(error)
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(error)
    }
}
