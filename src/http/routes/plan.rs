//! What a run would change, and why. The provider is read; nothing is written.

use super::{Api, Asked, Problem, configured};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// The provider to read.
    provider: String,
}

/// What a run of a provider would change now, as `rosterd plan --output json` says it.
#[utoipa::path(get, path = "/api/v1/plan", params(Which), responses((status = 200, description = "The plan", body = Object), (status = 409, description = "The provider cannot be read as it is configured", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn plan(State(api): State<Arc<Api>>, Asked(which): Asked<Which>) -> Result<Json<Value>, Problem> {
    let engine = configured(&api, &which.provider)?;
    let prepared = engine.prepare(&which.provider).await?;
    let mut value = prepared.plan.to_json();
    value["hash"] = prepared.plan.hash(&engine.config_hash).into();
    value["basis"] = prepared.plan.basis_hash(&engine.config_hash).into();
    value["held"] = (!prepared.plan.exceeded.is_empty()).into();
    Ok(Json(value))
}
