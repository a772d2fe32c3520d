//! The end of a session: by whoever has it, or by the provider's word (OpenID Connect Back-Channel Logout 1.0).

use super::cookie::{Cookie, hash};
use super::pages::Page;
use super::service::{Logins, Open, seal};
use super::session::{NotLoggedIn, current};
use crate::fetch::Url;
use crate::providers::{Carried, Leave, Leaving, LoggedOut, Login, LoginError};
use crate::random;
use crate::store::{LoginSession, StoreError, Whose};
use axum::http::{HeaderMap, StatusCode};
use rosterd_core::ids::Timestamp;

/// For what an ID token is sealed.
pub(super) const HINT: &str = "hint";

/// `POST /logout`. Leads to the provider's own logout, where it has one.
pub(super) async fn here(logins: &Logins, headers: &HeaderMap) -> Result<Page, Page> {
    let open = logins.open()?;
    let home = format!("{}/login", open.public_url);
    let session = match current(&open.engine, headers).await {
        Ok(Some(current)) => Some(current.session),
        // Who is suspended may still log out.
        Err(NotLoggedIn::Suspended) => match Cookie::Session.of(headers, &open.public_url) {
            Some(cookie) => open.store().session_by_hash(hash(&cookie)).await.map_err(|error| unavailable(&error))?,
            None => None,
        },
        Ok(None) | Err(NotLoggedIn::Unknown | NotLoggedIn::Ended) => None,
        Err(NotLoggedIn::Store(error)) => return Err(unavailable(&error)),
    };
    let away = match &session {
        Some(session) => {
            let whose = Whose::Session(session.id.clone());
            let ended = open.store().end_sessions(&whose, "logout", None, open.now()).await;
            ended.map_err(|error| unavailable(&error))?;
            elsewhere(logins, &open, session, &home).await
        }
        None => None,
    };
    Ok(Page::lead(away.as_deref().unwrap_or(&home)).with(Cookie::Session.forget(&open.public_url)))
}

/// Where the provider ends its own session.
async fn elsewhere(logins: &Logins, open: &Open, session: &LoginSession, after: &str) -> Option<String> {
    let login = logins.hooks.verifier(&session.provider)?;
    let hint = match &session.hint {
        Some(sealed) => seal(&open.engine)
            .await
            .and_then(|seal| seal.open(HINT, &[&session.provider, &session.subject], sealed))
            .inspect_err(|error| tracing::warn!(%error, "the hint of a logout cannot be opened"))
            .ok(),
        None => None,
    };
    let id = random::text(&*open.engine.random).ok()?;
    login.browser()?.logout(hint.as_ref(), &Leaving { after, id: &id, now: open.now() }).await
}

/// The origin of that place: browsers let a form lead nowhere else.
pub(super) async fn origin(logins: &Logins, session: &LoginSession, now: Timestamp) -> Option<String> {
    let login = logins.hooks.verifier(&session.provider)?;
    let place = Url::parse(&login.browser()?.logs_out_at(now).await?).ok()?;
    Some(place.origin().ascii_serialization())
}

/// `POST /login/PROVIDER/back-channel`: the provider itself says who has logged out. Their sessions end; whether they
/// are still there is asked at once, where that can be asked.
pub(super) async fn told(logins: &Logins, provider: &str, message: &str) -> Result<(), Problem> {
    let open = logins.open().map_err(|_| Problem::Refused("no-such-provider"))?;
    let login = logins.provider(provider).map_err(|_| Problem::Refused("no-such-provider"))?;
    let said = read(&open, &*login, provider, message).await?;
    ended(logins, &open, provider, &[said]).await
}

/// `/login/PROVIDER/logout`: the same, by somebody's browser, which brings the answer back.
pub(super) async fn brought(logins: &Logins, provider: &str, message: Carried<'_>) -> Result<Page, Page> {
    let open = logins.open()?;
    let login = logins.provider(provider)?;
    let browser = login.browser().ok_or_else(Page::not_now)?;
    let left = browser.logging_out(&open.logout(provider), message, open.now()).await;
    let left = left.map_err(|error| not_believed(provider, &error));
    let answer = match left {
        Ok(Leave::Answered) => return Ok(Page::lead("/login")),
        Ok(Leave::Ended { who, answer }) => ended(logins, &open, provider, &who).await.map(|()| answer),
        Err(problem) => Err(problem),
    };
    match answer {
        Ok(answer) => Ok(Page::away(&answer)),
        Err(Problem::Unavailable) => Err(Page::not_now()),
        Err(Problem::Refused(code)) => {
            let why = "What your provider's page sent is not believed, so nothing was ended here. Log out here, too.";
            Err(Page::problem(StatusCode::FORBIDDEN, "This logout does not count", why).code(code))
        }
    }
}

/// Ends what a message says has ended. It counts once.
async fn ended(logins: &Logins, open: &Open, provider: &str, said: &[LoggedOut]) -> Result<(), Problem> {
    let Some(message) = said.first() else { return Ok(()) };
    let first = open.store().first_seen(provider, hash(&message.id), message.until).await.map_err(Problem::of)?;
    if !first {
        return Err(Problem::Refused("token-again"));
    }
    let mut gone = Vec::new();
    for one in said {
        if let Some(whose) = whose(provider, one) {
            let ended = open.store().end_sessions(&whose, "provider", None, open.now()).await;
            gone.extend(ended.map_err(Problem::of)?);
        }
        gone.extend(one.subject.clone());
    }
    gone.sort();
    gone.dedup();
    let mut asked = 0;
    for subject in &gone {
        let due = open.store().hasten_refresh_token(provider, subject, open.now()).await.map_err(Problem::of)?;
        asked += u32::from(due);
    }
    if asked > 0 {
        logins.hurry.notify_one();
    }
    tracing::info!(provider, people = gone.len(), asked, "the provider says that somebody has logged out");
    Ok(())
}

/// By the session where it names one; else all of theirs (§2.6).
fn whose(provider: &str, said: &LoggedOut) -> Option<Whose> {
    let provider = provider.to_owned();
    match (&said.session, &said.sub) {
        (Some(session), _) => Some(Whose::ProviderSession { provider, session: session.clone() }),
        (None, Some(sub)) => Some(Whose::Sub { provider, sub: sub.clone() }),
        (None, None) => None,
    }
}

async fn read(open: &Open, login: &dyn Login, provider: &str, message: &str) -> Result<LoggedOut, Problem> {
    let browser = login.browser().ok_or(Problem::Refused("no-such-provider"))?;
    browser.logged_out(message, open.now()).await.map_err(|error| not_believed(provider, &error))
}

fn not_believed(provider: &str, error: &LoginError) -> Problem {
    tracing::warn!(provider, code = error.code(), %error, "a provider's logout is not believed");
    match error {
        LoginError::Refused(_) | LoginError::Wrong(..) => Problem::Refused(error.code()),
        LoginError::Unreachable(_) => Problem::Unavailable,
    }
}

/// What the provider is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// Another message may be believed.
    Refused(&'static str),
    /// The same one may be, later.
    Unavailable,
}

impl Problem {
    fn of(error: StoreError) -> Self {
        tracing::error!(%error, "a provider's logout could not be carried out");
        Self::Unavailable
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn unavailable(error: &StoreError) -> Page {
    tracing::error!(%error, "the database does not answer");
    Page::not_now()
}
