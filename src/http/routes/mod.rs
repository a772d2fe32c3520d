//! The routes, each with who may use it. One file a thing; a handler asks, and turns the answer into
//! JSON.

mod accounts;
mod asked;
mod audit;
mod authzen;
mod check;
mod deliveries;
mod effective;
mod entitlements;
mod events;
mod holds;
mod people;
mod plan;
mod providers;
mod roles;
mod runs;
mod service_accounts;
mod sessions;
mod simulate;
mod status;
mod tokens;

use super::access::{Access, Routes};
use super::extract::{Asked, Named, Sent};
use super::page::{self, Page};
use super::problem::{Kind, Problem};
use super::{Api, caller::Caller, openapi};
use crate::config::ApiScope;
use axum::Json;
use std::sync::Arc;
use utoipa_axum::routes;

const READ: Access = Access::Scope(ApiScope::Read);
const EXPLAIN: Access = Access::Scope(ApiScope::Explain);
const CHECK: Access = Access::Scope(ApiScope::Check);
const RUN: Access = Access::Scope(ApiScope::Run);
const APPROVE: Access = Access::Scope(ApiScope::Approve);
const HOOKS: Access = Access::Scope(ApiScope::Hooks);
const ADMIN: Access = Access::Scope(ApiScope::Admin);

/// All there is under `/api/v1`. Whoever may approve a plan has to see it, and a plan names people:
/// so plans and holds are for `approve` and `explain`, not for `read`. Roles and what is given are for whoever is known: what they
/// may there is what they hold, which `roles::granting` finds out.
pub(super) fn all() -> Routes {
    Routes::default()
        .route(Access::Public, routes!(description))
        .route(Access::Known, routes!(sessions::me))
        .route(READ, routes!(status::status))
        .route(READ, routes!(runs::list))
        .route(RUN, routes!(runs::ask))
        .route(READ, routes!(runs::one))
        .route(READ, routes!(events::follow))
        .route(READ, routes!(runs::history))
        .route(EXPLAIN, routes!(plan::plan))
        .route(READ, routes!(holds::list))
        .route(EXPLAIN, routes!(holds::one))
        .route(APPROVE, routes!(holds::approve))
        .route(APPROVE, routes!(holds::reject))
        .route(EXPLAIN, routes!(people::list))
        .route(EXPLAIN, routes!(people::one))
        .route(EXPLAIN, routes!(people::access))
        .route(EXPLAIN, routes!(people::explain))
        .route(ADMIN, routes!(accounts::suspend))
        .route(ADMIN, routes!(accounts::resume))
        .route(ADMIN, routes!(accounts::block))
        .route(ADMIN, routes!(accounts::unblock))
        .route(ADMIN, routes!(accounts::archive))
        .route(ADMIN, routes!(accounts::unarchive))
        .route(ADMIN, routes!(service_accounts::list))
        .route(ADMIN, routes!(service_accounts::make))
        .route(ADMIN, routes!(service_accounts::one))
        .route(ADMIN, routes!(service_accounts::disable))
        .route(ADMIN, routes!(service_accounts::enable))
        .route(ADMIN, routes!(service_accounts::delete))
        .route(ADMIN, routes!(service_accounts::tokens))
        .route(ADMIN, routes!(service_accounts::make_token))
        .route(ADMIN, routes!(service_accounts::rotate))
        .route(ADMIN, routes!(service_accounts::revoke))
        .route(CHECK, routes!(service_accounts::introspect))
        .route(EXPLAIN, routes!(effective::effective))
        .route(EXPLAIN, routes!(effective::permission))
        .route(CHECK, routes!(check::one))
        .route(CHECK, routes!(check::many))
        .route(CHECK, routes!(authzen::one))
        .route(CHECK, routes!(authzen::many))
        .route(Access::Public, routes!(authzen::metadata))
        .route(READ, routes!(roles::list))
        .route(READ, routes!(roles::one))
        .route(Access::Known, routes!(roles::make))
        .route(Access::Known, routes!(roles::change))
        .route(Access::Known, routes!(roles::delete))
        .route(EXPLAIN, routes!(entitlements::list))
        .route(Access::Known, routes!(entitlements::give))
        .route(Access::Known, routes!(entitlements::take))
        .route(EXPLAIN, routes!(simulate::simulate))
        .route(READ, routes!(providers::list))
        .route(RUN, routes!(providers::check))
        .route(HOOKS, routes!(deliveries::list))
        .route(HOOKS, routes!(deliveries::replay))
        .route(ADMIN, routes!(tokens::list))
        .route(ADMIN, routes!(tokens::make))
        .route(ADMIN, routes!(tokens::revoke))
        .route(ADMIN, routes!(sessions::list))
        .route(ADMIN, routes!(sessions::end))
        .route(ADMIN, routes!(status::reload))
        .route(EXPLAIN, routes!(audit::list))
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn description() -> Json<utoipa::openapi::OpenApi> {
    Json(openapi::openapi())
}

/// The engine's provider of that name, or what is wrong with it.
fn configured(api: &Api, provider: &str) -> Result<Arc<crate::sync::Engine>, Problem> {
    let engine = api.engine();
    if engine.config.providers.contains_key(provider) {
        return Ok(engine);
    }
    Err(Problem::field("provider", "the configuration has no provider of that name"))
}
