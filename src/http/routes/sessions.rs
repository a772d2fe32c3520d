//! Who is logged in with a browser, and ending that.

use super::{Api, Caller, Named, Problem};
use crate::logins;
use crate::store::{LoginSession, Whose};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// As audit records name them.
    name: String,
    scopes: Vec<&'static str>,
    /// Of a login in a browser: who it is and what they have in the tables now.
    #[schema(value_type = Option<Object>)]
    person: Option<Value>,
    session: Option<Session>,
}

/// A login in a browser. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoginSession)]
pub(super) struct Session {
    id: String,
    user: u32,
    provider: String,
    created_at: i64,
    used_at: i64,
    expires_at: i64,
}

impl From<LoginSession> for Session {
    fn from(session: LoginSession) -> Self {
        Self {
            id: session.id,
            user: session.user.0,
            provider: session.provider,
            created_at: session.created_at.0,
            used_at: session.used_at.0,
            expires_at: session.expires_at.0,
        }
    }
}

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, description = "Who asks", body = Me)))]
pub(super) async fn me(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Json<Me>, Problem> {
    let scopes = caller.scopes.iter().map(|scope| scope.name()).collect();
    let current =
        if caller.has_session() { logins::current(&api.engine(), &headers).await.ok().flatten() } else { None };
    let (person, session) = current.map(|current| (current.person.to_json(), current.session.into())).unzip();
    Ok(Json(Me { name: caller.name, scopes, person, session }))
}

/// The logins in browsers that count, newest first.
#[utoipa::path(get, path = "/api/v1/sessions", responses((status = 200, description = "All of them", body = Vec<Session>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Vec<Session>>, Problem> {
    let sessions = api.engine().store.sessions(api.now()).await?;
    Ok(Json(sessions.into_iter().map(Session::from).collect()))
}

/// Ends one. It counts no more from that moment on; what its login said is not touched.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", params(("id" = String, Path, description = "The session's id")), responses((status = 204, description = "It has ended")))]
pub(super) async fn end(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
) -> Result<StatusCode, Problem> {
    let ended = api.engine().store.end_sessions(&Whose::Session(id), "hand", Some(&caller.name), api.now()).await?;
    if ended.is_empty() {
        return Err(Problem::not_found("there is no such session, or it has ended"));
    }
    Ok(StatusCode::NO_CONTENT)
}
