//! `Idempotency-Key`: the same request, sent again, is answered again and not done again.
//!
//! What is kept for a day is what was answered; an answer that holds a secret says so, and is kept
//! without it.

use super::api::Api;
use super::caller::Caller;
use super::extract::whole;
use super::headers::ACTING_FOR;
use super::problem::{Kind, Problem};
use crate::store::{KeyedAnswer, KeyedRequest, Store};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key that is taken.
const LONGEST: usize = 255;

/// The largest answer that is kept, in bytes. A plan of a large directory is made again.
const LARGEST: usize = 256 * 1024;

/// In the extensions of an answer that holds a secret: what is kept instead of its body.
#[derive(Debug, Clone)]
pub(super) struct Without(pub(super) String);

/// What is kept of an answer.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    location: Option<String>,
    content_type: Option<String>,
    body: String,
}

/// Does what is asked for, unless the same was done under the same key.
pub(super) async fn once(api: &Arc<Api>, caller: &Caller, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(key) = key(request.headers())? else { return Ok(next.run(request).await) };
    let engine = api.engine();
    let (parts, body) = request.into_parts();
    let body = whole(body, engine.config.http.max_body).await?;
    let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let hash = hash(parts.method.as_str(), &target, &parts.headers, &body);
    let keyed = KeyedRequest { caller: caller.id.clone(), key, hash };
    let store = Arc::clone(&engine.store);
    match store.begin_keyed(&keyed, engine.clock.now()).await? {
        KeyedAnswer::New => {}
        KeyedAnswer::Running => {
            let told = "the request with this key is not answered yet";
            return Err(Problem::new(Kind::StillRunning, told).retry_after(1));
        }
        KeyedAnswer::OtherRequest => {
            return Err(Problem::new(Kind::KeyReused, "take a new Idempotency-Key for each request"));
        }
        KeyedAnswer::Done { status, answer } => return answered(status, &answer),
    }
    // On its own: whoever hangs up before the answer finds it by asking again.
    let work = async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        keep(store.as_ref(), &keyed, response).await
    };
    match tokio::spawn(work).await {
        Ok(response) => response,
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// What makes one request the same as another: all of it that a route looks at, each part of known length.
fn hash(method: &str, target: &str, headers: &HeaderMap, body: &[u8]) -> [u8; 32] {
    let named = headers.get_all(ACTING_FOR).iter().map(HeaderValue::as_bytes);
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), target.as_bytes(), body].into_iter().chain(named) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(KEY).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default();
    let good = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if !good || all.next().is_some() {
        let told = format!("Idempotency-Key: one, of 1 to {LONGEST} visible ASCII characters");
        return Err(Problem::new(Kind::BadRequest, told));
    }
    Ok(Some(text.to_owned()))
}

async fn keep(store: &dyn Store, keyed: &KeyedRequest, response: Response) -> Result<Response, Problem> {
    let status = response.status();
    let without = response.extensions().get::<Without>().cloned();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = without.map_or_else(|| String::from_utf8_lossy(&bytes).into_owned(), |without| without.0);
    // What failed here, or was refused because of the moment, may be tried again.
    let passing = status.is_server_error() || status == StatusCode::CONFLICT || text.len() > LARGEST;
    let answer = if passing {
        None
    } else {
        let kept = Kept { location: header(LOCATION), content_type: header(CONTENT_TYPE), body: text };
        let text = serde_json::to_string(&kept).map_err(|error| Problem::internal(&error))?;
        Some((i64::from(status.as_u16()), text))
    };
    if let Err(error) = store.finish_keyed(keyed, answer).await {
        tracing::warn!(%error, "an answer was not kept under its Idempotency-Key");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn answered(status: i64, text: &str) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_str(text).map_err(|error| Problem::internal(&error))?;
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), Body::from(Bytes::from(kept.body))).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    let said = [(LOCATION, kept.location), (CONTENT_TYPE, kept.content_type)];
    for (name, value) in said {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    Ok(response)
}
