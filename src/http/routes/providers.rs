//! Providers: what is configured and what is there of it; trying one step by step.

use super::{Api, Named, Page, Problem};
use crate::config::Kind;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A provider. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Provider {
    name: String,
    /// The section of the configuration that says where its people come from, such as `ldap`; null when it is not
    /// configured any more.
    kind: Option<&'static str>,
    configured: bool,
    /// People and groups that are there by what it said last.
    people: i64,
    groups: i64,
    /// When something of it was last changed.
    last_change: Option<i64>,
}

/// Providers that are configured, and those that were.
#[utoipa::path(get, path = "/api/v1/providers", responses((status = 200, description = "All of them", body = Page<Provider>)))]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Result<Json<Page<Provider>>, Problem> {
    let engine = api.engine();
    let counts = engine.store.counts().await?;
    let mut items: Vec<Provider> = counts
        .providers
        .into_iter()
        .map(|(name, people, groups, at)| Provider {
            name,
            kind: None,
            configured: false,
            people,
            groups,
            last_change: at.map(|at| at.0),
        })
        .collect();
    for (name, section) in &engine.config.providers {
        let kind = section.kind().map(Kind::name);
        match items.iter_mut().find(|item| item.name == *name) {
            Some(item) => (item.kind, item.configured) = (kind, true),
            None => items.push(Provider {
                name: name.clone(),
                kind,
                configured: true,
                people: 0,
                groups: 0,
                last_change: None,
            }),
        }
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(Page { items, next: None }))
}

/// One step of a check.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Step {
    step: String,
    ok: bool,
    /// What was found, or what went wrong and what to do.
    said: String,
}

/// What came of trying a provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checked {
    provider: String,
    ok: bool,
    steps: Vec<Step>,
}

/// Connects, signs in and reads a little, as `rosterd check provider` does.
#[utoipa::path(post, path = "/api/v1/providers/{name}/check", params(("name" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 200, description = "Step by step", body = Checked)))]
pub(super) async fn check(State(api): State<Arc<Api>>, Named(name): Named<String>) -> Result<Json<Checked>, Problem> {
    let engine = api.engine();
    let Some(steps) = engine.check(&name).await.map_err(|error| Problem::internal(&error))? else {
        return Err(Problem::not_found("the configuration has no provider of that name that can be asked"));
    };
    let steps: Vec<Step> = steps
        .into_iter()
        .map(|step| match step.result {
            Ok(said) => Step { step: step.what, ok: true, said },
            Err(said) => Step { step: step.what, ok: false, said },
        })
        .collect();
    Ok(Json(Checked { ok: steps.iter().all(|step| step.ok), provider: name, steps }))
}
