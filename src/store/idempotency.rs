//! Answers to requests that named an `Idempotency-Key`, so that the same request, sent again, is
//! answered and not done again (draft-ietf-httpapi-idempotency-key-header).
//!
//! What is kept here is what was answered, so nothing secret may be in it.

use super::session::{Engine, Param, Session};
use super::shared::Shared;
use super::{Absent, StoreError, absent};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// How long an answer is kept, in milliseconds.
const KEPT: i64 = 24 * 3600 * 1000;

/// After this long without an answer, whoever worked on it is not there any more.
const LOST: i64 = 5 * 60 * 1000;

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Who asks: keys of different callers have nothing to do with each other.
    pub caller: String,
    pub key: String,
    /// SHA-256 of method, path and body.
    pub hash: [u8; 32],
}

/// What there is under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyedAnswer {
    /// Nothing: do it, then say what was answered.
    New,
    /// Somebody is doing it.
    Running,
    /// It was done.
    Done { status: i64, answer: String },
    /// The key belongs to another request.
    OtherRequest,
}

/// Answers by key.
#[async_trait]
pub trait Idempotency: Send + Sync {
    /// Claims the key for this request, or says what is under it.
    async fn begin_keyed(&self, request: &KeyedRequest, now: Timestamp) -> Result<KeyedAnswer, StoreError>;

    /// Keeps what was answered; without an answer, forgets the key, so that it can be tried again.
    async fn finish_keyed(&self, request: &KeyedRequest, answer: Option<(i64, String)>) -> Result<(), StoreError>;
}

async fn begin(db: &mut dyn Session, request: &KeyedRequest, now: Timestamp) -> Result<KeyedAnswer, StoreError> {
    db.run("DELETE FROM idempotency_keys WHERE created_at <= $1", &[Param::Int(Some(now.0.saturating_sub(KEPT)))])
        .await?;
    db.run(
        "DELETE FROM idempotency_keys WHERE token = $1 AND key = $2 AND status IS NULL AND created_at <= $3",
        &[
            Param::Text(Some(&request.caller)),
            Param::Text(Some(&request.key)),
            Param::Int(Some(now.0.saturating_sub(LOST))),
        ],
    )
    .await?;
    let claimed = db
        .run(
            "INSERT INTO idempotency_keys (token, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            &[
                Param::Text(Some(&request.caller)),
                Param::Text(Some(&request.key)),
                Param::Bytes(&request.hash),
                Param::Int(Some(now.0)),
            ],
        )
        .await?;
    if claimed == 1 {
        return Ok(KeyedAnswer::New);
    }
    let rows = db
        .rows(
            "SELECT request_hash, status, answer FROM idempotency_keys WHERE token = $1 AND key = $2",
            &[Param::Text(Some(&request.caller)), Param::Text(Some(&request.key))],
        )
        .await?;
    // Whoever had it may have given it up in between.
    let Some(row) = rows.first() else { return Ok(KeyedAnswer::Running) };
    if row.bytes(0)? != request.hash {
        return Ok(KeyedAnswer::OtherRequest);
    }
    Ok(match row.opt_int(1)? {
        None => KeyedAnswer::Running,
        Some(status) => KeyedAnswer::Done { status, answer: row.opt_text(2)?.unwrap_or_default() },
    })
}

async fn finish(
    db: &mut dyn Session,
    request: &KeyedRequest,
    answer: Option<&(i64, String)>,
) -> Result<(), StoreError> {
    let (caller, key) = (Param::Text(Some(&request.caller)), Param::Text(Some(&request.key)));
    match answer {
        Some((status, answer)) => {
            db.run(
                "UPDATE idempotency_keys SET status = $3, answer = $4 WHERE token = $1 AND key = $2",
                &[caller, key, Param::Int(Some(*status)), Param::Text(Some(answer))],
            )
            .await?
        }
        None => db.run("DELETE FROM idempotency_keys WHERE token = $1 AND key = $2", &[caller, key]).await?,
    };
    Ok(())
}

#[async_trait]
impl<E: Engine> Idempotency for Shared<E> {
    async fn begin_keyed(&self, request: &KeyedRequest, now: Timestamp) -> Result<KeyedAnswer, StoreError> {
        let request = request.clone();
        self.aside(Box::new(move |db| Box::pin(async move { begin(db, &request, now).await }))).await
    }

    async fn finish_keyed(&self, request: &KeyedRequest, answer: Option<(i64, String)>) -> Result<(), StoreError> {
        let request = request.clone();
        self.aside(Box::new(move |db| Box::pin(async move { finish(db, &request, answer.as_ref()).await }))).await
    }
}

#[async_trait]
impl Idempotency for Absent {
    async fn begin_keyed(&self, _: &KeyedRequest, _: Timestamp) -> Result<KeyedAnswer, StoreError> {
        absent::refused()
    }

    async fn finish_keyed(&self, _: &KeyedRequest, _: Option<(i64, String)>) -> Result<(), StoreError> {
        absent::refused()
    }
}
