//! `/signals/v1/NAME`: events that are pushed (RFC 8935).

use super::refusal::Refusal;
use super::service::Signals;
use super::stream::{LARGEST, Stream};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use axum::routing::any;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The routes of signals. Whoever serves them puts the caller's address into the request, as axum's
/// `ConnectInfo<SocketAddr>`: without it no stream with `allow_from` takes an event.
pub fn router(signals: Arc<Signals>) -> Router {
    Router::new().route("/signals/v1/{name}", any(pushed)).with_state(signals)
}

async fn pushed(State(signals): State<Arc<Signals>>, Path(name): Path<String>, request: Request) -> Response<Body> {
    let stream = signals.set().streams.get(&name).filter(|stream| stream.config.poll.is_none()).cloned();
    let Some(stream) = stream else {
        // A name that is not configured is the caller's word, and no label.
        let refusal = Refusal::request("no-such-stream").with(StatusCode::NOT_FOUND);
        signals.refused("", refusal);
        return refused(refusal, None);
    };
    // A task of its own: it goes on when the transmitter hangs up.
    let taken = tokio::spawn({
        let (signals, stream) = (Arc::clone(&signals), Arc::clone(&stream));
        async move { take(&signals, &stream, request).await }
    });
    match taken.await.unwrap_or(Err((Refusal::later("cut-short"), None))) {
        Ok(()) => empty(StatusCode::ACCEPTED),
        Err((refusal, wait)) => {
            signals.refused(&stream.name, refusal);
            refused(refusal, wait)
        }
    }
}

async fn take(signals: &Signals, stream: &Stream, request: Request) -> Result<(), (Refusal, Option<Duration>)> {
    let token = received(stream, request).await.map_err(|refusal| (refusal, None))?;
    let event = stream.read(&token, signals.hooks.now()).await.map_err(|refusal| (refusal, None))?;
    // Counted when it is proved: whoever proves nothing must not use up what others may send.
    let limits = [stream.bucket.take(1), signals.hooks.within_provider_rate(&stream.config.provider, 1)];
    if let Some(wait) = limits.into_iter().find_map(Result::err) {
        return Err((Stream::limited("rate"), Some(wait)));
    }
    signals.carry(stream, &event).await.map_err(|refusal| (refusal, None))
}

/// The text of an event, from whoever may bring one.
async fn received(stream: &Stream, request: Request) -> Result<String, Refusal> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Refusal::request("method").with(StatusCode::METHOD_NOT_ALLOWED));
    }
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let networks = &stream.config.allow_from;
    if !networks.is_empty() && !peer.is_some_and(|peer| networks.iter().any(|network| network.holds(peer))) {
        return Err(Refusal::never("address", "access_denied"));
    }
    // What is packed is not unpacked: a small text can become a large one.
    if head.headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Refusal::request("content-encoding").with(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    if !is_event(&head.headers) {
        return Err(Refusal::request("content-type"));
    }
    stream.admits(&head.headers).await?;
    let bytes = match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(Refusal::request("body-size").with(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => return Err(Refusal::request("body-time").with(StatusCode::REQUEST_TIMEOUT)),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| Refusal::request("body"))?;
    Ok(text.trim_ascii().to_owned())
}

/// RFC 8935 §2.1.
fn is_event(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/secevent+jwt")
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// RFC 8935 §2.3. The description is a word of ours.
fn refused(refusal: Refusal, wait: Option<Duration>) -> Response<Body> {
    let mut answer = empty(refusal.status);
    *answer.body_mut() = Body::from(json!({ "err": refusal.err, "description": refusal.code }).to_string());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    if refusal.passes() {
        let seconds = wait.map_or(1, |wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    answer
}
