//! Tokens: seen without what they are, made, revoked.

use super::{Api, Caller, Named, Page, Problem, Sent};
use crate::config::{ApiScope, Duration};
use crate::http::idempotent::Without;
use crate::http::token::{self, LASTS, LONGEST, Wanted};
use crate::store::Token;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A token, without what it is. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct Listed {
    id: String,
    name: String,
    scopes: Vec<String>,
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

impl From<Token> for Listed {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes,
            created_by: token.created_by,
            created_at: token.created_at.0,
            expires_at: token.expires_at.0,
            last_used_at: token.last_used_at.map(|at| at.0),
            revoked_at: token.revoked_at.map(|at| at.0),
            token: None,
        }
    }
}

/// All tokens, the oldest first.
#[utoipa::path(get, path = "/api/v1/tokens", responses((status = 200, description = "All of them", body = Page<Listed>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Page<Listed>>, Problem> {
    let items = api.engine().store.tokens().await?.into_iter().map(Listed::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// What a token may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Read,
    Explain,
    Check,
    Run,
    Approve,
    Hooks,
    Admin,
}

impl From<Scope> for ApiScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Explain => Self::Explain,
            Scope::Check => Self::Check,
            Scope::Run => Self::Run,
            Scope::Approve => Self::Approve,
            Scope::Hooks => Self::Hooks,
            Scope::Admin => Self::Admin,
        }
    }
}

/// What a new token is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// For people: who uses it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// How long it lasts, such as `90d` (the default); at most `366d`.
    #[schema(pattern = "^[1-9][0-9]{0,8}(s|m|h|d)$")]
    expires: Option<String>,
}

/// Makes a token. The answer is the only place where it ever stands.
#[utoipa::path(post, path = "/api/v1/tokens", request_body = New, params(("Idempotency-Key" = Option<String>, Header, description = "answered again without the token itself")),
    responses((status = 201, description = "The token", body = Listed)))]
pub(super) async fn make(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    if !token::is_name(&new.name) {
        return Err(Problem::field("name", token::NAME));
    }
    if new.scopes.is_empty() {
        return Err(Problem::field("scopes", "at least one"));
    }
    let lasts = match &new.expires {
        None => Some(LASTS),
        Some(text) => Duration::parse(text).map(Duration::millis),
    };
    let Some(lasts) = lasts.filter(|lasts| (1..=LONGEST).contains(lasts)) else {
        return Err(Problem::field("expires", "a number and a unit (s, m, h, d), more than 0 and at most 366d"));
    };
    let engine = api.engine();
    let now = engine.clock.now();
    let scopes = new.scopes.into_iter().map(ApiScope::from).collect();
    let wanted = Wanted { name: new.name, scopes, created_by: caller.name, expires_at: now.plus_millis(lasts) };
    let made = token::make(wanted, engine.random.as_ref()).map_err(|error| Problem::internal(&error))?;
    let kept = Listed::from(engine.store.add_token(&made.new, now).await?);
    let without = serde_json::to_string(&kept).map_err(|error| Problem::internal(&error))?;
    let shown = Listed { token: Some(made.token.expose().to_owned()), ..kept };
    let mut response = (StatusCode::CREATED, Json(shown)).into_response();
    response.extensions_mut().insert(Without(without));
    Ok(response)
}

/// Ends a token at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", params(("id" = String, Path)), responses((status = 200, description = "The token as it stands", body = Listed)))]
pub(super) async fn revoke(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<Json<Listed>, Problem> {
    let engine = api.engine();
    let token = engine.store.revoke_token(&id, &caller.name, engine.clock.now()).await?;
    token.map(|token| Json(token.into())).ok_or_else(|| Problem::not_found("there is no token with that id"))
}
