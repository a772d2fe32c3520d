//! How the daemon is, and having its configuration read again.

use super::{Api, Problem};
use crate::store::HoldState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Numbers of what the database holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counts {
    active: i64,
    suspended: i64,
    archived: i64,
    orgs: i64,
    teams: i64,
    org_members: i64,
    team_members: i64,
    holds_pending: usize,
    audit_records: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Status {
    version: &'static str,
    /// SHA-256 of the configuration in force.
    configuration: String,
    counts: Counts,
    /// Each provider's last and next run, and how the last reload ended.
    #[schema(value_type = Object)]
    worker: Value,
}

/// How the daemon is.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, description = "How it is", body = Status)))]
pub(super) async fn status(State(api): State<Arc<Api>>) -> Result<Json<Status>, Problem> {
    let engine = api.engine();
    let counts = engine.store.counts().await?;
    let holds = engine.store.holds(engine.clock.now()).await?;
    let counts = Counts {
        active: counts.users_active,
        suspended: counts.users_suspended,
        archived: counts.users_archived,
        orgs: counts.orgs,
        teams: counts.teams,
        org_members: counts.org_members,
        team_members: counts.team_members,
        holds_pending: holds.iter().filter(|hold| hold.state == HoldState::Pending).count(),
        audit_records: counts.audit_records,
    };
    let configuration = engine.config_hash.clone();
    Ok(Json(Status { version: env!("CARGO_PKG_VERSION"), configuration, counts, worker: api.work.status() }))
}

/// Asks for the configuration to be read again. The status says how that ended; a file that is
/// broken leaves the one in force.
#[utoipa::path(post, path = "/api/v1/reload", params(("Idempotency-Key" = Option<String>, Header)), responses((status = 202, description = "It will be read again")))]
pub(super) async fn reload(State(api): State<Arc<Api>>) -> StatusCode {
    api.work.reload();
    StatusCode::ACCEPTED
}
