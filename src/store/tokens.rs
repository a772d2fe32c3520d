//! Tokens of the API: their hashes, and what each may do. A token itself is nowhere here.
//!
//! Making and revoking one is a person's act, so each leaves an audit record.

use super::session::{Engine, Param, Row, Session};
use super::shared::Shared;
use super::{Absent, StoreError, absent, history};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// A token that is not kept yet.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Unique; not secret.
    pub id: String,
    pub name: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What it may do, by name.
    pub scopes: Vec<String>,
    pub created_by: String,
    pub expires_at: Timestamp,
}

/// `api_tokens`, without the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it still counts.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// The tokens of the API.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Keeps a new one.
    async fn add_token(&self, new: &NewToken, now: Timestamp) -> Result<Token, StoreError>;

    /// The one with this hash, whether or not it still counts.
    async fn token_by_hash(&self, hash: [u8; 32]) -> Result<Option<Token>, StoreError>;

    /// All of them, the oldest first.
    async fn tokens(&self) -> Result<Vec<Token>, StoreError>;

    /// Notes that it was used at `now`.
    async fn token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Ends it at `now`; one that was revoked stays as it is. Returns it as it stands then, or
    /// nothing when there is none.
    async fn revoke_token(&self, id: &str, by: &str, now: Timestamp) -> Result<Option<Token>, StoreError>;
}

/// See [`Tokens::add_token`].
async fn add(db: &mut dyn Session, new: &NewToken, now: Timestamp) -> Result<Token, StoreError> {
    let scopes = serde_json::Value::from(new.scopes.clone()).to_string();
    db.run(
        "INSERT INTO api_tokens (id, name, hash, scopes, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            Param::Text(Some(&new.id)),
            Param::Text(Some(&new.name)),
            Param::Bytes(&new.hash),
            Param::Text(Some(&scopes)),
            Param::Text(Some(&new.created_by)),
            Param::Int(Some(now.0)),
            Param::Int(Some(new.expires_at.0)),
        ],
    )
    .await?;
    let body = serde_json::json!({ "op": "create_token", "id": new.id, "scopes": new.scopes });
    history::append(db, now, &new.created_by, None, &body.to_string()).await?;
    one(db, &new.id).await?.ok_or_else(|| StoreError::Database(format!("token {} is gone at once", new.id)))
}

async fn one(db: &mut dyn Session, id: &str) -> Result<Option<Token>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at
             FROM api_tokens WHERE id = $1",
            &[Param::Text(Some(id))],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn by_hash(db: &mut dyn Session, hash: &[u8]) -> Result<Option<Token>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at
             FROM api_tokens WHERE hash = $1",
            &[Param::Bytes(hash)],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn list(db: &mut dyn Session) -> Result<Vec<Token>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at
             FROM api_tokens ORDER BY created_at, id",
            &[],
        )
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Token, StoreError> {
    let id = row.text(0)?;
    let scopes = serde_json::from_str(&row.text(2)?)
        .map_err(|error| StoreError::Database(format!("the scopes of token {id} are damaged: {error}")))?;
    Ok(Token {
        id,
        name: row.text(1)?,
        scopes,
        created_by: row.text(3)?,
        created_at: Timestamp(row.int(4)?),
        expires_at: Timestamp(row.int(5)?),
        last_used_at: row.opt_int(6)?.map(Timestamp),
        revoked_at: row.opt_int(7)?.map(Timestamp),
    })
}

async fn used(db: &mut dyn Session, id: &str, now: Timestamp) -> Result<(), StoreError> {
    // Several replicas may note it; the clock of none of them puts it back.
    db.run(
        "UPDATE api_tokens SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
        &[Param::Int(Some(now.0)), Param::Text(Some(id))],
    )
    .await?;
    Ok(())
}

async fn revoke(db: &mut dyn Session, id: &str, by: &str, now: Timestamp) -> Result<Option<Token>, StoreError> {
    let revoked = db
        .run(
            "UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
            &[Param::Int(Some(now.0)), Param::Text(Some(id))],
        )
        .await?;
    if revoked == 1 {
        let body = serde_json::json!({ "op": "revoke_token", "id": id });
        history::append(db, now, by, None, &body.to_string()).await?;
    }
    one(db, id).await
}

#[async_trait]
impl<E: Engine> Tokens for Shared<E> {
    async fn add_token(&self, new: &NewToken, now: Timestamp) -> Result<Token, StoreError> {
        let new = new.clone();
        self.write(Box::new(move |db| Box::pin(async move { add(db, &new, now).await }))).await
    }

    async fn token_by_hash(&self, hash: [u8; 32]) -> Result<Option<Token>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { by_hash(db, &hash).await }))).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.read(Box::new(|db| Box::pin(list(db)))).await
    }

    async fn token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.aside(Box::new(move |db| Box::pin(async move { used(db, &id, now).await }))).await
    }

    async fn revoke_token(&self, id: &str, by: &str, now: Timestamp) -> Result<Option<Token>, StoreError> {
        let (id, by) = (id.to_owned(), by.to_owned());
        self.write(Box::new(move |db| Box::pin(async move { revoke(db, &id, &by, now).await }))).await
    }
}

#[async_trait]
impl Tokens for Absent {
    async fn add_token(&self, _: &NewToken, _: Timestamp) -> Result<Token, StoreError> {
        absent::refused()
    }

    async fn token_by_hash(&self, _: [u8; 32]) -> Result<Option<Token>, StoreError> {
        Ok(None)
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        Ok(Vec::new())
    }

    async fn token_used(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        absent::refused()
    }

    async fn revoke_token(&self, _: &str, _: &str, _: Timestamp) -> Result<Option<Token>, StoreError> {
        absent::refused()
    }
}
