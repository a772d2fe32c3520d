//! `/login/PROVIDER`: the browser is sent away, and what it has to come back with is written down.

use super::cookie::{Cookie, LOGIN_SECONDS, hash};
use super::pages::Page;
use super::service::{Logins, Open};
use super::wanted::Wanted;
use crate::config::Secret;
use crate::providers::{Drawn, LoginError};
use crate::random::{self, RandomError};
use crate::store::SignIn;
use axum::http::{HeaderMap, StatusCode};

/// Where a login leads that nobody wants to lead elsewhere.
pub(super) const HOME: &str = "/session";

pub(super) async fn begin(logins: &Logins, provider: &str, query: &str, headers: &HeaderMap) -> Result<Page, Page> {
    let open = logins.open()?;
    let login = logins.provider(provider)?;
    let wanted = Wanted::read(query, &open.rule(provider))?;
    if logins.beginning.take(1).is_err() {
        return Err(Page::problem(StatusCode::TOO_MANY_REQUESTS, "Too many log in at once", "Try again in a moment."));
    }
    // Several logins of one browser, in several tabs, share its cookie.
    let browser = Cookie::Login.of(headers, &open.public_url);
    let browser = browser.map_or_else(|| random::text(&*open.engine.random), Ok).map_err(|error| unlucky(&error))?;
    let drawn = draw(&open).map_err(|error| unlucky(&error))?;
    let not_now = |error: &LoginError| {
        tracing::warn!(provider, code = error.code(), %error, "a login could not begin");
        Page::not_now()
    };
    let begun = match login.browser() {
        Some(browser) => browser
            .begin(&open.callback(provider), &drawn, wanted.hint.as_deref(), open.now())
            .await
            .map_err(|error| not_now(&error))?,
        None => return Err(Page::not_now()),
    };
    let kept = SignIn {
        state: hash(drawn.state.expose()),
        browser: hash(&browser),
        provider: provider.to_owned(),
        kept: begun.kept,
        return_to: wanted.to.unwrap_or_else(|| HOME.to_owned()),
        expires_at: open.now().plus_millis(LOGIN_SECONDS * 1000),
    };
    open.store().begin_sign_in(&kept).await.map_err(|error| {
        tracing::error!(provider, %error, "a login could not be kept");
        Page::not_now()
    })?;
    Ok(Page::away(&begun.away).with(Cookie::Login.set(&browser, &open.public_url)))
}

fn draw(open: &Open) -> Result<Drawn, RandomError> {
    let text = || random::text(&*open.engine.random).map(Secret::new);
    Ok(Drawn { state: text()?, nonce: text()?, verifier: text()? })
}

fn unlucky(error: &RandomError) -> Page {
    tracing::error!(%error, "a login could not begin");
    Page::not_now()
}
