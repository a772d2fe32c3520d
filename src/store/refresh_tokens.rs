//! What logins are renewed with: used by one at a time, and never put over what a later login brought.

use super::absent::refused;
use super::session::{Dialect, Engine, Param, Row, Session};
use super::shared::Shared;
use super::{Absent, StoreError};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;

/// What a login is renewed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub provider: String,
    pub subject: String,
    pub sealed: Vec<u8>,
    /// Which one of this person it is.
    pub version: i64,
    /// How often in a row it could not be used.
    pub failures: i64,
}

/// What came of using one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Used {
    /// The provider gave another, or let it be: that is used next.
    Kept { sealed: Vec<u8>, due_at: Timestamp },
    /// It could not be asked.
    Failed { due_at: Timestamp },
    /// The provider refused it.
    Refused,
}

/// The table `refresh_tokens`.
#[async_trait]
pub trait RefreshTokens: Send + Sync {
    /// Keeps what a login brought, over what was there.
    async fn keep_refresh_token(
        &self,
        provider: &str,
        subject: &str,
        sealed: Vec<u8>,
        due_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// How many are due.
    async fn due_refresh_tokens(&self, provider: &str, now: Timestamp) -> Result<u64, StoreError>;

    /// Takes up to `most` that are due, the longest first; nobody else takes them before `until`.
    async fn take_refresh_tokens(
        &self,
        provider: &str,
        most: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<RefreshToken>, StoreError>;

    /// Notes what came of one that was taken. False where somebody has logged in meanwhile: that one counts.
    async fn used_refresh_token(&self, token: &RefreshToken, used: &Used) -> Result<bool, StoreError>;

    /// Makes somebody's due at once. False where there is none.
    async fn hasten_refresh_token(&self, provider: &str, subject: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Lets the lease end now of what a login said of somebody until `said`. False where none holds, or a later login
    /// is known.
    async fn end_lease(
        &self,
        provider: &str,
        subject: &str,
        said: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

async fn keep(
    db: &mut dyn Session,
    provider: String,
    subject: String,
    sealed: Vec<u8>,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO refresh_tokens (provider, subject, sealed, version, due_at) VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (provider, subject) DO UPDATE
         SET sealed = $3, version = refresh_tokens.version + 1, due_at = $4, taken_until = 0, failures = 0",
        &[Param::Text(Some(&provider)), Param::Text(Some(&subject)), Param::Bytes(&sealed), Param::Int(Some(due_at.0))],
    )
    .await?;
    Ok(())
}

async fn due(db: &mut dyn Session, provider: &str, now: Timestamp) -> Result<u64, StoreError> {
    let rows = db
        .rows(
            "SELECT count(*) FROM refresh_tokens WHERE provider = $1 AND due_at <= $2 AND taken_until <= $2",
            &[Param::Text(Some(provider)), Param::Int(Some(now.0))],
        )
        .await?;
    Ok(rows.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs())
}

async fn take(
    db: &mut dyn Session,
    provider: String,
    most: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<RefreshToken>, StoreError> {
    // On PostgreSQL several replicas ask at once: each gets others. SQLite has one writer.
    let sql = match db.dialect() {
        Dialect::Sqlite => {
            "UPDATE refresh_tokens SET taken_until = $4 WHERE provider = $1 AND subject IN (
                 SELECT subject FROM refresh_tokens WHERE provider = $1 AND due_at <= $2 AND taken_until <= $2
                 ORDER BY due_at, subject LIMIT $3)
             RETURNING subject, sealed, version, failures"
        }
        Dialect::Postgres => {
            "UPDATE refresh_tokens SET taken_until = $4 WHERE provider = $1 AND subject IN (
                 SELECT subject FROM refresh_tokens WHERE provider = $1 AND due_at <= $2 AND taken_until <= $2
                 ORDER BY due_at, subject LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING subject, sealed, version, failures"
        }
    };
    let params = [
        Param::Text(Some(&provider)),
        Param::Int(Some(now.0)),
        Param::Int(Some(i64::from(most))),
        Param::Int(Some(until.0)),
    ];
    let rows = db.rows(sql, &params).await?;
    let token = |row: &Row| {
        Ok(RefreshToken {
            provider: provider.clone(),
            subject: row.text(0)?,
            sealed: row.bytes(1)?,
            version: row.int(2)?,
            failures: row.int(3)?,
        })
    };
    rows.iter().map(token).collect()
}

async fn note(db: &mut dyn Session, token: RefreshToken, used: Used) -> Result<bool, StoreError> {
    let whose =
        [Param::Text(Some(&token.provider)), Param::Text(Some(&token.subject)), Param::Int(Some(token.version))];
    let [provider, subject, version] = whose;
    let changed = match &used {
        Used::Kept { sealed, due_at } => {
            db.run(
                "UPDATE refresh_tokens
                 SET sealed = $4, version = version + 1, due_at = $5, taken_until = 0, failures = 0
                 WHERE provider = $1 AND subject = $2 AND version = $3",
                &[provider, subject, version, Param::Bytes(sealed), Param::Int(Some(due_at.0))],
            )
            .await?
        }
        Used::Failed { due_at } => {
            db.run(
                "UPDATE refresh_tokens SET due_at = $4, taken_until = 0, failures = failures + 1
                 WHERE provider = $1 AND subject = $2 AND version = $3",
                &[provider, subject, version, Param::Int(Some(due_at.0))],
            )
            .await?
        }
        Used::Refused => {
            db.run("DELETE FROM refresh_tokens WHERE provider = $1 AND subject = $2 AND version = $3", &whose).await?
        }
    };
    Ok(changed == 1)
}

async fn hasten(db: &mut dyn Session, provider: String, subject: String, now: Timestamp) -> Result<bool, StoreError> {
    let hastened = db
        .run(
            "UPDATE refresh_tokens SET due_at = $3 WHERE provider = $1 AND subject = $2",
            &[Param::Text(Some(&provider)), Param::Text(Some(&subject)), Param::Int(Some(now.0))],
        )
        .await?;
    Ok(hastened == 1)
}

async fn end_lease(
    db: &mut dyn Session,
    provider: String,
    subject: String,
    said: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    // A renewal is not noted each time, a login's delivery is.
    let person = format!("subject:{subject}");
    let ended = db
        .run(
            "UPDATE renewals SET until = CASE WHEN until < $3 THEN until ELSE $3 END, withdrawn = 1
             WHERE ended_at IS NULL AND renewed_at <= $4 AND withdrawn = 0 AND identity_id IN (
                 SELECT i.id FROM identities i JOIN providers p ON p.id = i.provider_id
                 WHERE p.name = $1 AND i.subject = $2)
               AND NOT EXISTS (SELECT 1 FROM deliveries d
                               WHERE d.provider = $1 AND d.person = $5 AND d.event_at > $4 AND d.state <> 'failed')",
            &[
                Param::Text(Some(&provider)),
                Param::Text(Some(&subject)),
                Param::Int(Some(now.0)),
                Param::Int(Some(said.0)),
                Param::Text(Some(&person)),
            ],
        )
        .await?;
    Ok(ended == 1)
}

#[async_trait]
impl<E: Engine> RefreshTokens for Shared<E> {
    async fn keep_refresh_token(
        &self,
        provider: &str,
        subject: &str,
        sealed: Vec<u8>,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let (provider, subject) = (provider.to_owned(), subject.to_owned());
        self.aside(Box::new(move |db| Box::pin(keep(db, provider, subject, sealed, due_at)))).await
    }

    async fn due_refresh_tokens(&self, provider: &str, now: Timestamp) -> Result<u64, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { due(db, &provider, now).await }))).await
    }

