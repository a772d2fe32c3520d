//! The addresses that browsers and providers come to.

use super::begin::begin;
use super::cookie::Cookie;
use super::finish::finish;
use super::logout::{self, Problem};
use super::pages::Page;
use super::service::Logins;
use super::session::{NotLoggedIn, current};
use crate::providers::{Back, Carried};
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
const LARGEST: usize = 512 << 10;
/// In a form that came from another site and was sent once more from here.
const AGAIN: (&str, &str) = ("rosterd", "again");

/// The routes of logins in a browser.
pub fn router(logins: Arc<Logins>) -> Router {
    Router::new()
        .route("/login", get(providers))
        .route("/login/{provider}", get(away))
        .route("/login/{provider}/callback", get(back))
        .route("/login/{provider}/back-channel", post(back_channel))
        .route("/login/{provider}/logout", get(leaving))
        .route("/login/{provider}/metadata", get(metadata))
        .route("/session", get(session))
        .route("/logout", post(log_out))
        .with_state(logins)
}

/// What a page of another site may make a browser send: that a login begins (OpenID Connect Core §4), and what a SAML
/// identity provider says by a form (SAML 2.0 Bindings §3.5).
pub fn asked_by_others(logins: Arc<Logins>) -> Router {
    Router::new()
        .route("/login/{provider}", post(asked))
        .route("/login/{provider}/callback", post(brought))
        .route("/login/{provider}/logout", post(left))
        .with_state(logins)
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

/// The same by a form. Browsers send no cookie with what another site's page posts, so that it is sent once more, from a
/// page of ours.
async fn brought(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Page, Page> {
    let open = logins.open()?;
    logins.provider(&provider)?;
    let form = form(request).await.ok_or_else(no_form)?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
    let again = fields.iter().any(|(name, value)| (name.as_str(), value.as_str()) == AGAIN);
    if Cookie::Login.of(&headers, &open.public_url).is_none() && !again {
        let mut fields: Vec<(&str, String)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        fields.push((AGAIN.0, AGAIN.1.to_owned()));
        // The login may lead on to any of these.
        let then = open.http().sessions.return_to.join(" ");
        return Ok(Page::form(&format!("/login/{provider}/callback"), &fields, &then));
    }
    finish(&logins, &provider, &String::from_utf8_lossy(&form), &headers).await
}

/// Somebody logs out at their provider, which sends them round.
async fn leaving(
    State(logins): State<Arc<Logins>>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Page, Page> {
    logout::brought(&logins, &provider, Carried::Query(query.as_deref().unwrap_or_default())).await
}

async fn left(State(logins): State<Arc<Logins>>, Path(provider): Path<String>, request: Request) -> Result<Page, Page> {
    logins.open().and_then(|_| logins.provider(&provider))?;
    let form = form(request).await.and_then(|form| Back::parse(&String::from_utf8_lossy(&form)).ok());
    logout::brought(&logins, &provider, Carried::Form(&form.ok_or_else(no_form)?)).await
}

/// What a provider has to know of us.
async fn metadata(State(logins): State<Arc<Logins>>, Path(provider): Path<String>) -> Result<Response<Body>, Page> {
    let (open, login) = (logins.open()?, logins.provider(&provider)?);
    let places = (open.callback(&provider), open.logout(&provider));
    let document = login.browser().and_then(|browser| browser.described(&places.0, &places.1, open.now()));
    let none = || Page::problem(StatusCode::NOT_FOUND, "There is no such page", "This provider needs no metadata.");
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("application/samlmetadata+xml"))];
    Ok((kind, document.ok_or_else(none)?).into_response())
}

fn no_form() -> Page {
    Page::problem(StatusCode::BAD_REQUEST, "This is no form", "What came is not what a provider's page sends.")
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
    Ok(page.button("/logout", "Log out", logout::origin(&logins, &current.session, open.now()).await))
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
