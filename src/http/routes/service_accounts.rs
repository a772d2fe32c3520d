//! Accounts that work for programs, and their tokens; and whose a token is that an application was shown.

use super::accounts::{Standing, Why, change};
use super::{Api, Caller, Named, Page, Problem, Sent, page};
use crate::http::idempotent::Without;
use crate::http::token;
use crate::store::{Account, Among, NewService, NewServiceToken, ServiceToken, WhichAccount};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::{Act, ENABLE};
use rosterd_core::rights::OrgRole;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

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

/// Service accounts, by number.
#[utoipa::path(get, path = "/api/v1/service-accounts", params(Part), responses((status = 200, description = "A page", body = Page<Standing>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    super::Asked(part): super::Asked<Part>,
) -> Result<Json<Page<Standing>>, Problem> {
    const LIST: &str = "service-accounts";
    let limit = page::limit(part.limit)?;
    let after = page::after(LIST, part.cursor.as_deref(), |text| text.parse().ok())?.unwrap_or(i64::MIN);
    let accounts = api.engine().store.accounts_after(Among::Services, after, limit + 1).await?;
    let page = Page::of(LIST, accounts, limit, |account: &Account| account.id.to_string());
    Ok(Json(Page { items: page.items.into_iter().map(Standing::from).collect(), next: page.next }))
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
enum Role {
    None,
    Viewer,
    Editor,
    Admin,
}

/// What a new account is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// The organization's name.
    org: String,
    /// The last part of its login: small letters, digits, `-`, `_` and `.`.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,59}$")]
    name: String,
    /// For people: what it is for.
    #[serde(default)]
    #[schema(max_length = 100)]
    title: String,
    /// Its role in the organization; `None` when nothing is said.
    role: Option<Role>,
}

/// Makes one, a member of its organization.
#[utoipa::path(post, path = "/api/v1/service-accounts", request_body = New, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The account", body = Standing), (status = 409, description = "It is there already, or the organization is not", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn make(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Sent(new): Sent<New>,
) -> Result<(StatusCode, Json<Standing>), Problem> {
    text("title", &new.title, 0)?;
    text("org", &new.org, 1)?;
    let role = match new.role {
        None | Some(Role::None) => OrgRole::None,
        Some(Role::Viewer) => OrgRole::Viewer,
        Some(Role::Editor) => OrgRole::Editor,
        Some(Role::Admin) => OrgRole::Admin,
    };
    if rosterd_core::lifecycle::service_login(0, &new.name).is_none() {
        return Err(Problem::field(
            "name",
            "small letters, digits, `-`, `_` and `.`, at most 60, a letter or digit first",
        ));
    }
    let new = NewService { org: new.org, name: new.name, title: new.title, role, by: caller.name };
    let account = api.engine().store.add_service(&new, api.now()).await?;
    Ok((StatusCode::CREATED, Json(account.into())))
}

fn text(field: &'static str, text: &str, least: usize) -> Result<(), Problem> {
    if (least..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Problem::field(field, format!("{least} to 100 characters, none of them a control character")))
}

async fn find(api: &Api, id: i64) -> Result<Account, Problem> {
    let account = api.engine().store.account(&WhichAccount::Number(id), Among::Services).await?;
    account.ok_or_else(|| Problem::not_found(format!("there is no service account with the number {id}")))
}

/// One of them.
#[utoipa::path(get, path = "/api/v1/service-accounts/{id}", params(("id" = i64, Path)), responses((status = 200, description = "The account", body = Standing)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Json<Standing>, Problem> {
    Ok(Json(find(&api, id).await?.into()))
}

/// It may not act, and its tokens count for nothing, until it is enabled.
#[utoipa::path(post, path = "/api/v1/service-accounts/{id}/disable", request_body = Why, params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 200, description = "How it stands then", body = Standing)))]
pub(super) async fn disable(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    Sent(why): Sent<Why>,
) -> Result<Json<Standing>, Problem> {
    change(&api, &caller, (Among::Services, id), &[Act::Suspend], why).await
}

