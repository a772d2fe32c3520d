//! Tokens of service accounts: their hashes, whose they are, and until when they count. A token itself is nowhere here.
//!
//! What one may do is not here either: that is what its account may do, asked for at each use.

use super::session::{Engine, Param, Row, Session, id, word};
use super::shared::Shared;
use super::{Absent, StoreError, absent, history};
use async_trait::async_trait;
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::{self, Access, Kind};
use rosterd_core::observed::UserState;

/// A token that is not kept yet.
#[derive(Debug, Clone)]
pub struct NewServiceToken {
    /// Unique; not secret.
    pub id: String,
    pub user: UserId,
    pub name: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    pub created_by: String,
    pub expires_at: Timestamp,
}

/// `service_tokens`, without the hash, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceToken {
    pub id: String,
    pub user: UserId,
    pub login: String,
    pub name: String,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// The account is one that may use tokens now.
    pub account_usable: bool,
}

impl ServiceToken {
    /// Whether it still counts.
    #[must_use]
    pub fn usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && self.account_usable
    }

    /// As audit records name who acts by it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("{} token {}", self.login, self.id)
    }
}

/// Tokens of service accounts.
#[async_trait]
pub trait ServiceTokens: Send + Sync {
    /// Keeps a new one. Refuses it where the account is no active service account.
    async fn add_service_token(&self, new: &NewServiceToken, now: Timestamp) -> Result<ServiceToken, StoreError>;

    /// The one with this hash, whether or not it still counts.
    async fn service_token_by_hash(&self, hash: [u8; 32]) -> Result<Option<ServiceToken>, StoreError>;

    /// All of an account, the oldest first.
    async fn service_tokens(&self, user: UserId) -> Result<Vec<ServiceToken>, StoreError>;

