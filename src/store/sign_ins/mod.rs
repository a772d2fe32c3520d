//! Logins that rosterd does itself: those under way, and sessions.
//!
//! No plan rests on these tables. Secrets are here as hashes, or sealed by whoever hands them over: a copy of the
//! database lets nobody in.

mod begun;
mod seen;
mod sessions;

use super::StoreError;
use super::absent::{Absent, refused};
use super::session::Engine;
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::ids::{Timestamp, UserId};

/// A login that has begun: the browser is at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// SHA-256 of the parameter `state`.
    pub state: [u8; 32],
    /// SHA-256 of the cookie that the browser has to bring back.
    pub browser: [u8; 32],
    pub provider: String,
    /// What the provider's answer is held against, as the provider wrote it down.
    pub kept: String,
    pub return_to: String,
    pub expires_at: Timestamp,
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLoginSession {
    /// Unique; not secret.
    pub id: String,
    /// SHA-256 of the cookie.
    pub hash: [u8; 32],
    pub user: UserId,
    pub provider: String,
    /// The identity's.
    pub subject: String,
    /// As the provider's messages call them.
    pub sub: String,
    /// The provider's own id of the session.
    pub provider_session: Option<String>,
    /// Sealed: what the provider's logout wants to be shown.
    pub hint: Option<Vec<u8>>,
    pub expires_at: Timestamp,
}

/// `sessions`, without the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginSession {
    pub id: String,
    pub user: UserId,
    pub provider: String,
    pub subject: String,
    pub hint: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Why it ended, in a word of ours.
    pub ended_by: Option<String>,
}

/// Whose sessions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// This one, by our id.
    Session(String),
    /// All of somebody, as the provider's messages call them.
    Sub { provider: String, sub: String },
    /// By the provider's own id of the session.
    ProviderSession { provider: String, session: String },
    /// All of somebody that were opened until then, by the identity's own id; none of a break-glass account.
    Subject { provider: String, subject: String, until: Timestamp },
}

/// The tables `sign_ins` and `sessions`, and messages that count once.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Keeps a login that begins.
    async fn begin_sign_in(&self, begun: &SignIn) -> Result<(), StoreError>;

    /// Takes the login with this `state`, if it has not expired: nobody can take it again.
    async fn take_sign_in(&self, state: [u8; 32], now: Timestamp) -> Result<Option<SignIn>, StoreError>;

    /// Opens a session.
    async fn open_session(&self, new: &NewLoginSession, now: Timestamp) -> Result<(), StoreError>;

    /// The session with this hash, whether or not it still counts.
    async fn session_by_hash(&self, hash: [u8; 32]) -> Result<Option<LoginSession>, StoreError>;

    /// Notes that it was used at `now`.
    async fn session_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The sessions that have neither ended nor expired, newest first.
    async fn sessions(&self, now: Timestamp) -> Result<Vec<LoginSession>, StoreError>;

    /// Ends sessions; `by`: why, in a word. Returns of whom: their subjects, each once. With an `actor`, who ended it
    /// by hand, there is an audit record for each session.
    async fn end_sessions(
        &self,
        whose: &Whose,
        by: &str,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError>;

    /// Whether this message of the issuer is seen for the first time; remembered until `until`.
    async fn first_seen(&self, issuer: &str, token: [u8; 32], until: Timestamp) -> Result<bool, StoreError>;

    /// Whether it was seen before.
    async fn was_seen(&self, issuer: &str, token: [u8; 32]) -> Result<bool, StoreError>;

    /// Whose sessions, that have not ended, are of whom the provider's messages call so: the subject, if it is one.
    async fn subject_of(&self, provider: &str, sub: &str) -> Result<Option<String>, StoreError>;

    /// Who at the provider has this e-mail address, whatever its case: the subject, if it is one and not gone.
    async fn subject_with_email(&self, provider: &str, email: &str) -> Result<Option<String>, StoreError>;

    /// Forgets logins and messages that have expired by `now`, and sessions that have ended before `before`.
    async fn prune_sign_ins(&self, now: Timestamp, before: Timestamp) -> Result<u64, StoreError>;
}

