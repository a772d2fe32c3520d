//! Plans that a limit stopped: seen, approved, rejected.

use super::runs::Paging;
use super::{Api, Asked, Caller, Kind, Named, Page, Problem, Sent, page};
use crate::store::{Hold, HoldDecision, HoldState};
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// A plan that a limit stopped. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hold)]
pub(super) struct Held {
    id: i64,
    provider: String,
    /// `pending`, `approved`, `rejected`, `applied`, `superseded` or `expired`.
    state: &'static str,
    /// What an approval names.
    plan_hash: String,
    /// Which limits, a sentence each.
    reasons: Vec<String>,
    created_at: i64,
    expires_at: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    /// Only where one hold is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    plan: Option<Value>,
}

impl Held {
    fn of(hold: Hold, with_plan: bool) -> Self {
        let plan = with_plan.then(|| serde_json::from_str(&hold.plan).unwrap_or_default());
        Self {
            id: hold.id,
            provider: hold.provider,
            state: hold.state.name(),
            plan_hash: hold.plan_hash,
            reasons: hold.reasons,
            created_at: hold.created_at.0,
            expires_at: hold.expires_at.0,
            decided_at: hold.decided_at.map(|at| at.0),
            decided_by: hold.decided_by,
            plan,
        }
    }
}

/// Holds, newest first, without their plans.
#[utoipa::path(get, path = "/api/v1/holds", params(Paging), responses((status = 200, description = "A page", body = Page<Held>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Asked(asked): Asked<Paging>,
) -> Result<Json<Page<Held>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let before = page::after("holds", asked.cursor.as_deref(), |text| text.parse().ok())?.unwrap_or(i64::MAX);
    let holds = api.engine().store.holds(api.now()).await?;
    let part = holds.into_iter().filter(|hold| hold.id < before).take(limit as usize + 1);
    let part = part.map(|hold| Held::of(hold, false)).collect();
    Ok(Json(Page::of("holds", part, limit, |hold: &Held| hold.id.to_string())))
}

async fn find(api: &Api, id: i64) -> Result<Hold, Problem> {
    let found = api.engine().store.holds(api.now()).await?.into_iter().find(|hold| hold.id == id);
    found.ok_or_else(|| Problem::not_found(format!("there is no hold {id}")))
}

/// A hold with its plan.
#[utoipa::path(get, path = "/api/v1/holds/{id}", params(("id" = i64, Path)), responses((status = 200, description = "The hold", body = Held)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Json<Held>, Problem> {
    Ok(Json(Held::of(find(&api, id).await?, true)))
}

/// Which plan is meant: whoever decides has seen it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    plan_hash: String,
}

/// Lets the plan be applied, by a run that is asked for at once.
#[utoipa::path(post, path = "/api/v1/holds/{id}/approve", params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Decide,
    responses((status = 200, description = "The hold as it stands", body = Held), (status = 409, description = "It is not pending, or for another plan", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn approve(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    Sent(decide): Sent<Decide>,
) -> Result<Json<Held>, Problem> {
    let hold = decided(&api, caller, id, decide, true).await?;
    api.work.run(&hold.provider);
    Ok(Json(hold))
}

/// Never applies the plan.
#[utoipa::path(post, path = "/api/v1/holds/{id}/reject", params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = Decide,
    responses((status = 200, description = "The hold as it stands", body = Held), (status = 409, description = "It is not pending, or for another plan", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn reject(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    Sent(decide): Sent<Decide>,
) -> Result<Json<Held>, Problem> {
    decided(&api, caller, id, decide, false).await.map(Json)
}

async fn decided(api: &Api, caller: Caller, id: i64, decide: Decide, approve: bool) -> Result<Held, Problem> {
    let hold = find(api, id).await?;
    if hold.state != HoldState::Pending {
        return Err(Problem::new(Kind::Conflict, format!("hold {id} is {}, not pending", hold.state.name())));
    }
    let decision = HoldDecision { id, plan_hash: decide.plan_hash, approve, by: caller.name };
    let engine = api.engine();
    let hold = engine.store.decide(&decision, engine.clock.now()).await?;
    Ok(Held::of(hold, false))
}
