//! The record of every change, in order.

use super::{Api, Asked, Page, Problem, page};
use crate::store::AuditRecord;
use axum::Json;
use axum::extract::State;
use rosterd_core::text::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A record of the audit trail, as `rosterd audit export` prints it. Moments are milliseconds since
/// 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditRecord)]
pub(super) struct Record {
    seq: i64,
    run: Option<i64>,
    at: i64,
    actor: String,
    user: Option<i64>,
    #[schema(value_type = Object)]
    body: Value,
    /// Hexadecimal: over this record and the hash of the one before.
    hash: String,
}

impl From<AuditRecord> for Record {
    fn from(record: AuditRecord) -> Self {
        Self {
            seq: record.seq,
            run: record.run,
            at: record.at.0,
            actor: record.actor,
            user: record.user,
            body: serde_json::from_str(&record.body).unwrap_or(Value::String(record.body)),
            hash: hex(&record.hash),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// Only records with a larger number.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// `next` of the page before, instead of `after`.
    cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Audit records, the oldest first.
#[utoipa::path(get, path = "/api/v1/audit", params(After), responses((status = 200, description = "A page", body = Page<Record>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Asked(asked): Asked<After>,
) -> Result<Json<Page<Record>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let cursor = page::after("audit", asked.cursor.as_deref(), |text| text.parse().ok())?;
    if asked.after.is_some_and(|after| after < 0) {
        return Err(Problem::field("after", "0 or more"));
    }
    let after = cursor.or(asked.after).unwrap_or(0);
    let records = api.engine().store.audit(after, limit + 1).await?;
    let records = records.into_iter().map(Record::from).collect();
    Ok(Json(Page::of("audit", records, limit, |record: &Record| record.seq.to_string())))
}
