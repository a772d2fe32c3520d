//! Who may use which route: one table, from which alone a router comes.
//!
//! A route is a handler with its description ([`utoipa::path`]) and an [`Access`]; there is no way
//! to add one without. The description says the scope because the table puts it there, so what is
//! documented is what is enforced.

use super::api::Api;
use super::caller::{self, Caller};
use super::headers;
use super::idempotent;
use super::openapi;
use super::origin;
use super::peer::Peer;
use super::problem::{Kind, Problem};
use crate::config::ApiScope;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use std::fmt;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, known or not.
    Public,
    /// Whoever is known, with whatever scopes.
    Known,
    /// Whoever has this scope.
    Scope(ApiScope),
}

/// The table.
#[derive(Default)]
pub(super) struct Routes(Vec<(Access, UtoipaMethodRouter<Arc<Api>>)>);

impl Routes {
    /// Adds what [`utoipa_axum::routes`] makes of one handler.
    pub(super) fn route(mut self, access: Access, routes: UtoipaMethodRouter<Arc<Api>>) -> Self {
        self.0.push((access, routes));
        self
    }

    fn assembled(self, api: Option<&Arc<Api>>) -> (Router<Arc<Api>>, OpenApi) {
        let mut all = OpenApiRouter::with_openapi(openapi::head());
        for (access, (schemas, mut paths, mut router)) in self.0 {
            for item in paths.paths.values_mut() {
                openapi::declare(item, access);
            }
            if let Some(api) = api {
                let asked = paths.paths.values().any(openapi::takes_a_query);
                router = router.route_layer(from_fn_with_state((Arc::clone(api), access, asked), guard));
            }
            all = all.routes((schemas, paths, router));
        }
        all.split_for_parts()
    }

    /// What there is and who may use it.
    pub(super) fn described(self) -> OpenApi {
        self.assembled(None).1
    }

    /// The router, with everybody kept from what they may not use.
    pub(super) fn guarded(self, api: &Arc<Api>) -> Guarded {
        let router = self.assembled(Some(api)).0.with_state(Arc::clone(api));
        Guarded { router, api: Arc::clone(api) }
    }
}

/// Routes of which each one knows who may use it.
#[derive(Clone)]
pub struct Guarded {
    router: Router,
    api: Arc<Api>,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guarded")
    }
}

impl Guarded {
    /// Adds the login hooks under `/hooks/v1`, or signals under `/signals/v1`. They know who sends by what each is configured with
    /// (signatures, secrets), not by the API's tokens.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Router) -> Self {
        self.router = self.router.merge(hooks.layer(from_fn(address)));
        self
    }

    /// Adds logins in a browser. What pages of other origins make a browser send does nothing there either, but for
    /// what is `for_others`.
    #[must_use]
    pub fn with_logins(mut self, logins: Router, for_others: Router) -> Self {
        self.router = self.router.merge(logins.layer(from_fn(own))).merge(for_others);
        self
    }

    /// Everything, with what is answered when nothing fits, and with what holds for all.
    pub(super) fn finished(self) -> Router {
        let router = self.router.fallback(no_route).method_not_allowed_fallback(no_method);
        headers::around(router, &self.api)
    }
}

/// The caller's address, as hooks look for it.
async fn address(mut request: Request, next: Next) -> Response {
    if let Some(address) = request.extensions().get::<Peer>().map(|peer| peer.address) {
        request.extensions_mut().insert(ConnectInfo(address));
    }
    next.run(request).await
}

async fn own(request: Request, next: Next) -> Result<Response, Problem> {
    origin::refuse_others(request.method(), request.uri(), request.headers())?;
    Ok(next.run(request).await)
}

async fn no_route() -> Problem {
    Problem::not_found("nothing is here; /api/v1/openapi.json says what there is")
}

async fn no_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "the header Allow says what can be done here")
}

async fn guard(
    State((api, access, takes_a_query)): State<(Arc<Api>, Access, bool)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if access == Access::Public {
        return Ok(next.run(request).await);
    }
    origin::refuse_others(request.method(), request.uri(), request.headers())?;
    let peer = request.extensions().get::<Peer>().cloned();
    let peer = peer.ok_or_else(|| Problem::internal(&"a request came without its peer"))?;
    let caller = caller::identify(&api, &peer, request.headers()).await?;
    if let Access::Scope(scope) = access
        && !caller.scopes.contains(&scope)
    {
        let needs = format!("this needs the scope `{}`", scope.name());
        return Err(Problem::new(Kind::Forbidden, needs));
    }
    // Where there are some, the handler's type knows which.
    if !takes_a_query && let Some(first) = request.uri().query().filter(|query| !query.is_empty()) {
        let name = first.split(['=', '&']).next().unwrap_or_default();
        return Err(Problem::field(name, "there is no such parameter"));
    }
    let keyed = request.method() == Method::POST;
    request.extensions_mut().insert::<Caller>(caller.clone());
    if keyed {
        return Ok(idempotent::once(&api, &caller, request, next).await.into_response());
    }
    Ok(next.run(request).await)
}