    async fn take_refresh_tokens(
        &self,
        provider: &str,
        most: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<RefreshToken>, StoreError> {
        let provider = provider.to_owned();
        self.aside(Box::new(move |db| Box::pin(take(db, provider, most, now, until)))).await
    }

    async fn used_refresh_token(&self, token: &RefreshToken, used: &Used) -> Result<bool, StoreError> {
        let (token, used) = (token.clone(), used.clone());
        self.aside(Box::new(move |db| Box::pin(note(db, token, used)))).await
    }

    async fn hasten_refresh_token(&self, provider: &str, subject: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (provider, subject) = (provider.to_owned(), subject.to_owned());
        self.aside(Box::new(move |db| Box::pin(hasten(db, provider, subject, now)))).await
    }

    async fn end_lease(
        &self,
        provider: &str,
        subject: &str,
        said: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (provider, subject) = (provider.to_owned(), subject.to_owned());
        self.write(Box::new(move |db| Box::pin(end_lease(db, provider, subject, said, now)))).await
    }
}

#[async_trait]
impl RefreshTokens for Absent {
    async fn due_refresh_tokens(&self, _: &str, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn keep_refresh_token(&self, _: &str, _: &str, _: Vec<u8>, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn take_refresh_tokens(
        &self,
        _: &str,
        _: u32,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<Vec<RefreshToken>, StoreError> {
        Ok(Vec::new())
    }

    async fn used_refresh_token(&self, _: &RefreshToken, _: &Used) -> Result<bool, StoreError> {
        refused()
    }

    async fn hasten_refresh_token(&self, _: &str, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn end_lease(&self, _: &str, _: &str, _: Timestamp, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
}
