//! `/hooks/v1/NAME`, kept and worked off behind; `/hooks/v1/NAME/inline`, answered when it is done.

use super::answer::json_answer;
use super::hook::Hook;
use super::read::{Call, Event, Verified};
use super::refusal::{Refusal, refuse};
use super::service::Hooks;
use super::shapes::Shape;
use super::{count, inline, keeping};
use crate::clock::Stopwatch;
use crate::config::Sender;
use crate::jose;
use crate::store::Kept;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::any;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// The largest body. Standard Webhooks ask for 20 KB; Okta puts many events into one call.
const LARGEST: usize = 256 * 1024;
/// The same of a sender whose calls are tokens, in which a hundred thousand groups may stand.
const LARGEST_WITH_TOKENS: usize = jose::LONGEST + LARGEST;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The routes of login hooks. Whoever serves them puts the caller's address into the request, as
/// axum's `ConnectInfo<SocketAddr>`: without it no hook with `allow_from` takes a call.
pub fn router(hooks: Arc<Hooks>) -> Router {
    Router::new()
        .route("/hooks/v1/{name}", any(later))
        .route("/hooks/v1/{name}/inline", any(answered))
        .with_state(hooks)
}

async fn later(State(hooks): State<Arc<Hooks>>, Path(name): Path<String>, request: Request) -> Response<Body> {
    let (hook, verified, watch) = match received(&hooks, &name, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let answer = match verified {
        Verified::Challenge(challenge) => json_answer(StatusCode::OK, &json!({ "verification": challenge })),
        Verified::Events { events, ignored, .. } => match keep(&hooks, &hook, &events, ignored).await {
            Ok(answer) => answer,
            Err(refusal) => refused(&hooks, &hook.name, refusal, None),
        },
    };
    count::took(&hook.name, "async", watch.elapsed());
    answer
}

async fn answered(State(hooks): State<Arc<Hooks>>, Path(name): Path<String>, request: Request) -> Response<Body> {
    let (hook, verified, watch) = match received(&hooks, &name, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let answer = match verified {
        Verified::Challenge(challenge) => json_answer(StatusCode::OK, &json!({ "verification": challenge })),
        Verified::Events { mut events, shape, .. } => {
            let (event, more) = (events.pop(), !events.is_empty());
            let answer = match event {
                // Nobody can be answered about several people.
                Some(_) if more => Err(refuse("several-events", StatusCode::BAD_REQUEST)),
                Some(event) => inline::answer(&hooks, &hook, event, shape).await,
                None if shape == Shape::ForwardAuth => Err(refuse("nobody", StatusCode::UNAUTHORIZED)),
                None => Ok(inline::ignored(shape)),
            };
            answer.unwrap_or_else(|refusal| refused(&hooks, &hook.name, refusal, None))
        }
    };
    count::took(&hook.name, "inline", watch.elapsed());
    answer
}

/// What both have in common: who calls, what it says, whether it is too much.
async fn received(
    hooks: &Hooks,
    name: &str,
    request: Request,
) -> Result<(Arc<Hook>, Verified, Stopwatch), Response<Body>> {
    // A name that is not configured is the caller's word, and no label.
    let hook = hooks.hook(name).map_err(|refusal| refused(hooks, "", refusal, None))?;
    let refusing = |refusal| refused(hooks, &hook.name, refusal, None);
    let (head, body) = request.into_parts();
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if !allowed(&hook, peer) {
        return Err(refusing(refuse("address", StatusCode::FORBIDDEN)));
    }
    // What is packed is not unpacked: a small text can become a large one.
    let packed = head.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if packed {
        return Err(refusing(refuse("content-encoding", StatusCode::UNSUPPORTED_MEDIA_TYPE)));
    }
    let (body, _place) = whole(hooks, &hook, body).await.map_err(refusing)?;
    let watch = Stopwatch::start();
    let call = Call { method: &head.method, headers: &head.headers, body: &body };
    let verified = hook.read(&call, hooks.clock.now()).await.map_err(refusing)?;
    // Counted when it is proved: whoever proves nothing must not use up what others may send.
    let events = if let Verified::Events { events, .. } = &verified { events.len() } else { 1 };
    if let Err(wait) = hooks.within_rate(&hook, events) {
        return Err(refused(hooks, &hook.name, refuse("rate", StatusCode::TOO_MANY_REQUESTS), Some(wait)));
    }
    Ok((hook, verified, watch))
}

fn allowed(hook: &Hook, peer: Option<IpAddr>) -> bool {
    let networks = &hook.config.allow_from;
    networks.is_empty() || peer.is_some_and(|peer| networks.iter().any(|network| network.holds(peer)))
}

/// The body; a large one with its place among the few that may be read and verified at once.
async fn whole<'h>(hooks: &'h Hooks, hook: &Hook, body: Body) -> Result<(Bytes, Option<SemaphorePermit<'h>>), Refusal> {
    let small = body.size_hint().upper().is_some_and(|size| size <= LARGEST as u64);
    let (most, place) = if !matches!(hook.config.sender, Sender::Oidc | Sender::Saml) || small {
        (LARGEST, None)
    } else {
        // Who sends no large one never waits for those who do.
        let place = tokio::time::timeout(PATIENCE, hooks.large.acquire()).await;
        let full = refuse("full", StatusCode::TOO_MANY_REQUESTS);
        (LARGEST_WITH_TOKENS, Some(place.map_err(|_| full)?.map_err(|_| full)?))
    };
    match tokio::time::timeout(PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok((bytes, place)),
        Ok(Err(_)) => Err(refuse("body-size", StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Err(refuse("body-time", StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Keeps the events; what was kept before is not kept again.
async fn keep(hooks: &Arc<Hooks>, hook: &Hook, events: &[Event], ignored: usize) -> Result<Response<Body>, Refusal> {
    let unavailable = refuse("database", StatusCode::SERVICE_UNAVAILABLE);
    if !hooks.has_room(events.len()) {
        return Err(refuse("full", StatusCode::TOO_MANY_REQUESTS));
    }
    let now = hooks.clock.now();
    let new = events.iter().map(|event| hooks.delivery(hook.source(), event, now, now)).collect::<Result<Vec<_>, _>>();
    let new = new.map_err(|_| unavailable)?;
    let kept = if new.is_empty() {
        Vec::new()
    } else {
        keeping::keep(hooks, new).await.map_err(|error| {
            tracing::error!(hook = hook.name, %error, "a delivery could not be kept");
            unavailable
        })?
    };
    let count = |what: Kept| kept.iter().filter(|one| **one == what).count();
    let (accepted, repeated, other) =
        (count(Kept::New) + count(Kept::Superseded), count(Kept::Again), count(Kept::OtherBody));
    hooks.waiting.fetch_add(count(Kept::New) as u64, Ordering::Relaxed);
    for one in &kept {
        match one {
            Kept::New | Kept::Superseded => count::delivery(&hook.name, "accepted"),
            Kept::Again => count::delivery(&hook.name, "duplicate"),
            Kept::OtherBody => {}
        }
    }
    if accepted > 0 {
        hooks.wake.notify_one();
    }
    if other > 0 {
        return Err(refuse("other-body", StatusCode::CONFLICT));
    }
    let status = if accepted == 0 { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(json_answer(status, &json!({ "accepted": accepted, "repeated": repeated, "ignored": ignored })))
}

/// A problem (RFC 9457) with our own word for what it is.
fn refused(hooks: &Hooks, hook: &str, refusal: Refusal, wait: Option<Duration>) -> Response<Body> {
    hooks.refused(hook, refusal);
    let status = refusal.status;
    let title = status.canonical_reason().unwrap_or("Refused");
    let problem = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": refusal.code });
    let mut answer = json_answer(status, &problem);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        let seconds = wait.map_or(1, |wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    answer
}
