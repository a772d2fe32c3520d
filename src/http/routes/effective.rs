//! What somebody may do: all of it, and why they may do one thing or may not.

use super::asked::{Texts, named};
use super::{Api, Asked, Named, Page, Problem, page};
use crate::explain;
use crate::store::Effective;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// One permission that somebody has, and where from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EffectivePermission)]
pub(super) struct Listed {
    /// The organization's number; null for every one.
    org_id: Option<i64>,
    org: Option<String>,
    /// What; a `*` at the end stands for whatever begins so.
    action: String,
    /// To what; the same.
    scope: String,
    /// Of what is held.
    parameters: BTreeMap<String, String>,
    /// Of the role: farther than any other.
    role_parameters: BTreeMap<String, String>,
    /// 0 for what is somebody's own, 1 for a team's or an organization's.
    nearness: i64,
    role_id: i64,
    role: String,
    /// `basic`, `server_admin`, `user`, `team` or `org`.
    source: String,
    team_id: Option<i64>,
    team: Option<String>,
    entitlement_id: Option<i64>,
    /// Whose it is: their own, or of whom they stand in for.
    from_user_id: i64,
}

impl From<Effective> for Listed {
    fn from(row: Effective) -> Self {
        let (org, org_id) = row.org.unzip();
        let (team, team_id) = row.team.unzip();
        Self {
            org_id,
            org,
            action: row.action,
            scope: row.scope,
            parameters: row.parameters,
            role_parameters: row.role_parameters,
            nearness: row.nearness,
            role_id: row.role_id,
            role: row.role,
            source: row.source,
            team_id,
            team,
            entitlement_id: row.entitlement,
            from_user_id: row.from_user,
        }
    }
}

impl Listed {
    /// Its place in the list.
    fn place(&self) -> String {
        let Self { org, org_id, action, scope, role_id, source, team_id, entitlement_id, from_user_id, .. } = self;
        let org = org.as_ref().zip(org_id.as_ref());
        serde_json::json!([org, action, scope, role_id, source, team_id, entitlement_id, from_user_id]).to_string()
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// Only what counts in this organization: its name, or # and its number.
    #[param(min_length = 1, max_length = 250)]
    org: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// All that somebody may do now. Nothing of somebody who is suspended or archived.
#[utoipa::path(get, path = "/api/v1/people/{id}/effective", params(("id" = i64, Path), Where), responses((status = 200, description = "A page", body = Page<Listed>)))]
pub(super) async fn effective(
    State(api): State<Arc<Api>>,
    Named(id): Named<i64>,
    Asked(asked): Asked<Where>,
) -> Result<Json<Page<Listed>>, Problem> {
    let limit = page::limit(asked.limit)?;
    let after = page::after("effective", asked.cursor.as_deref(), |text| Some(text.to_owned()))?;
    let org = asked.org.as_deref().map(|org| named("org", org)).transpose()?;
    let found = api.engine().store.effective(id, org).await?;
    let found = found.ok_or_else(|| Problem::not_found("there is nobody with that number, or no such organization"))?;
    let mut items: Vec<Listed> = found.into_iter().map(Listed::from).collect();
    if let Some(after) = after {
        // What the page before ended with may be gone meanwhile: then the list is shown from its beginning.
        let next = items.iter().position(|item| item.place() == after).map_or(0, |at| at + 1);
        items.drain(..next);
    }
    items.truncate(limit as usize + 1);
    Ok(Json(Page::of("effective", items, limit, Listed::place)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Such as `dashboards:read`.
    #[param(min_length = 1, max_length = 190)]
    action: String,
    /// To what; absent: to anything at all.
    #[param(min_length = 1, max_length = 190)]
    scope: Option<String>,
    /// The organization's name, or # and its number; absent: in every one.
    #[param(min_length = 1, max_length = 250)]
    org: Option<String>,
    /// In whose name: a login, or # and a number.
    #[param(min_length = 1, max_length = 250)]
    acting_for: Option<String>,
}

/// Each way in which somebody may do something, or why not, as `rosterd explain permission --output json` says it.
#[utoipa::path(get, path = "/api/v1/people/{id}/permission", params(("id" = i64, Path), Wanted), responses((status = 200, description = "Why", body = Object)))]
pub(super) async fn permission(
    State(api): State<Arc<Api>>,
    Named(id): Named<i64>,
    Asked(asked): Asked<Wanted>,
) -> Result<Json<Value>, Problem> {
    let Wanted { action, scope, org, acting_for } = &asked;
    let user = format!("#{id}");
    let texts =
        Texts { user: &user, acting_for: acting_for.as_deref(), org: org.as_deref(), action, scope: scope.as_deref() };
    let question = texts.question()?;
    let why = api.engine().store.why(question.clone(), api.now()).await?;
    let why = why.ok_or_else(|| Problem::not_found("there is nobody of that number or name"))?;
    serde_json::to_value(explain::permission(&question, &why)).map(Json).map_err(|error| Problem::internal(&error))
}
