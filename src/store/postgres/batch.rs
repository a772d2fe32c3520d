//! Several statements in one message: for a login each way to the server and back counts.
//!
//! They are prepared under names (PostgreSQL manual, PREPARE) the first time that a connection carries them
//! out, in the same message, and planned once: so this is only for connections that nobody shares
//! ([`super::direct`]). An error ends the message, and what was to be prepared behind it is not; whoever
//! sent it gives the connection up.

use super::statement::Statement;
use super::{StoreError, write_error};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, PgConnection};
use std::collections::HashMap;

/// The names of what a connection has prepared, by statement.
#[derive(Debug, Default)]
pub(super) struct Prepared(HashMap<String, String>);

/// What came of one statement.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) rows: Vec<PgRow>,
    /// How many rows it changed.
    pub(super) changed: u64,
}

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Batch {
    text: String,
    /// Of each command in it, whether somebody waits for its answer.
    wanted: Vec<bool>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Adds a statement.
    ///
    /// # Errors
    /// An argument cannot be sent.
    pub(super) fn push(&mut self, prepared: &mut Prepared, statement: &Statement<'_>) -> Result<(), StoreError> {
        let name = match prepared.0.get(statement.sql()) {
            Some(name) => name.clone(),
            None => {
                let name = format!("w{}", prepared.0.len());
                statement.prepare(&mut self.text, &name);
                self.wanted.push(false);
                prepared.0.insert(statement.sql().to_owned(), name.clone());
                name
            }
        };
        statement.execute(&mut self.text, &name)?;
        self.wanted.push(true);
        Ok(())
    }

    /// Adds a command without arguments of whose answer nothing is wanted.
    pub(super) fn command(&mut self, sql: &str) {
        self.text.push_str(sql);
        self.text.push(';');
        self.wanted.push(false);
    }

    /// What is to be sent. Commands are answered, too.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Sends all of it; what came of each statement, in order.
    pub(super) async fn send(&mut self, c: &mut PgConnection) -> Result<Vec<Answer>, StoreError> {
        let batch = std::mem::take(self);
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let answers = send(c, batch.text).await.map_err(write_error)?;
        if answers.len() != batch.wanted.len() {
            return Err(StoreError::Database(format!(
                "{} commands were sent and {} answered",
                batch.wanted.len(),
                answers.len()
            )));
        }
        Ok(answers.into_iter().zip(batch.wanted).filter_map(|(answer, wanted)| wanted.then_some(answer)).collect())
    }
}

/// Sends commands in one message; what came of each, in order.
pub(super) async fn send(c: &mut PgConnection, text: String) -> Result<Vec<Answer>, sqlx::Error> {
    let (mut answers, mut answer) = (Vec::new(), Answer::default());
    let mut stream = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(c);
    while let Some(said) = stream.try_next().await? {
        match said {
            Either::Right(row) => answer.rows.push(row),
            Either::Left(done) => {
                answer.changed = done.rows_affected();
                answers.push(std::mem::take(&mut answer));
            }
        }
    }
    Ok(answers)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_prepared_once() {
        let (mut prepared, mut batch) = (Prepared::default(), Batch::default());
        batch.command("BEGIN");
        for n in [1, 2] {
            batch.push(&mut prepared, &Statement::new("SELECT $1").bind(n)).unwrap();
        }
        batch.push(&mut prepared, &Statement::new("SELECT 3")).unwrap();
        assert_eq!(
            batch.text,
            "BEGIN;PREPARE w0 (bigint) AS SELECT $1;EXECUTE w0 (1);EXECUTE w0 (2);PREPARE w1 AS SELECT 3;EXECUTE w1;"
        );
        assert_eq!(batch.wanted, [false, false, true, true, false, true]);
        let mut next = Batch::default();
        next.push(&mut prepared, &Statement::new("SELECT $1").bind(4)).unwrap();
        assert_eq!(next.text, "EXECUTE w0 (4);");
    }
}
