//! [`Session`] over a PostgreSQL transaction: on a connection of the pool, or on the one for writing.

use super::super::session::{Dialect, Param, Row, Session, Value};
use super::batch::Batch;
use super::servers;
use super::statement::Statement;
use super::writer::Turn;
use super::{StoreError, error};
use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Column, Postgres, Row as _, TypeInfo};

/// See the module's text. Undone when it is dropped.
pub(super) enum PgSession {
    Pooled(servers::Pooled),
    Writing(Turn),
}

/// A statement that no pooler has to remember.
pub(super) fn unnamed<'q>(sql: &'static str) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(sql).persistent(false)
}

fn statement<'a>(sql: &'static str, params: &[Param<'a>]) -> Statement<'a> {
    params.iter().fold(Statement::new(sql), |statement, param| match *param {
        Param::Int(n) => statement.bind(n),
        Param::Text(text) => statement.bind(text),
        Param::Bytes(bytes) => statement.bind(bytes),
    })
}

pub(super) fn read(rows: &[PgRow]) -> Result<Vec<Row>, StoreError> {
    rows.iter()
        .map(|row| (0..row.len()).map(|field| value(row, field)).collect::<Result<_, _>>().map(Row).map_err(error))
        .collect()
}

impl PgSession {
    pub(super) fn c(&mut self) -> Result<&mut PgConnection, StoreError> {
        Ok(match self {
            Self::Pooled(begun) => &mut begun.tx,
            Self::Writing(turn) => &mut turn.line()?.c,
        })
    }

    /// Whether statements may have names. See [`super::direct`].
    pub(super) fn direct(&self) -> bool {
        match self {
            Self::Pooled(begun) => begun.direct,
            Self::Writing(turn) => turn.direct(),
        }
    }

    /// The turn, of a writer.
    pub(super) fn turn(&mut self) -> Result<&mut Turn, StoreError> {
        match self {
            Self::Writing(turn) => Ok(turn),
            Self::Pooled(_) => Err(StoreError::Database("it is not this writer's turn".to_owned())),
        }
    }

    /// Keeps what was done.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Pooled(begun) => begun.tx.commit().await.map_err(error),
            Self::Writing(turn) => turn.commit().await,
        }
    }
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
        let query = statement(sql, params).query(self.direct());
        read(&query.fetch_all(self.c()?).await.map_err(error)?)
    }

    async fn several(&mut self, asked: &[(&'static str, &[Param<'_>])]) -> Result<Vec<Vec<Row>>, StoreError> {
        if let Self::Writing(turn) = self
            && turn.few
        {
            let (mut batch, line) = (Batch::default(), turn.line()?);
            for (sql, params) in asked {
                batch.push(&mut line.prepared, &statement(sql, params))?;
            }
            return batch.send(&mut line.c).await?.iter().map(|answer| read(&answer.rows)).collect();
        }
        let mut all = Vec::with_capacity(asked.len());
        for (sql, params) in asked {
            all.push(self.rows(sql, params).await?);
        }
        Ok(all)
    }

    async fn run(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        let query = statement(sql, params).query(self.direct());
        Ok(query.execute(self.c()?).await.map_err(error)?.rows_affected())
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(self.c()?).await.map(drop).map_err(error)
    }
}
