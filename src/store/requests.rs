//! Runs that somebody asked for, at whichever replica, until the one that reads the provider has
//! carried them out.
//!
//! A request carries no data for the run: whoever carries it out reads everything anew. Requests
//! are no part of what plans rest on, so that they are written beside the writers' turns.

use super::StoreError;
use super::session::{Engine, Param, Row, Session};
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// A run to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Nobody else's: drawn by whoever asks.
    pub id: String,
    pub provider: String,
    /// What made somebody ask: a [`rosterd_core::writes::Trigger`]'s name.
    pub trigger: String,
    pub asked_by: String,
}

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    pub id: String,
    pub provider: String,
    pub trigger: String,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// JSON, once it is finished.
    pub outcome: Option<String>,
}

/// The table `run_requests`.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Asks for a run. When one of that provider waits already, that one is returned.
    async fn ask(&self, new: &NewRequest, now: Timestamp) -> Result<RunRequest, StoreError>;

    /// One, if it is still kept.
    async fn request(&self, id: &str) -> Result<Option<RunRequest>, StoreError>;

    /// The last ones, newest first.
    async fn requests(&self, limit: u32) -> Result<Vec<RunRequest>, StoreError>;

    /// Those of a provider that are not finished, oldest first. One that has been started is
    /// here again for whoever took over from a process that did not finish it.
    async fn open_requests(&self, provider: &str) -> Result<Vec<RunRequest>, StoreError>;

    /// Says that a run that serves it has begun. Who asks from now on asks for another one.
    async fn start_request(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Says how it ended, as JSON. One that is finished stays as it is.
    async fn finish_request(&self, id: &str, outcome: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets those that were finished before; returns how many.
    async fn forget_requests(&self, before: Timestamp) -> Result<u64, StoreError>;
}

#[async_trait]
impl<E: Engine> Requests for Shared<E> {
    async fn ask(&self, new: &NewRequest, now: Timestamp) -> Result<RunRequest, StoreError> {
        let new = new.clone();
        self.aside(Box::new(move |db| Box::pin(async move { ask(db, &new, now).await }))).await
    }

    async fn request(&self, id: &str) -> Result<Option<RunRequest>, StoreError> {
        let id = id.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { one(db, &id).await }))).await
    }

    async fn requests(&self, limit: u32) -> Result<Vec<RunRequest>, StoreError> {
        self.read(Box::new(move |db| Box::pin(last(db, limit)))).await
    }

    async fn open_requests(&self, provider: &str) -> Result<Vec<RunRequest>, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { open(db, &provider).await }))).await
    }

    async fn start_request(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let id = id.to_owned();
        let start = "UPDATE run_requests SET started_at = $2 WHERE id = $1 AND finished_at IS NULL";
        self.aside(Box::new(move |db| {
            Box::pin(async move { db.run(start, &[Param::Text(Some(&id)), Param::Int(Some(now.0))]).await.map(drop) })
        }))
        .await
    }

    async fn finish_request(&self, id: &str, outcome: &str, now: Timestamp) -> Result<(), StoreError> {
        let (id, outcome) = (id.to_owned(), outcome.to_owned());
        let finish = "UPDATE run_requests SET started_at = coalesce(started_at, $2), finished_at = $2, outcome = $3
            WHERE id = $1 AND finished_at IS NULL";
        self.aside(Box::new(move |db| {
            Box::pin(async move {
                let params = [Param::Text(Some(&id)), Param::Int(Some(now.0)), Param::Text(Some(&outcome))];
                db.run(finish, &params).await.map(drop)
            })
        }))
        .await
    }

    async fn forget_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        let forget = "DELETE FROM run_requests WHERE finished_at < $1";
        self.aside(Box::new(move |db| Box::pin(async move { db.run(forget, &[Param::Int(Some(before.0))]).await })))
            .await
    }
}

async fn ask(db: &mut dyn Session, new: &NewRequest, now: Timestamp) -> Result<RunRequest, StoreError> {
    // Twice: the one that stood in the way may have been started since.
    for _ in 0..2 {
        let written = db
            .run(
                "INSERT INTO run_requests (id, provider, trigger, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (provider) WHERE started_at IS NULL DO NOTHING",
                &[
                    Param::Text(Some(&new.id)),
                    Param::Text(Some(&new.provider)),
                    Param::Text(Some(&new.trigger)),
                    Param::Text(Some(&new.asked_by)),
                    Param::Int(Some(now.0)),
                ],
            )
            .await?;
        let there = if written == 1 { one(db, &new.id).await? } else { waiting(db, &new.provider).await? };
        if let Some(request) = there {
            return Ok(request);
        }
    }
    Err(StoreError::Moved)
}

async fn one(db: &mut dyn Session, id: &str) -> Result<Option<RunRequest>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, trigger, asked_by, asked_at, started_at, finished_at, outcome
             FROM run_requests WHERE id = $1",
            &[Param::Text(Some(id))],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn waiting(db: &mut dyn Session, provider: &str) -> Result<Option<RunRequest>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, trigger, asked_by, asked_at, started_at, finished_at, outcome
             FROM run_requests WHERE provider = $1 AND started_at IS NULL",
            &[Param::Text(Some(provider))],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn open(db: &mut dyn Session, provider: &str) -> Result<Vec<RunRequest>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, trigger, asked_by, asked_at, started_at, finished_at, outcome
             FROM run_requests WHERE provider = $1 AND finished_at IS NULL ORDER BY asked_at, id",
            &[Param::Text(Some(provider))],
        )
        .await?;
    rows.iter().map(read).collect()
}

async fn last(db: &mut dyn Session, limit: u32) -> Result<Vec<RunRequest>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, trigger, asked_by, asked_at, started_at, finished_at, outcome
             FROM run_requests ORDER BY asked_at DESC, id DESC LIMIT $1",
            &[Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter().map(read).collect()
}

pub(super) fn read(row: &Row) -> Result<RunRequest, StoreError> {
    Ok(RunRequest {
        id: row.text(0)?,
        provider: row.text(1)?,
        trigger: row.text(2)?,
        asked_by: row.text(3)?,
        asked_at: Timestamp(row.int(4)?),
        started_at: row.opt_int(5)?.map(Timestamp),
        finished_at: row.opt_int(6)?.map(Timestamp),
        outcome: row.opt_text(7)?,
    })
}