/// Takes back that it was disabled, or deleted; tokens that were revoked stay so.
#[utoipa::path(post, path = "/api/v1/service-accounts/{id}/enable", request_body = Why, params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 200, description = "How it stands then", body = Standing)))]
pub(super) async fn enable(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    Sent(why): Sent<Why>,
) -> Result<Json<Standing>, Problem> {
    change(&api, &caller, (Among::Services, id), ENABLE, why).await
}

/// Puts it away and revokes its tokens. `rosterd purge` forgets it.
#[utoipa::path(delete, path = "/api/v1/service-accounts/{id}", params(("id" = i64, Path)), responses((status = 200, description = "How it stands then", body = Standing)))]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
) -> Result<Json<Standing>, Problem> {
    change(&api, &caller, (Among::Services, id), &[Act::Archive], Why::default()).await
}

/// A token, without what it is. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceToken)]
pub(super) struct Listed {
    id: String,
    name: String,
    created_by: String,
    created_at: i64,
    expires_at: i64,
    /// To the minute.
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    /// The token itself: only in the answer that made it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<ServiceToken> for Listed {
    fn from(token: ServiceToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created_by: token.created_by,
            created_at: token.created_at.0,
            expires_at: token.expires_at.0,
            last_used_at: token.last_used_at.map(|at| at.0),
            revoked_at: token.revoked_at.map(|at| at.0),
            token: None,
        }
    }
}

/// Its tokens, the oldest first.
#[utoipa::path(get, path = "/api/v1/service-accounts/{id}/tokens", params(("id" = i64, Path)), responses((status = 200, description = "All of them", body = Page<Listed>)))]
pub(super) async fn tokens(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Json<Page<Listed>>, Problem> {
    let account = find(&api, id).await?;
    let tokens = api.engine().store.service_tokens(account.id).await?;
    Ok(Json(Page { items: tokens.into_iter().map(Listed::from).collect(), next: None }))
}

/// What a new token is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// For people: where it is used.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// How long it lasts, such as `90d` (the default); at most `accounts.service_token_longest`.
    #[schema(pattern = "^[1-9][0-9]{0,8}(s|m|h|d)$")]
    expires: Option<String>,
}

