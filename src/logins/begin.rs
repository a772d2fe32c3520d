//! `/login/PROVIDER`: the browser is sent away, and what it has to come back with is written down.

use super::cookie::{Cookie, LOGIN_SECONDS, hash};
use super::pages::Page;
use super::service::{Logins, Open};
use crate::config::Secret;
use crate::providers::{Drawn, LoginError};
use crate::random::{self, RandomError};
use crate::store::SignIn;
use axum::http::{HeaderMap, StatusCode};

/// The longest address that a login may lead to.
const LONGEST: usize = 2048;
/// Where it leads without one.
const HOME: &str = "/session";

pub(super) async fn begin(
    logins: &Logins,
    provider: &str,
    return_to: Option<&str>,
    headers: &HeaderMap,
) -> Result<Page, Page> {
    let open = logins.open()?;
    let login = logins.provider(provider)?;
    let return_to = match return_to {
        Some(wanted) => allowed(wanted, &open.http().sessions.return_to).ok_or_else(|| {
            let why = "A login leads to pages of rosterd, and to origins that `http.sessions.return_to` names.";
            Page::problem(StatusCode::BAD_REQUEST, "This login would lead elsewhere", why)
        })?,
        None => HOME,
    };
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
        Some(browser) => browser.begin(&open.callback(provider), &drawn).await.map_err(|error| not_now(&error))?,
        None => return Err(Page::not_now()),
    };
    let kept = SignIn {
        state: hash(drawn.state.expose()),
        browser: hash(&browser),
        provider: provider.to_owned(),
        kept: begun.kept,
        return_to: return_to.to_owned(),
        expires_at: open.now().plus_millis(LOGIN_SECONDS * 1000),
    };
    open.store().begin_sign_in(&kept).await.map_err(|error| {
        tracing::error!(provider, %error, "a login could not be kept");
        Page::not_now()
    })?;
    Ok(Page::lead(&begun.url).with(Cookie::Login.set(&browser, &open.public_url)))
}

fn draw(open: &Open) -> Result<Drawn, RandomError> {
    let text = || random::text(&*open.engine.random).map(Secret::new);
    Ok(Drawn { state: text()?, nonce: text()?, verifier: text()? })
}

fn unlucky(error: &RandomError) -> Page {
    tracing::error!(%error, "a login could not begin");
    Page::not_now()
}

/// A path of ours, or an address below one of these origins. What browsers read in several ways is none.
fn allowed<'w>(wanted: &'w str, origins: &[String]) -> Option<&'w str> {
    let odd = |c: char| c.is_control() || c == '\\' || c == ' ' || !c.is_ascii();
    if wanted.len() > LONGEST || wanted.contains(odd) {
        return None;
    }
    let path = wanted.starts_with('/') && !wanted.starts_with("//");
    let below = |origin: &String| {
        let rest = wanted.strip_prefix(origin.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    (path || origins.iter().any(below)).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o18_a_login_leads_nowhere_else() {
        let origins = ["https://app.example.org".to_owned(), "http://127.0.0.1:3000/".to_owned()];
        for good in [
            "/session",
            "/",
            "/api/v1/me?x=//y",
            "https://app.example.org",
            "https://app.example.org/d/1?x#y",
            "http://127.0.0.1:3000/a",
        ] {
            assert_eq!(allowed(good, &origins), Some(good));
        }
        for bad in [
            "",
            "session",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https:/app.example.org",
            "https://app.example.org.evil.example/",
            "https://app.example.org@evil.example/",
            "https://app.example.org:8443/",
            "HTTPS://APP.example.org/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x",
            "/\tevil",
            "/é",
            &format!("/{}", "a".repeat(LONGEST)),
        ] {
            assert_eq!(allowed(bad, &origins), None, "{bad}");
        }
    }
}
