//! What rules say of somebody, or other rules of everybody. No provider is asked, nothing is written.

use super::{Api, Kind, Problem, Sent, configured};
use crate::config::{Config, Format, Loaded, Places, parse};
use crate::sync::{Engine, Prepared, Simulation, Sums};
use axum::Json;
use axum::extract::State;
use rosterd_core::mapping::Document;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// Either `provider` and `input`: somebody of whom the provider says that. Or `rules`: other rules,
/// tried on what the providers said last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Simulate {
    /// The provider whose rules are asked.
    provider: Option<String>,
    /// What it says: `groups`, `dn`, `attributes`, `id_token`, `userinfo`, `access_token`, `assertion`.
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
    /// Rules, as in the configuration.
    #[schema(value_type = Option<Vec<Object>>)]
    rules: Option<Vec<Value>>,
    /// With `rules`: only these providers.
    #[serde(default)]
    providers: Vec<String>,
}

/// What somebody would get, or who would gain and lose, as `rosterd simulate --output json` says it.
#[utoipa::path(post, path = "/api/v1/simulate", request_body = Simulate, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "What would be", body = Object), (status = 409, description = "A provider was never read", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn simulate(State(api): State<Arc<Api>>, Sent(asked): Sent<Simulate>) -> Result<Json<Value>, Problem> {
    match (asked.provider, asked.input, asked.rules) {
        (Some(provider), Some(input), None) if asked.providers.is_empty() => one(&api, provider, &input).await,
        (None, None, Some(rules)) => everybody(&api, rules, &asked.providers).await,
        _ => Err(Problem::field("", "give `provider` and `input`, or `rules` and maybe `providers`")),
    }
    .map(Json)
}

async fn one(api: &Api, provider: String, input: &Value) -> Result<Value, Problem> {
    let engine = configured(api, &provider)?;
    let document = Document::parse(&input.to_string()).map_err(|error| Problem::field("input", error.to_string()))?;
    let orgs = engine.store.orgs().await?;
    blocking(move || {
        let simulation = Simulation::new(&engine.config, &engine.places, &provider, Some(&orgs))
            .map_err(|error| Problem::new(Kind::Conflict, error))?;
        Ok(simulation.answer(&document).to_json())
    })
    .await
}

async fn everybody(api: &Api, rules: Vec<Value>, named: &[String]) -> Result<Value, Problem> {
    let engine = api.engine();
    let known: Vec<String> = engine.providers.keys().cloned().collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        return Err(Problem::field("providers", format!("{unknown:?} is no provider that can be listed")));
    }
    let trying = blocking(move || with_rules(&engine, rules)).await?;
    let names = if named.is_empty() { &known[..] } else { named };
    let mut plans = Vec::new();
    for name in names {
        plans.push(trying.prepare_again(name).await?);
    }
    Ok(told(&plans))
}

/// The configuration in force with other rules, checked as any configuration is.
fn with_rules(engine: &Engine, rules: Vec<Value>) -> Result<Engine, Problem> {
    // Checked in a configuration that has nothing else but the names that rules can name: whatever
    // is found is about the rules.
    let orgs = engine.config.orgs.iter().map(|(key, org)| {
        let name = org.name.as_ref().map(|name| json!({ "name": name }));
        (key.clone(), name.unwrap_or_else(|| json!({})))
    });
    let providers = engine.config.providers.keys();
    let providers = providers.map(|name| (name.clone(), json!({ "file": { "path": "people.yaml" } })));
    let text = json!({
        "version": 1, "orgs": orgs.collect::<Map<_, _>>(), "providers": providers.collect::<Map<_, _>>(), "rules": rules,
    });
    match parse(&text.to_string(), Format::Json, "rules", &[]) {
        Ok(loaded) => {
            let config = Config { rules: loaded.config.rules, ..engine.config.clone() };
            Ok(engine.trying(Loaded { config, places: Places::default(), ..loaded }))
        }
        Err(found) => Err(Problem::field("rules", found.to_string())),
    }
}

fn told(plans: &[Prepared]) -> Value {
    let held = |prepared: &Prepared| !prepared.plan.exceeded.is_empty();
    let plan = |prepared: &Prepared| {
        let mut value = prepared.plan.to_json();
        value["held"] = held(prepared).into();
        value
    };
    let mut value = json!({ "plans": plans.iter().map(plan).collect::<Vec<_>>(), "held": plans.iter().any(held) });
    if let (Some(value), Value::Object(sums)) = (value.as_object_mut(), Sums::of(plans).to_json()) {
        value.extend(sums);
    }
    value
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))?
}
