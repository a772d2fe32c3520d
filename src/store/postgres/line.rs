//! The connection for writing, and how a transaction begins on it.

use super::batch::{self, Answer, Batch, Prepared};
use super::direct::Mark;
use super::statement::Statement;
use sqlx::PgConnection;

/// Answers the generation, which nobody else changes until the transaction ends, and the newest migration:
/// while replicas are updated one after the other a newer one may have changed the tables.
macro_rules! turn {
    ($wait:literal) => {
        concat!(
            "SELECT generation, (SELECT max(version) FROM schema_migrations) FROM state WHERE one = 1 FOR UPDATE",
            $wait
        )
    };
}

/// Sent with the beginning. Mostly no other process is in the way.
const AT_ONCE: &str = turn!(" NOWAIT");
/// Where one is, by itself: what is said to a server must be answered sooner than the longest wait for a
/// lock, or it is taken for gone.
const WAIT: &str = turn!("");

/// Whoever waits longer for a lock waits for somebody who forgot to commit. Compiling what is carried out
/// once costs more than it saves: 30 ms, where the tables have no statistics yet and much is expected of
/// them.
const SETTINGS: [(&str, &str); 2] = [("lock_timeout", "'30s'"), ("jit", "off")];

/// Statements about a few people find their rows by indexes, whatever is believed of the tables' sizes, so
/// that one plan is as good as the next. Tables that were filled a moment ago have no statistics yet.
const OF_FEW: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// What a writer is about to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intent {
    /// Something about a few people.
    pub(super) few: bool,
    /// How long it may stand still between two statements, in milliseconds.
    pub(super) patience: i64,
}

/// A connection for writing.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) c: PgConnection,
    pub(super) prepared: Prepared,
    /// See [`super::direct`]: what is set in it, and kept under a name, stays.
    pub(super) direct: bool,
    /// Of which connections of [`super::servers::Servers`] it was one.
    pub(super) of: Mark,
    /// The [`Intent::patience`] that it was set to, with all else that is set once.
    settled: Option<i64>,
}

impl Line {
    pub(super) fn new(c: PgConnection, direct: bool, of: Mark) -> Self {
        Self { c, prepared: Prepared::default(), direct, of, settled: None }
    }

    /// Begins, in one message, and takes the turn unless another process has it.
    pub(super) async fn begin(&mut self, intent: Intent) -> Result<Vec<Answer>, sqlx::Error> {
        let mut batch = self.beginning(intent);
        if self.direct {
            batch.push(&mut self.prepared, &Statement::new(AT_ONCE)).map_err(sqlx::Error::protocol)?;
        } else {
            batch.command(AT_ONCE);
        }
        batch::send(&mut self.c, batch.into_text()).await
    }

    /// The same when another process had it: waits.
    pub(super) async fn wait(&mut self, intent: Intent) -> Result<Vec<Answer>, sqlx::Error> {
        batch::send(&mut self.c, "ROLLBACK".to_owned()).await?;
        // That undid what was set with it.
        self.settled = None;
        let batch = self.beginning(intent);
        batch::send(&mut self.c, batch.into_text()).await?;
        batch::send(&mut self.c, WAIT.to_owned()).await
    }

    fn beginning(&mut self, intent: Intent) -> Batch {
        let mut batch = Batch::default();
        if self.direct && self.settled.replace(intent.patience) != Some(intent.patience) {
            settle(&mut batch, "SET", intent.patience, true);
        }
        batch.command(&format!("BEGIN {}", super::READ_WRITE));
        if !self.direct {
            settle(&mut batch, "SET LOCAL", intent.patience, intent.few);
        } else if !intent.few {
            for (name, _) in OF_FEW {
                batch.command(&format!("SET LOCAL {name} TO DEFAULT"));
            }
        }
        batch
    }
}

fn settle(batch: &mut Batch, set: &str, patience: i64, few: bool) {
    let of_few: &[_] = if few { &OF_FEW } else { &[] };
    for (name, value) in SETTINGS.iter().chain(of_few) {
        batch.command(&format!("{set} {name} = {value}"));
    }
    batch.command(&format!("{set} idle_in_transaction_session_timeout = {patience}"));
}