/// Makes a token. The answer is the only place where it ever stands.
#[utoipa::path(post, path = "/api/v1/service-accounts/{id}/tokens", request_body = NewToken, params(("id" = i64, Path), ("Idempotency-Key" = Option<String>, Header, description = "answered again without the token itself")),
    responses((status = 201, description = "The token", body = Listed), (status = 409, description = "The account is not active", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn make_token(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    Sent(new): Sent<NewToken>,
) -> Result<Response, Problem> {
    if !token::is_name(&new.name) {
        return Err(Problem::field("name", token::NAME));
    }
    let account = find(&api, id).await?;
    let (secret, new) = drawn(&api, account.id, &new.name, &caller, new.expires.as_deref())?;
    let kept = api.engine().store.add_service_token(&new, api.now()).await?;
    shown(secret.expose(), kept.into())
}

fn drawn(
    api: &Api,
    user: UserId,
    name: &str,
    caller: &Caller,
    expires: Option<&str>,
) -> Result<(crate::config::Secret, NewServiceToken), Problem> {
    let engine = api.engine();
    let longest = engine.config.accounts.service_token_longest;
    let lasts = token::lasts(expires, longest).ok_or_else(|| {
        Problem::field("expires", format!("a number and a unit (s, m, h, d), more than 0, at most {longest}"))
    })?;
    let until = engine.clock.now().plus_millis(lasts);
    token::make_service(user, name, &caller.name, until, engine.random.as_ref())
        .map_err(|error| Problem::internal(&error))
}

fn shown(token: &str, kept: Listed) -> Result<Response, Problem> {
    let without = serde_json::to_string(&kept).map_err(|error| Problem::internal(&error))?;
    let shown = Listed { token: Some(token.to_owned()), ..kept };
    let mut response = (StatusCode::CREATED, Json(shown)).into_response();
    response.extensions_mut().insert(Without(without));
    Ok(response)
}

/// How long a new token is to last.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Anew {
    /// Such as `90d`, the default.
    #[schema(pattern = "^[1-9][0-9]{0,8}(s|m|h|d)$")]
    expires: Option<String>,
}

/// Makes another in the place of a token, which counts a little longer: `accounts.rotation_overlap`.
#[utoipa::path(post, path = "/api/v1/service-accounts/{id}/tokens/{token}/rotate", request_body = Anew, params(("id" = i64, Path), ("token" = String, Path, description = "The old token's id"), ("Idempotency-Key" = Option<String>, Header, description = "answered again without the token itself")),
    responses((status = 201, description = "The new token", body = Listed), (status = 409, description = "The old one does not count any more", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn rotate(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named((id, old)): Named<(i64, String)>,
    Sent(anew): Sent<Anew>,
) -> Result<Response, Problem> {
    let (engine, account) = (api.engine(), find(&api, id).await?);
    let all = engine.store.service_tokens(account.id).await?;
    let name = all.into_iter().find(|token| token.id == old).map(|token| token.name).ok_or_else(no_token)?;
    let (secret, new) = drawn(&api, account.id, &name, &caller, anew.expires.as_deref())?;
    let now = engine.clock.now();
    let until = now.plus_millis(engine.config.accounts.rotation_overlap.millis());
    let kept = engine.store.rotate_service_token(&old, &new, until, now).await?.ok_or_else(no_token)?;
    shown(secret.expose(), kept.into())
}

fn no_token() -> Problem {
    Problem::not_found("the account has no token with that id")
}

/// Ends a token at once.
#[utoipa::path(delete, path = "/api/v1/service-accounts/{id}/tokens/{token}", params(("id" = i64, Path), ("token" = String, Path, description = "The token's id")), responses((status = 200, description = "The token as it stands", body = Listed)))]
pub(super) async fn revoke(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named((id, token)): Named<(i64, String)>,
) -> Result<Json<Listed>, Problem> {
    let account = find(&api, id).await?;
    let token = api.engine().store.revoke_service_token(account.id, &token, &caller.name, api.now()).await?;
    token.map(|token| Json(token.into())).ok_or_else(no_token)
}

/// A token that an application was shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    token: String,
}

/// Whose a token is. Of one that does not count nothing but that is said (RFC 7662, section 2.2).
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Introspection)]
pub(super) struct Introspection {
    active: bool,
    /// The account's number, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// The account's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// The number of the organization that the account is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<u32>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// Whose token this is, for an application that a program shows one.
#[utoipa::path(post, path = "/api/v1/tokens/introspect", request_body = Shown, params(("Idempotency-Key" = Option<String>, Header)), responses((status = 200, description = "Whose", body = Introspection)))]
pub(super) async fn introspect(
    State(api): State<Arc<Api>>,
    Sent(shown): Sent<Shown>,
) -> Result<Json<Introspection>, Problem> {
    let (engine, now) = (api.engine(), api.now());
    if !token::well_formed(&shown.token) {
        return Ok(Json(Introspection::default()));
    }
    let hash = token::hash(&shown.token);
    let found = engine.store.service_token_by_hash(hash).await?.filter(|found| found.usable(now));
    let Some(found) = found else { return Ok(Json(Introspection::default())) };
    api.known.note(&engine, hash, crate::http::caller::Used::Service(found.id.clone()), now);
    let seconds = |at: Timestamp| Some(at.0.div_euclid(1000));
    Ok(Json(Introspection {
        active: true,
        sub: Some(found.user.to_string()),
        org: rosterd_core::lifecycle::service_org(&found.login),
        exp: seconds(found.expires_at),
        iat: seconds(found.created_at),
        username: Some(found.login),
        jti: Some(found.id),
    }))
}