    /// Notes that it was used at `now`.
    async fn service_token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Keeps one in the place of `old`, which counts until `until` at most. `None` where the account has no such token.
    async fn rotate_service_token(
        &self,
        old: &str,
        new: &NewServiceToken,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError>;

    /// Ends one at `now`; one that was revoked stays as it is. `None` where the account has no such token.
    async fn revoke_service_token(
        &self,
        user: UserId,
        id: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError>;

    /// The actions that somebody may do to everything in every organization, as patterns.
    async fn actions_everywhere(&self, user: UserId) -> Result<Vec<String>, StoreError>;
}

async fn insert(db: &mut dyn Session, new: &NewServiceToken, now: Timestamp) -> Result<(), StoreError> {
    let user = [Param::Int(Some(new.user.into()))];
    let rows = db.rows("SELECT login, kind, state FROM users WHERE id = $1", &user).await?;
    let row = rows.first().ok_or_else(|| StoreError::Refused("there is no such account".to_owned()))?;
    if !usable(row, 1)? {
        let message = format!("{} is {}: only an active service account has tokens", row.text(0)?, row.text(2)?);
        return Err(StoreError::Refused(message));
    }
    db.run(
        "INSERT INTO service_tokens (id, user_id, name, hash, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            Param::Text(Some(&new.id)),
            Param::Int(Some(new.user.into())),
            Param::Text(Some(&new.name)),
            Param::Bytes(&new.hash),
            Param::Text(Some(&new.created_by)),
            Param::Int(Some(now.0)),
            Param::Int(Some(new.expires_at.0)),
        ],
    )
    .await?;
    Ok(())
}

async fn record(
    db: &mut dyn Session,
    (user, by): (UserId, &str),
    said: serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let body = serde_json::json!({ "changes": [said] }).to_string();
    history::append(db, now, by, Some(user), &body).await
}

async fn add(db: &mut dyn Session, new: &NewServiceToken, now: Timestamp) -> Result<ServiceToken, StoreError> {
    insert(db, new, now).await?;
    record(db, (new.user, &new.created_by), serde_json::json!(["create_service_token", new.id]), now).await?;
    kept(db, &new.id).await
}

async fn kept(db: &mut dyn Session, id: &str) -> Result<ServiceToken, StoreError> {
    one(db, id).await?.ok_or_else(|| StoreError::Database(format!("token {id} is gone at once")))
}

async fn one(db: &mut dyn Session, id: &str) -> Result<Option<ServiceToken>, StoreError> {
    let rows = db
        .rows(
            "SELECT t.id, t.user_id, u.login, t.name, t.created_by, t.created_at, t.expires_at, t.last_used_at,
                    t.revoked_at, u.kind, u.state
             FROM service_tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1",
            &[Param::Text(Some(id))],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn by_hash(db: &mut dyn Session, hash: &[u8]) -> Result<Option<ServiceToken>, StoreError> {
    let rows = db
        .rows(
            "SELECT t.id, t.user_id, u.login, t.name, t.created_by, t.created_at, t.expires_at, t.last_used_at,
                    t.revoked_at, u.kind, u.state
             FROM service_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1",
            &[Param::Bytes(hash)],
        )
        .await?;
    rows.first().map(read).transpose()
}

async fn list(db: &mut dyn Session, user: UserId) -> Result<Vec<ServiceToken>, StoreError> {
    let rows = db
        .rows(
            "SELECT t.id, t.user_id, u.login, t.name, t.created_by, t.created_at, t.expires_at, t.last_used_at,
                    t.revoked_at, u.kind, u.state
             FROM service_tokens t JOIN users u ON u.id = t.user_id WHERE t.user_id = $1 ORDER BY t.created_at, t.id",
            &[Param::Int(Some(user.into()))],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Of the columns kind and state, which begin at `field`.
fn usable(row: &Row, field: usize) -> Result<bool, StoreError> {
    let kind = word("users.kind", &row.text(field)?, Kind::parse)?;
    let state = word("users.state", &row.text(field + 1)?, UserState::parse)?;
    Ok(lifecycle::may(kind, state.into(), Access::Token).now())
}

fn read(row: &Row) -> Result<ServiceToken, StoreError> {
    Ok(ServiceToken {
        id: row.text(0)?,
        user: id("service_tokens.user_id", row.int(1)?)?,
        login: row.text(2)?,
        name: row.text(3)?,
        created_by: row.text(4)?,
        created_at: Timestamp(row.int(5)?),
        expires_at: Timestamp(row.int(6)?),
        last_used_at: row.opt_int(7)?.map(Timestamp),
        revoked_at: row.opt_int(8)?.map(Timestamp),
        account_usable: usable(row, 9)?,
    })
}

async fn used(db: &mut dyn Session, id: &str, now: Timestamp) -> Result<(), StoreError> {
    // Several replicas may note it; the clock of none of them puts it back.
    db.run(
        "UPDATE service_tokens SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
        &[Param::Int(Some(now.0)), Param::Text(Some(id))],
    )
    .await?;
    Ok(())
}

async fn rotate(
    db: &mut dyn Session,
    old: &str,
    new: &NewServiceToken,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<ServiceToken>, StoreError> {
    let Some(before) = one(db, old).await?.filter(|token| token.user == new.user) else { return Ok(None) };
    if !before.usable(now) {
        return Err(StoreError::Refused(format!("token {old} does not count any more; make a new one")));
    }
    insert(db, new, now).await?;
    db.run(
        "UPDATE service_tokens SET expires_at = $1 WHERE id = $2 AND expires_at > $1",
        &[Param::Int(Some(until.0)), Param::Text(Some(old))],
    )
    .await?;
    record(db, (new.user, &new.created_by), serde_json::json!(["rotate_service_token", old, new.id]), now).await?;
    kept(db, &new.id).await.map(Some)
}

async fn revoke(
    db: &mut dyn Session,
    user: UserId,
    id: &str,
    by: &str,
    now: Timestamp,
) -> Result<Option<ServiceToken>, StoreError> {
    if one(db, id).await?.is_none_or(|token| token.user != user) {
        return Ok(None);
    }
    let revoked = db
        .run(
            "UPDATE service_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
            &[Param::Int(Some(now.0)), Param::Text(Some(id))],
        )
        .await?;
    if revoked == 1 {
        record(db, (user, by), serde_json::json!(["revoke_service_token", id]), now).await?;
    }
    one(db, id).await
}

async fn everywhere(db: &mut dyn Session, user: UserId) -> Result<Vec<String>, StoreError> {
    let rows = db
        .rows(
            "SELECT DISTINCT action FROM effective_permissions
             WHERE user_id = $1 AND org_id IS NULL AND scope = '*' ORDER BY action",
            &[Param::Int(Some(user.into()))],
        )
        .await?;
    rows.iter().map(|row| row.text(0)).collect()
}

#[async_trait]
impl<E: Engine> ServiceTokens for Shared<E> {
    async fn add_service_token(&self, new: &NewServiceToken, now: Timestamp) -> Result<ServiceToken, StoreError> {
        let new = new.clone();
        self.write(Box::new(move |db| Box::pin(async move { add(db, &new, now).await }))).await
    }

    async fn service_token_by_hash(&self, hash: [u8; 32]) -> Result<Option<ServiceToken>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { by_hash(db, &hash).await }))).await
    }

    async fn service_tokens(&self, user: UserId) -> Result<Vec<ServiceToken>, StoreError> {
        self.read(Box::new(move |db| Box::pin(list(db, user)))).await
    }

    async fn service_token_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.aside(Box::new(move |db| Box::pin(async move { used(db, &id, now).await }))).await
    }

    async fn rotate_service_token(
        &self,
        old: &str,
        new: &NewServiceToken,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError> {
        let (old, new) = (old.to_owned(), new.clone());
        self.write(Box::new(move |db| Box::pin(async move { rotate(db, &old, &new, until, now).await }))).await
    }

    async fn revoke_service_token(
        &self,
        user: UserId,
        id: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError> {
        let (id, by) = (id.to_owned(), by.to_owned());
        self.write(Box::new(move |db| Box::pin(async move { revoke(db, user, &id, &by, now).await }))).await
    }

    async fn actions_everywhere(&self, user: UserId) -> Result<Vec<String>, StoreError> {
        self.read(Box::new(move |db| Box::pin(everywhere(db, user)))).await
    }
}

#[async_trait]
impl ServiceTokens for Absent {
    async fn add_service_token(&self, _: &NewServiceToken, _: Timestamp) -> Result<ServiceToken, StoreError> {
        absent::refused()
    }

    async fn service_token_by_hash(&self, _: [u8; 32]) -> Result<Option<ServiceToken>, StoreError> {
        Ok(None)
    }

    async fn service_tokens(&self, _: UserId) -> Result<Vec<ServiceToken>, StoreError> {
        Ok(Vec::new())
    }

    async fn service_token_used(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        absent::refused()
    }

    async fn rotate_service_token(
        &self,
        _: &str,
        _: &NewServiceToken,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError> {
        absent::refused()
    }

    async fn revoke_service_token(
        &self,
        _: UserId,
        _: &str,
        _: &str,
        _: Timestamp,
    ) -> Result<Option<ServiceToken>, StoreError> {
        absent::refused()
    }

    async fn actions_everywhere(&self, _: UserId) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
