//! Who is logged in: opening a session, and finding it again at each request.

use super::cookie::{Cookie, hash};
use super::service::Open;
use crate::providers::Finished;
use crate::random::{self, RandomError};
use crate::store::{LoginSession, NewLoginSession, PersonNow, StoreError};
use crate::sync::Engine;
use axum::http::HeaderMap;
use rosterd_core::ids::Timestamp;
use rosterd_core::lifecycle::{self, Access};
use rosterd_core::snapshot::PersonKey;
use std::sync::Arc;

/// How often the last use of a session is noted, in milliseconds.
const NOTED: i64 = 60_000;

/// Somebody who is logged in, as the tables say now.
#[derive(Debug, Clone)]
pub struct Current {
    pub session: LoginSession,
    pub person: PersonNow,
    /// Of the cookie.
    pub hash: [u8; 32],
}

/// Why a request with a cookie is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum NotLoggedIn {
    #[error("you are not logged in")]
    Unknown,
    #[error("your session has ended; log in again")]
    Ended,
    #[error("your account is suspended")]
    Suspended,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who sent this with the cookie of a session; `None` without a cookie.
///
/// # Errors
/// Where the cookie counts for nothing, or the database does not answer.
pub async fn current(engine: &Arc<Engine>, headers: &HeaderMap) -> Result<Option<Current>, NotLoggedIn> {
    let Some(public_url) = &engine.config.http.public_url else { return Ok(None) };
    match Cookie::Session.of(headers, public_url) {
        Some(cookie) => by_hash(engine, hash(&cookie)).await.map(Some),
        None => Ok(None),
    }
}

/// The session with this hash, if it still counts.
///
/// # Errors
/// As of [`current`].
pub(crate) async fn by_hash(engine: &Arc<Engine>, hash: [u8; 32]) -> Result<Current, NotLoggedIn> {
    let now = engine.clock.now();
    let session = engine.store.session_by_hash(hash).await?.ok_or(NotLoggedIn::Unknown)?;
    let idle = engine.config.http.sessions.idle.millis();
    // One whose provider is not configured any more says nothing of anybody.
    let known = engine.config.providers.contains_key(&session.provider);
    if session.ended_at.is_some() || now >= session.expires_at || idles(&session, idle, now) || !known {
        return Err(NotLoggedIn::Ended);
    }
    let key = PersonKey::Subject(session.subject.clone());
    let person = engine.store.person_now(&session.provider, &key).await?.ok_or(NotLoggedIn::Ended)?;
    let may = lifecycle::may(person.kind, person.state.into(), Access::Session);
    if !may.now() || person.id != session.user {
        return Err(NotLoggedIn::Suspended);
    }
    if now.0.saturating_sub(session.used_at.0) >= NOTED {
        let (engine, id) = (Arc::clone(engine), session.id.clone());
        // Nobody waits for it: on SQLite it may have to wait for a long write.
        tokio::spawn(async move {
            if let Err(error) = engine.store.session_used(&id, now).await {
                tracing::warn!(session = id, %error, "the use of a session was not noted");
            }
        });
    }
    Ok(Current { session, person, hash })
}

fn idles(session: &LoginSession, idle: i64, now: Timestamp) -> bool {
    // The use is noted late, which must not count against anybody.
    session.used_at.plus_millis(idle.saturating_add(NOTED)) <= now
}

/// Why no session is opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens one, and returns its cookie.
pub(super) async fn open(
    open: &Open,
    provider: &str,
    person: &PersonNow,
    finished: &Finished,
    hint: Option<Vec<u8>>,
) -> Result<String, NotOpened> {
    let (cookie, now) = (random::text(&*open.engine.random)?, open.now());
    let end = now.plus_millis(open.http().sessions.lasts.millis());
    let new = NewLoginSession {
        id: format!("{:032x}", open.engine.random.seed()?),
        hash: hash(&cookie),
        user: person.id,
        provider: provider.to_owned(),
        subject: finished.said.subject.clone(),
        sub: finished.sub.clone(),
        provider_session: finished.session.clone(),
        hint,
        expires_at: finished.said.until.map_or(end, |until| until.min(end)),
    };
    open.store().open_session(&new, now).await?;
    Ok(cookie)
}
