//! What somebody may do: all of it, and why they may do one thing or may not.

use super::asked::{Texts, named};
use super::{Api, Asked, Named, Page, Problem, page};
use crate::explain;
use crate::store::Effective;
use axum::Json;
use axum::extract::State;
use rosterd_core::text::hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
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
    /// When it ends by itself, in milliseconds since 1970; 253402300799999 for never.
    until: i64,
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
            until: row.until,
        }
    }
}

/// Where a permission stands in the list: by all that tells it from others, so that two of one place are the same twice.
/// A list goes on behind a place, whether what stood there is still there or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    org: Option<(String, i64)>,
    action: String,
    scope: String,
    role: String,
    numbers: (i64, Option<i64>, Option<i64>, i64, i64, i64),
    source: String,
    /// A hash: parameters may be longer than a URL.
    parameters: String,
}

impl From<&Effective> for Place {
    fn from(row: &Effective) -> Self {
        let team = row.team.as_ref().map(|(_, team)| *team);
        let mut hash = Sha256::new();
        for (name, value) in row.parameters.iter().chain([(&String::new(), &String::new())]).chain(&row.role_parameters)
        {
            for text in [name, value] {
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
        }
        Self {
            org: row.org.clone(),
            action: row.action.clone(),
            scope: row.scope.clone(),
            role: row.role.clone(),
            numbers: (row.role_id, team, row.entitlement, row.from_user, row.nearness, row.until),
            source: row.source.clone(),
            parameters: hex(&hash.finalize()),
        }
    }
}

impl Place {
    fn text(&self) -> String {
        serde_json::json!(self).to_string()
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
    let after = page::after("effective", asked.cursor.as_deref(), |text| serde_json::from_str::<Place>(text).ok())?;
    let org = asked.org.as_deref().map(|org| named("org", org)).transpose()?;
    let none = || Problem::not_found("there is nobody with that number, or no such organization");
    let found = api.engine().store.effective(id, org).await?.ok_or_else(none)?;
    let mut items: Vec<(Place, Effective)> = found.into_iter().map(|row| (Place::from(&row), row)).collect();
    items.retain(|(place, _)| after.as_ref().is_none_or(|after| place > after));
    items.sort();
    items.dedup();
    items.truncate(limit as usize + 1);
    let Page { items, next } = Page::of("effective", items, limit, |(place, _)| place.text());
    Ok(Json(Page { items: items.into_iter().map(|(_, row)| Listed::from(row)).collect(), next }))
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
