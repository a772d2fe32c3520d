//! What people give by hand: roles narrowed to scopes, and delegations; and who holds what.

use super::roles::{granting, pattern, plain, sane};
use super::{Api, Asked, Caller, Named, Page, Problem, Sent, page};
use crate::store::{FOR_EVER, Giving, HeldGrant as Held, Holder, HolderNumber, What};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use rosterd_core::access::Parameters;
use rosterd_core::ids::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Something that somebody holds. Moments are milliseconds since 1970; 253402300799999 is for ever.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Held)]
pub(super) struct Shown {
    /// Of the entitlement.
    id: i64,
    /// `user`, `team` or `org`.
    holder: &'static str,
    /// The holder's number.
    holder_id: i64,
    /// The holder's login or name.
    holder_name: String,
    /// Where; null in every organization.
    org: Option<String>,
    role: Option<String>,
    /// For a delegation: whom it lets act for.
    act_for: Option<String>,
    scope: String,
    #[schema(value_type = Object)]
    parameters: serde_json::Value,
    /// Rules give it.
    synced: bool,
    /// Until when a provisioning file gives it.
    declared_until: Option<i64>,
    /// Until when somebody gave it by hand.
    manual_until: Option<i64>,
}

impl From<Held> for Shown {
    fn from(held: Held) -> Self {
        let (holder, holder_id) = held.holder.parts();
        Self {
            id: held.entitlement,
            holder,
            holder_id,
            holder_name: held.holder_name,
            org: held.org,
            role: held.role,
            act_for: held.act_for,
            scope: held.scope,
            parameters: serde_json::from_str(&held.parameters).unwrap_or_default(),
            synced: held.synced,
            declared_until: held.declared_until.map(|at| at.0),
            manual_until: held.manual_until.map(|at| at.0),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

const LIST: &str = "entitlements";

fn place(text: &str) -> Option<(i64, HolderNumber)> {
    let mut parts = text.split('-');
    let (entitlement, kind, number) = (parts.next()?, parts.next()?, parts.next()?);
    Some((entitlement.parse().ok()?, HolderNumber::of(kind, number.parse().ok()?)?))
}

/// What is held, whoever gave it.
#[utoipa::path(get, path = "/api/v1/entitlements", params(Part), responses((status = 200, description = "A page", body = Page<Shown>)))]
pub(super) async fn list(State(api): State<Arc<Api>>, Asked(part): Asked<Part>) -> Result<Json<Page<Shown>>, Problem> {
    let limit = page::limit(part.limit)?;
    let after = page::after(LIST, part.cursor.as_deref(), place)?;
    let held = api.engine().store.held_after(after, limit + 1).await?;
    let held = held.into_iter().map(Shown::from).collect();
    Ok(Json(Page::of(LIST, held, limit, |held: &Shown| format!("{}-{}-{}", held.id, held.holder, held.holder_id))))
}

/// What is to be given. Either `role` or `act_for`; to exactly one of `user`, `team` (with `org`) and `everybody`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Giving)]
pub(super) struct New {
    /// A role, by its name.
    role: Option<String>,
    /// To act for whoever has this login: in everything with the scope `*`, otherwise with their rights to what the
    /// scope names.
    act_for: Option<String>,
    /// Where, by name; absent in every organization.
    org: Option<String>,
    /// To what it is narrowed; `*` when nothing is said.
    #[schema(max_length = 190)]
    scope: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    /// To this login.
    user: Option<String>,
    /// To everybody in this team of `org`.
    team: Option<String>,
    /// To everybody in `org`.
    #[serde(default)]
    everybody: bool,
    /// Until when, in milliseconds since 1970; for ever when nothing is said.
    until: Option<i64>,
}

fn read(new: New) -> Result<Giving, Problem> {
    let texts =
        [("role", &new.role), ("act_for", &new.act_for), ("org", &new.org), ("user", &new.user), ("team", &new.team)];
    for (field, text) in texts {
        plain(field, text.as_deref().unwrap_or_default())?;
    }
    sane(&new.parameters)?;
    let what = match (new.role, new.act_for) {
        (Some(role), None) => What::Role(role),
        (None, Some(login)) => What::ActFor(login),
        (Some(_), Some(_)) | (None, None) => return Err(Problem::field("role", "either this or `act_for`")),
    };
    let to = match (new.user, new.team, new.everybody, new.org.clone()) {
        (Some(login), None, false, _) => Holder::User(login),
        (None, Some(team), false, Some(org)) => Holder::Team { org, team },
        (None, None, true, Some(org)) => Holder::Org(org),
        _ => {
            return Err(Problem::field(
                "user",
                "exactly one of `user`, `team` and `everybody`; the last two with `org`",
            ));
        }
    };
    let scope = pattern("scope", new.scope.as_deref().unwrap_or("*"))?;
    let until = new.until.map_or(FOR_EVER, |at| Timestamp(at.min(FOR_EVER.0)));
    Ok(Giving { what, org: new.org, scope, parameters: new.parameters, to, until })
}

/// Gives something by hand. In somebody's name (the header `Acting-For`, or a session) only what they hold, and with
/// `roles:assign` there; to act for somebody only in that person's own name.
#[utoipa::path(put, path = "/api/v1/entitlements", request_body = New, params(("Acting-For" = Option<String>, Header)),
    responses((status = 200, description = "What is held then", body = Shown), (status = 403, description = "Whoever asks may not", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 409, description = "Not as things stand", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn give(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(new): Sent<New>,
) -> Result<Json<Shown>, Problem> {
    let by = granting(&api, &caller, &headers).await?;
    let giving = read(new)?;
    let held = api.engine().store.give(&giving, &by, api.now()).await?;
    Ok(Json(held.into()))
}

/// Takes back what was given by hand; what rules and files give stays. It needs what giving it does.
#[utoipa::path(delete, path = "/api/v1/entitlements/{id}/{holder}/{number}", params(("id" = i64, Path), ("holder" = String, Path, description = "`user`, `team` or `org`"), ("number" = i64, Path), ("Acting-For" = Option<String>, Header)),
    responses((status = 204, description = "It is taken"), (status = 403, description = "Whoever asks may not", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn take(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named((id, holder, number)): Named<(i64, String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let none = || Problem::not_found("nobody gave this by hand");
    let holder = HolderNumber::of(&holder, number).ok_or_else(none)?;
    let by = granting(&api, &caller, &headers).await?;
    match api.engine().store.take(id, holder, &by, api.now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}
