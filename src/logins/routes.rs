//! The addresses that browsers and providers come to.

use super::begin::begin;
use super::finish::finish;
use super::logout::{self, Problem};
use super::pages::Page;
use super::service::Logins;
use super::session::{NotLoggedIn, current};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::json;
use std::sync::Arc;

/// The largest form that is taken.
const LARGEST: usize = 256 << 10;

/// The routes of logins in a browser.
pub fn router(logins: Arc<Logins>) -> Router {
    Router::new()
        .route("/login", get(providers))
        .route("/login/{provider}", get(away))
        .route("/login/{provider}/callback", get(back))
        .route("/login/{provider}/back-channel", post(back_channel))
        .route("/session", get(session))
        .route("/logout", post(log_out))
        .with_state(logins)
}

/// What a page of another site may make a browser send: that a login begins (OpenID Connect Core §4).
pub fn asked_by_others(logins: Arc<Logins>) -> Router {
    Router::new().route("/login/{provider}", post(asked)).with_state(logins)
}

/// Where one can log in.
async fn providers(State(logins): State<Arc<Logins>>) -> Result<Page, Page> {
    let open = logins.open()?;
    let page = Page::titled("Log in");
    Ok(open.providers().fold(page, |page, name| page.link(&format!("/login/{name}"), name)))
}

async fn away(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Page, Page> {
    begin(&logins, &provider, query.as_deref().unwrap_or_default(), &headers).await
}

/// The same as a form, which leads to the link: browsers send no cookie with what another site's page posts.
async fn asked(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<Page, Page> {
    // A name that is configured can stand in an address.
    logins.open().and_then(|_| logins.provider(&provider))?;
    let refused = || Page::problem(StatusCode::BAD_REQUEST, "This begins no login", "It is no form.");
    let form = form(request).await.ok_or_else(refused)?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(form_urlencoded::parse(&form)).finish();
    Ok(Page::lead(&format!("/login/{provider}?{query}")))
}

async fn back(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Page, Page> {
    finish(&logins, &provider, query.as_deref().unwrap_or_default(), &headers).await
}

/// Who one is here.
async fn session(State(logins): State<Arc<Logins>>, headers: HeaderMap) -> Result<Page, Page> {
    let open = logins.open()?;
    let current = match current(&open.engine, &headers).await {
        Ok(Some(current)) => current,
        Ok(None) => return Err(Page::lead("/login")),
        Err(NotLoggedIn::Store(error)) => {
            tracing::error!(%error, "the database does not answer");
            return Err(Page::not_now());
        }
        Err(why) => {
            let page = Page::problem(StatusCode::UNAUTHORIZED, "You are not logged in", &why.to_string());
            return Err(page.link("/login", "Log in"));
        }
    };
    let person = &current.person;
    let name = if person.name.is_empty() { &person.login } else { &person.name };
    let admin = if person.server_admin { "You are a server admin." } else { "" };
    let page =
        Page::titled(name).text(&format!("Logged in as {} at {}. {admin}", person.login, current.session.provider));
    let orgs: Vec<[&str; 2]> = person.orgs.iter().map(|org| [org.name.as_str(), org.role.name()]).collect();
    let teams: Vec<[&str; 3]> =
        person.teams.iter().map(|team| [team.org.as_str(), team.name.as_str(), team.role.name()]).collect();
    let page = if orgs.is_empty() {
        page.text("You are in no organization.")
    } else {
        page.table(["Organization", "Role"], &orgs)
    };
    let page = if teams.is_empty() { page } else { page.table(["Organization", "Team", "Role"], &teams) };
    Ok(page.button("/logout", "Log out", logout::origin(&logins, &current.session).await))
}

async fn log_out(State(logins): State<Arc<Logins>>, headers: HeaderMap) -> Result<Page, Page> {
    logout::here(&logins, &headers).await
}

/// What a provider says itself (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8).
async fn back_channel(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    request: Request,
) -> Response<Body> {
    let told = match message(request).await {
        Some(message) => logout::told(&logins, &provider, &message).await,
        None => Err(Problem::Refused("form")),
    };
    let mut answer = match told {
        Ok(()) => Response::new(Body::empty()),
        Err(problem) => {
            let code = if let Problem::Refused(code) = problem { code } else { "unavailable" };
            let body = json!({ "error": "invalid_request", "error_description": code }).to_string();
            let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (problem.status(), json, body).into_response()
        }
    };
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The one `logout_token` of a form.
async fn message(request: Request) -> Option<String> {
    let form = form(request).await?;
    let mut found = form_urlencoded::parse(&form).filter(|(name, _)| name == "logout_token");
    let token = found.next()?.1.into_owned();
    found.next().is_none().then_some(token)
}

async fn form(request: Request) -> Option<Bytes> {
    let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return None;
    }
    to_bytes(request.into_body(), LARGEST).await.ok()
}
