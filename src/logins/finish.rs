//! `/login/PROVIDER/callback`: the browser is back. Once, and the same browser, or nothing happens.

use super::begin::HOME;
use super::cookie::{Cookie, hash};
use super::count;
use super::pages::Page;
use super::service::{Logins, Open, seal};
use super::session;
use super::wanted;
use crate::config::Secret;
use crate::hooks::Told;
use crate::providers::{Back, Finished, Login, LoginError};
use crate::store::StoreError;
use axum::http::{HeaderMap, StatusCode};
use rosterd_core::ids::UserId;
use rosterd_core::lifecycle::{self, Access, Kind};
use subtle::ConstantTimeEq as _;

/// In place of a hook's name.
const SOURCE: &str = "/login";

pub(super) async fn finish(logins: &Logins, provider: &str, answer: &str, headers: &HeaderMap) -> Result<Page, Page> {
    let open = logins.open()?;
    let login = logins.provider(provider)?;
    let finished = verified(&open, &*login, provider, answer, headers).await;
    let (return_to, finished) = finished.map_err(|error| refused(provider, &error))?;
    let told = logins.hooks.tell(SOURCE, provider, finished.said.clone()).await;
    let denied = matches!(&told, Told::Looked(looked) if looked.denied);
    let later = matches!(&told, Told::Later);
    let finding = told.name();
    let Some(person) = told.person() else {
        count::login(provider, if denied { "denied" } else { "failed" });
        tracing::info!(provider, finding, denied, "a login opened no session");
        return Err(if denied {
            let why = "You are known, and no rule lets you in. Whoever runs this can say why: `rosterd explain`.";
            Page::problem(StatusCode::FORBIDDEN, "You may not log in", why)
        } else if later {
            Page::not_now()
        } else {
            let why = "Your provider knows you, and there is no account for you yet. Try again in a while.";
            Page::problem(StatusCode::FORBIDDEN, "You have no account", why)
        });
    };
    if !lifecycle::may(person.kind, person.state.into(), Access::SignIn).now() {
        count::login(provider, "denied");
        tracing::info!(provider, user = person.id.0, state = person.state.name(), "a login opened no session");
        let why = "Your account is not active. Whoever runs this can say why: `rosterd explain`.";
        return Err(Page::problem(StatusCode::FORBIDDEN, "You may not log in", why));
    }
    if person.kind == Kind::BreakGlass {
        recorded(&open, provider, person.id).await?;
    }
    let hint = keep(&open, provider, &finished).await;
    let cookie = session::open(&open, provider, &person, &finished, hint).await.map_err(|error| {
        count::login(provider, "failed");
        tracing::error!(provider, %error, "a session could not be opened");
        Page::not_now()
    })?;
    count::login(provider, "opened");
    tracing::info!(provider, user = person.id.0, finding, "somebody has logged in");
    // The other cookie expires: another tab of this browser may still be under way.
    Ok(Page::lead(&return_to).with(Cookie::Session.set(&cookie, &open.public_url)))
}

/// Says loudly that somebody uses an account for emergencies. Without a record nobody gets in by it.
async fn recorded(open: &Open, provider: &str, user: UserId) -> Result<(), Page> {
    tracing::error!(provider, user = user.0, "a break-glass account logs in");
    open.store().record_sign_in(user, provider, open.now()).await.map_err(|error| {
        count::login(provider, "failed");
        tracing::error!(provider, %error, "the login of a break-glass account could not be recorded");
        Page::not_now()
    })
}

/// Who it is, and where the login leads. Taken out of the store before anything else, so that an answer counts once.
async fn verified(
    open: &Open,
    login: &dyn Login,
    provider: &str,
    answer: &str,
    headers: &HeaderMap,
) -> Result<(String, Finished), LoginError> {
    let back = Back::parse(answer)?;
    let browser = login.browser().ok_or_else(|| other("the provider lets nobody log in any more"))?;
    let state = back.get(browser.state_name());
    let begun = match state {
        Some(state) => open.store().take_sign_in(hash(state), open.now()).await.map_err(unreachable)?,
        None => None,
    };
    let (return_to, kept) = match begun {
        Some(begun) => {
            let cookie = Cookie::Login.of(headers, &open.public_url).map(|cookie| hash(&cookie));
            if !cookie.is_some_and(|cookie| bool::from(cookie.ct_eq(&begun.browser))) {
                return Err(other("another browser began this login"));
            }
            if begun.provider != provider {
                return Err(other("the login began at another provider"));
            }
            (begun.return_to, Some(begun.kept))
        }
        // By the switch that says so; and what answers a login of ours counts in that login only.
        None if browser.begins_itself() => {
            let to = state.filter(|to| wanted::allowed(to, &open.rule(provider)));
            (to.unwrap_or(HOME).to_owned(), None)
        }
        None if state.is_none() => return Err(other("the answer does not say to which login it belongs")),
        None => return Err(other("no such login has begun here, or it took too long")),
    };
    let finished = browser.finish(&open.callback(provider), &back, kept.as_deref(), open.now()).await?;
    if let Some((id, until)) = &finished.once {
        let first = open.store().first_seen(provider, hash(id), *until).await.map_err(unreachable)?;
        if !first {
            return Err(LoginError::Wrong("shown-again", "what it shows was shown before".to_owned()));
        }
    }
    Ok((return_to, finished))
}

fn other(why: &str) -> LoginError {
    LoginError::Wrong("login-unknown", why.to_owned())
}

fn unreachable(error: StoreError) -> LoginError {
    LoginError::Unreachable(error.to_string())
}

/// Keeps what a login is renewed with; returns what is kept of the session, sealed. Without keys nothing is kept.
async fn keep(open: &Open, provider: &str, finished: &Finished) -> Option<Vec<u8>> {
    if open.engine.config.database.encryption_keys.is_empty() {
        return None;
    }
    let lost = |what: &str, error: &dyn std::fmt::Display| tracing::error!(provider, %error, "{what} is not kept");
    let seal = seal(&open.engine).await.inspect_err(|error| lost("what a login brought", error)).ok()?;
    let (random, subject) = (&*open.engine.random, finished.said.subject.as_str());
    let sealed = |what: &str, secret: &Secret| {
        let sealed = seal.seal(what, &[provider, subject], secret.expose(), random);
        sealed.inspect_err(|error| lost(what, error)).ok()
    };
    if let Some(grant) = finished.grant.as_ref().and_then(|grant| sealed(super::renew::GRANT, grant)) {
        let due = super::renew::due(&open.engine, provider, open.now());
        if let Err(error) = open.store().keep_refresh_token(provider, subject, grant, due).await {
            lost("what a login is renewed with", &error);
        }
    }
    finished.hint.as_ref().and_then(|hint| sealed(super::logout::HINT, hint))
}

fn refused(provider: &str, error: &LoginError) -> Page {
    let code = error.code();
    tracing::warn!(provider, code, %error, "a login was refused");
    match error {
        LoginError::Unreachable(_) => {
            count::login(provider, "failed");
            Page::not_now()
        }
        LoginError::Refused(_) | LoginError::Wrong(..) => {
            count::login(provider, "refused");
            let why = "Your provider's answer is not that of a login that you have begun here. Log in once more; if it \
                       happens again, tell whoever runs this the code.";
            Page::problem(StatusCode::FORBIDDEN, "This login does not count", why)
                .code(code)
                .link(&format!("/login/{provider}"), "Log in again")
        }
    }
}
