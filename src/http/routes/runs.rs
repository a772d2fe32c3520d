//! Runs: those that were asked for, asking for one, and those that changed something.

use super::{Api, Asked, Caller, Named, Page, Problem, Sent, configured, page};
use crate::http::token;
use crate::store::{NewRequest, Run, RunRequest};
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A run that somebody asked for. Moments are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = RunRequest)]
pub(super) struct Wanted {
    id: String,
    provider: String,
    /// What made somebody ask: `api`, `command`, `schedule` or `login`.
    trigger: String,
    asked_by: String,
    /// `waiting`, `running` or `finished`.
    pub(super) state: &'static str,
    asked_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    /// What came of it, once it is finished.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
}

impl From<RunRequest> for Wanted {
    fn from(run: RunRequest) -> Self {
        let state = match (run.started_at, run.finished_at) {
            (_, Some(_)) => "finished",
            (Some(_), None) => "running",
            (None, None) => "waiting",
        };
        Self {
            id: run.id,
            provider: run.provider,
            trigger: run.trigger,
            asked_by: run.asked_by,
            state,
            asked_at: run.asked_at.0,
            started_at: run.started_at.map(|at| at.0),
            finished_at: run.finished_at.map(|at| at.0),
            outcome: run.outcome.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
        }
    }
}

/// Where a list goes on, and how much of it is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// `next` of the page before.
    pub(super) cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
}

/// Runs that were asked for, newest first.
#[utoipa::path(get, path = "/api/v1/runs", params(Paging), responses((status = 200, description = "A page", body = Page<Wanted>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Asked(asked): Asked<Paging>,
) -> Result<Json<Page<Wanted>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let place = |text: &str| {
        let (at, id) = text.split_once('.')?;
        Some((Timestamp(at.parse().ok()?), id.to_owned()))
    };
    let before = page::after("runs", asked.cursor.as_deref(), place)?;
    let runs = api.engine().store.requests_before(before, limit + 1).await?;
    let runs = runs.into_iter().map(Wanted::from).collect();
    Ok(Json(Page::of("runs", runs, limit, |run: &Wanted| format!("{}.{}", run.asked_at, run.id))))
}

/// Of which provider a run is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    provider: String,
}

/// Asks for a run. One that waits already for the same provider is the one that is answered.
#[utoipa::path(
    post, path = "/api/v1/runs", request_body = Ask,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key, the same run")),
    responses((status = 202, description = "It will be done: Location says where it can be followed", body = Wanted,
        headers(("Location" = String, description = "the run"))))
)]
pub(super) async fn ask(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Sent(ask): Sent<Ask>,
) -> Result<Response, Problem> {
    let engine = configured(&api, &ask.provider)?;
    let id = token::id(engine.random.as_ref()).map_err(|error| Problem::internal(&error))?;
    let trigger = Trigger::Api.name().to_owned();
    let new = NewRequest { id, provider: ask.provider, trigger, asked_by: caller.name };
    let run = engine.store.ask(&new, engine.clock.now()).await?;
    if !api.work.run(&run.provider) {
        tracing::warn!(provider = run.provider, "a run was asked for of a provider that a reload has removed");
    }
    let location = HeaderValue::from_str(&format!("/api/v1/runs/{}", run.id));
    let location = location.map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(Wanted::from(run))).into_response())
}

pub(super) async fn find(api: &Api, id: &str) -> Result<Wanted, Problem> {
    let run = api.engine().store.request(id).await?;
    run.map(Wanted::from).ok_or_else(|| Problem::not_found("no run with that id was asked for, or it is forgotten"))
}

/// A run that was asked for, as it stands.
#[utoipa::path(get, path = "/api/v1/runs/{id}", params(("id" = String, Path)), responses((status = 200, description = "The run", body = Wanted)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Named(id): Named<String>) -> Result<Json<Wanted>, Problem> {
    find(&api, &id).await.map(Json)
}

/// A run that changed something. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub(super) struct Done {
    id: i64,
    provider: String,
    trigger: String,
    started_at: i64,
    finished_at: i64,
    /// Whether all of the provider was read.
    complete: bool,
    added: i64,
    changed: i64,
    removed: i64,
    withheld: i64,
}

impl From<Run> for Done {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            provider: run.provider,
            trigger: run.trigger,
            started_at: run.started_at.0,
            finished_at: run.finished_at.0,
            complete: run.complete,
            added: run.added,
            changed: run.changed,
            removed: run.removed,
            withheld: run.withheld,
        }
    }
}

/// Runs that changed something, for whatever reason they were, newest first.
#[utoipa::path(get, path = "/api/v1/history", params(Paging), responses((status = 200, description = "A page", body = Page<Done>)))]
pub(super) async fn history(
    State(api): State<Arc<Api>>,
    Asked(asked): Asked<Paging>,
) -> Result<Json<Page<Done>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let before = page::after("history", asked.cursor.as_deref(), |text| text.parse().ok())?;
    let runs = api.engine().store.runs_before(before, limit + 1).await?;
    let runs = runs.into_iter().map(Done::from).collect();
    Ok(Json(Page::of("history", runs, limit, |run: &Done| run.id.to_string())))
}
