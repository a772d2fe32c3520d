//! A run, followed until it is finished (server-sent events, HTML Living Standard 9.2).
//!
//! The row is looked at again and again: whichever replica carries the run out, the database knows.

use super::{Api, Caller, Named, Problem, runs};
use crate::config::ApiScope;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Between looks.
const LOOK: Duration = Duration::from_millis(500);

/// Between comments that keep the connection open.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long one is followed: whoever wants more asks again.
const LONGEST: Duration = Duration::from_secs(3600);

struct Following {
    api: Arc<Api>,
    caller: Caller,
    id: String,
    last: Option<runs::Wanted>,
    ends: tokio::time::Instant,
}

/// One event, as the description has it.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is what a reader of the stream makes of it, and only described here")]
pub(super) struct StateEvent {
    /// `state`.
    event: String,
    /// The run as JSON.
    data: String,
}

/// A run's states until it is finished, as events `state`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/events", params(("id" = String, Path)),
    responses((status = 200, description = "Events named `state`, each with the run as JSON", content_type = "text/event-stream", body = StateEvent))
)]
pub(super) async fn follow(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    runs::find(&api, &id).await?;
    let ends = tokio::time::Instant::now() + LONGEST;
    let stream = unfold(Following { api, caller, id, last: None, ends }, next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here")))
}

/// The next state that differs. Ends after the last one, when the run is forgotten, when the
/// caller's token or certificate counts no more, when the database cannot be asked, and when the
/// process is about to end.
async fn next(mut following: Following) -> Option<(Result<Event, Infallible>, Following)> {
    let mut stopping = following.api.stopping.clone();
    loop {
        let finished = following.last.as_ref().is_some_and(|run| run.state == "finished");
        if finished || *stopping.borrow() || tokio::time::Instant::now() >= following.ends {
            return None;
        }
        if !following.caller.still(&following.api, ApiScope::Read).await {
            return None;
        }
        let now = runs::find(&following.api, &following.id).await.ok()?;
        if following.last.as_ref() != Some(&now) {
            let event = Event::default().event("state").json_data(&now).ok()?;
            following.last = Some(now);
            return Some((Ok(event), following));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stopping.changed() => {}
        }
    }
}