#[async_trait]
impl<E: Engine> SignIns for Shared<E> {
    async fn begin_sign_in(&self, begun: &SignIn) -> Result<(), StoreError> {
        let begun = begun.clone();
        self.aside(Box::new(move |db| Box::pin(async move { begun::begin(db, &begun).await }))).await
    }

    async fn take_sign_in(&self, state: [u8; 32], now: Timestamp) -> Result<Option<SignIn>, StoreError> {
        self.aside(Box::new(move |db| Box::pin(async move { begun::take(db, state, now).await }))).await
    }

    async fn open_session(&self, new: &NewLoginSession, now: Timestamp) -> Result<(), StoreError> {
        let new = new.clone();
        self.aside(Box::new(move |db| Box::pin(async move { sessions::open(db, &new, now).await }))).await
    }

    async fn session_by_hash(&self, hash: [u8; 32]) -> Result<Option<LoginSession>, StoreError> {
        self.read(Box::new(move |db| Box::pin(async move { sessions::by_hash(db, &hash).await }))).await
    }

    async fn session_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.aside(Box::new(move |db| Box::pin(async move { sessions::used(db, &id, now).await }))).await
    }

    async fn sessions(&self, now: Timestamp) -> Result<Vec<LoginSession>, StoreError> {
        self.read(Box::new(move |db| Box::pin(sessions::list(db, now)))).await
    }

    async fn end_sessions(
        &self,
        whose: &Whose,
        by: &str,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let (whose, by, actor) = (whose.clone(), by.to_owned(), actor.map(str::to_owned));
        match actor {
            Some(actor) => {
                self.write(Box::new(move |db| Box::pin(sessions::end_by_hand(db, whose, by, actor, now)))).await
            }
            None => self.aside(Box::new(move |db| Box::pin(sessions::end(db, whose, by, now)))).await,
        }
    }

    async fn first_seen(&self, issuer: &str, token: [u8; 32], until: Timestamp) -> Result<bool, StoreError> {
        let issuer = issuer.to_owned();
        self.aside(Box::new(move |db| Box::pin(async move { seen::first(db, &issuer, &token, until).await }))).await
    }

    async fn was_seen(&self, issuer: &str, token: [u8; 32]) -> Result<bool, StoreError> {
        let issuer = issuer.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { seen::before(db, &issuer, &token).await }))).await
    }

    async fn subject_of(&self, provider: &str, sub: &str) -> Result<Option<String>, StoreError> {
        let (provider, sub) = (provider.to_owned(), sub.to_owned());
        self.read(Box::new(move |db| Box::pin(async move { sessions::subject_of(db, &provider, &sub).await }))).await
    }

    async fn subject_with_email(&self, provider: &str, email: &str) -> Result<Option<String>, StoreError> {
        let (provider, email) = (provider.to_owned(), email.to_owned());
        self.read(Box::new(move |db| Box::pin(async move { sessions::with_email(db, &provider, &email).await }))).await
    }

    async fn prune_sign_ins(&self, now: Timestamp, before: Timestamp) -> Result<u64, StoreError> {
        self.aside(Box::new(move |db| Box::pin(seen::prune(db, now, before)))).await
    }
}

#[async_trait]
impl SignIns for Absent {
    async fn begin_sign_in(&self, _: &SignIn) -> Result<(), StoreError> {
        refused()
    }

    async fn take_sign_in(&self, _: [u8; 32], _: Timestamp) -> Result<Option<SignIn>, StoreError> {
        Ok(None)
    }

    async fn open_session(&self, _: &NewLoginSession, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn session_by_hash(&self, _: [u8; 32]) -> Result<Option<LoginSession>, StoreError> {
        Ok(None)
    }

    async fn session_used(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn sessions(&self, _: Timestamp) -> Result<Vec<LoginSession>, StoreError> {
        Ok(Vec::new())
    }

    async fn end_sessions(&self, _: &Whose, _: &str, _: Option<&str>, _: Timestamp) -> Result<Vec<String>, StoreError> {
        refused()
    }

    async fn first_seen(&self, _: &str, _: [u8; 32], _: Timestamp) -> Result<bool, StoreError> {
        refused()
    }

    async fn was_seen(&self, _: &str, _: [u8; 32]) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn subject_of(&self, _: &str, _: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    async fn subject_with_email(&self, _: &str, _: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    async fn prune_sign_ins(&self, _: Timestamp, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}
