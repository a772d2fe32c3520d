//! What login hooks delivered: seen, and worked on again.

use super::{Api, Asked, Named, Page, Problem, page};
use crate::store::Delivery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A delivery, without what it said. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct Kept {
    id: String,
    hook: String,
    /// The sender's id of it.
    sender_id: String,
    /// What happened, in the sender's words.
    event: String,
    provider: String,
    received_at: i64,
    /// `pending`, `done` or `failed`.
    state: String,
    attempts: i64,
    finished_at: Option<i64>,
    /// What came of it.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
}

impl From<Delivery> for Kept {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            hook: delivery.hook,
            sender_id: delivery.sender_id,
            event: delivery.event,
            provider: delivery.provider,
            received_at: delivery.received_at.0,
            state: delivery.state,
            attempts: delivery.attempts,
            finished_at: delivery.finished_at.map(|at| at.0),
            outcome: delivery.outcome.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those of this hook.
    #[param(max_length = 200)]
    hook: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The last deliveries, newest first.
#[utoipa::path(get, path = "/api/v1/deliveries", params(Which), responses((status = 200, description = "The last ones", body = Page<Kept>)))]
pub(super) async fn list(State(api): State<Arc<Api>>, Asked(which): Asked<Which>) -> Result<Json<Page<Kept>>, Problem> {
    let limit = page::limit(which.limit)?;
    if which.hook.as_ref().is_some_and(|hook| hook.contains('\0')) {
        return Err(Problem::field("hook", "no hook has such a name"));
    }
    let items = api.engine().store.deliveries(which.hook.as_deref(), limit).await?;
    Ok(Json(Page { items: items.into_iter().map(Kept::from).collect(), next: None }))
}

/// Lets a delivery be worked on again.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/replay", params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 202, description = "It will be worked on again")))]
pub(super) async fn replay(State(api): State<Arc<Api>>, Named(id): Named<String>) -> Result<StatusCode, Problem> {
    let known = api.engine().store.replay_delivery(&id).await?;
    if known { Ok(StatusCode::ACCEPTED) } else { Err(Problem::not_found("there is no delivery with that id")) }
}
