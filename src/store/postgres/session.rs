//! [`Session`] over a PostgreSQL transaction.

use super::super::session::{Dialect, Param, Row, Session, Value};
use super::{StoreError, error};
use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Column, PgTransaction, Postgres, Row as _, TypeInfo};
use tokio::sync::OwnedMutexGuard;

pub(super) struct PgSession {
    pub(super) tx: PgTransaction<'static>,
    /// See [`super::direct`]: statements may have names.
    pub(super) direct: bool,
    /// What `state` counts, in a writer's turn.
    pub(super) generation: Option<i64>,
    /// The next writer of this process may begin when this is dropped, behind the transaction.
    pub(super) _turn: Option<OwnedMutexGuard<()>>,
}

/// A statement that no pooler has to remember.
pub(super) fn unnamed<'q>(sql: &'static str) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(sql).persistent(false)
}

fn query<'q>(sql: &'static str, params: &'q [Param<'q>], named: bool) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(sql).persistent(named);
    for param in params {
        query = match *param {
            Param::Int(n) => query.bind(n),
            Param::Text(text) => query.bind(text),
            Param::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}

fn value(row: &PgRow, field: usize) -> Result<Value, sqlx::Error> {
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    Ok(match row.try_column(field)?.type_info().name() {
        "INT8" => or_null(row.try_get::<Option<i64>, _>(field)?.map(Value::Int)),
        "INT4" => or_null(row.try_get::<Option<i32>, _>(field)?.map(|n| Value::Int(i64::from(n)))),
        "BYTEA" => or_null(row.try_get::<Option<Vec<u8>>, _>(field)?.map(Value::Bytes)),
        _ => or_null(row.try_get::<Option<String>, _>(field)?.map(Value::Text)),
    })
}

#[async_trait]
impl Session for PgSession {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn rows(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let rows = query(sql, params, self.direct).fetch_all(&mut *self.tx).await.map_err(error)?;
        rows.iter()
            .map(|row| (0..row.len()).map(|field| value(row, field)).collect::<Result<_, _>>().map(Row).map_err(error))
            .collect()
    }

    async fn run(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        Ok(query(sql, params, self.direct).execute(&mut *self.tx).await.map_err(error)?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(&mut *self.tx).await.map(drop).map_err(error)
    }
}
