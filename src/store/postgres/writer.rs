//! Writers of one process take turns, and whoever's turn it is has the one connection on which all of them
//! write: it stays open, and knows what was prepared on it.
//!
//! Between processes they take turns on the one row of `state`, so that the generation that a plan rests
//! on is compared and raised by one of them at a time.

use super::batch::{self, Answer};
use super::line::{Intent, Line};
use super::servers::{Begun, Servers};
use super::{StoreError, error, migrations};
use sqlx::{Connection as _, Row as _};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns(Arc<Mutex<Option<Line>>>);

/// A transaction of whoever's turn it is. Undone when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    /// Nothing in it once it has ended.
    line: Option<Line>,
    /// What `state` counts.
    pub(super) generation: i64,
    /// Statements may go together in one message, planned for a few rows.
    pub(super) few: bool,
    /// The next writer of this process may begin when this is dropped, behind the transaction.
    next: OwnedMutexGuard<Option<Line>>,
}

impl Turns {
    /// Waits until no other writer is at work.
    pub(super) async fn begin(&self, servers: &Servers, intent: Intent) -> Result<Turn, StoreError> {
        let mut next = Arc::clone(&self.0).lock_owned().await;
        let (mut line, begun) = servers.write(next.take(), intent).await?;
        let answers = match begun {
            Begun::Here(answers) => Ok(answers),
            Begun::SomebodyElse => line.wait(intent).await.map_err(error),
        };
        match answers.and_then(generation) {
            Ok(generation) => {
                let few = intent.few && line.direct;
                Ok(Turn { line: Some(line), generation, few, next })
            }
            Err(refused) => {
                let _gone = line.c.close().await;
                Err(refused)
            }
        }
    }

    /// How many connections there are, and how many of them nobody uses.
    pub(super) fn size(&self) -> (u32, usize) {
        match self.0.try_lock() {
            Ok(line) if line.is_some() => (1, 1),
            Ok(_) => (0, 0),
            Err(_) => (1, 0),
        }
    }
}

fn generation(answers: Vec<Answer>) -> Result<i64, StoreError> {
    let row = answers.iter().find_map(|answer| answer.rows.first());
    let row = row.ok_or_else(|| StoreError::Database("the table `state` has no row".to_owned()))?;
    migrations::not_newer(row.try_get(1).map_err(error)?)?;
    row.try_get(0).map_err(error)
}

impl Turn {
    pub(super) fn line(&mut self) -> Result<&mut Line, StoreError> {
        self.line.as_mut().ok_or_else(|| StoreError::Database("the transaction has ended".to_owned()))
    }

    /// Whether statements may have names.
    pub(super) fn direct(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.direct)
    }

    /// What was done is kept, unless it is already.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if let Some(line) = &mut self.line {
            batch::send(&mut line.c, "COMMIT".to_owned()).await.map_err(error)?;
            self.committed();
        }
        Ok(())
    }

    /// It was committed by what was sent: the next writer may have the connection.
    pub(super) fn committed(&mut self) {
        *self.next = self.line.take();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Where something went wrong nobody knows what was prepared: the next begins on another one.
        let Some(line) = self.line.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { line.c.close().await });
        }
    }
}
