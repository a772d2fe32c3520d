//! `rosterd apply FILE`: exactly the plan that was reviewed, or nothing.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::FORMAT_VERSION;
use super::plan;
use super::sync::{Report, report};
use crate::clock::Stopwatch;
use crate::sync::{Engine, Prepared};
use rosterd_core::writes::Trigger;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

#[derive(Debug, Deserialize)]
struct Kept {
    format_version: u32,
    plans: Vec<KeptPlan>,
}

#[derive(Debug, Deserialize)]
struct KeptPlan {
    provider: String,
    hash: String,
    /// What the plan rests on, the target left out.
    basis: String,
    /// What somebody has read and agreed to.
    #[serde(flatten)]
    shown: serde_json::Map<String, Value>,
}

pub(super) async fn run(args: &Args, file: &Path) -> Result<Exit, Failure> {
    let kept = read(file)?;
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    let names: Vec<String> = kept.plans.iter().map(|plan| plan.provider.clone()).collect();
    context::chosen(&engine, &names)?;
    // All of them first: a file with two plans is applied whole or not at all.
    let mut first = None;
    for plan in &kept.plans {
        let now = engine.prepare(&plan.provider).await?;
        same(&engine, plan, &now)?;
        first.get_or_insert(now);
    }
    let mut results = Vec::new();
    for plan in &kept.plans {
        let watch = Stopwatch::start();
        // What was compared is what is carried out: nothing is read again. Only the plans after
        // the first rest on what that one writes.
        let now = match first.take() {
            Some(prepared) => prepared,
            None => again(&engine, plan).await?,
        };
        let outcome = engine.carry_out(now, Trigger::Command).await;
        results.push(Report::of(&plan.provider, outcome, watch));
    }
    report(args, &results)
}

/// Whether the plan is the one in the file, in its hash and in every word.
fn same(engine: &Engine, plan: &KeptPlan, now: &Prepared) -> Result<(), Failure> {
    if now.plan.hash(&engine.config_hash) != plan.hash {
        return Err(refused(plan, "the directory, the configuration or the database has changed since"));
    }
    let mut value = plan::value(engine, now);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|key, _| !["provider", "hash", "basis"].contains(&key.as_str()));
    }
    if value.as_object() != Some(&plan.shown) {
        return Err(refused(plan, "the file has been changed since `rosterd plan` wrote it"));
    }
    Ok(())
}

/// The first plan's writes can change what the second one has to do, but not what it rests on.
async fn again(engine: &Engine, plan: &KeptPlan) -> Result<Prepared, Failure> {
    let now = engine.prepare(&plan.provider).await?;
    if now.plan.basis_hash(&engine.config_hash) != plan.basis {
        return Err(refused(plan, "the directory has changed while it was being applied"));
    }
    Ok(now)
}

fn refused(plan: &KeptPlan, why: &str) -> Failure {
    Failure::failed(format!(
        "the plan for provider {} is refused: {why}. Nothing of it was applied; make a new plan",
        plan.provider
    ))
}

fn read(file: &Path) -> Result<Kept, Failure> {
    let failed = |what: String| Failure::failed(format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let kept: Kept = serde_json::from_str(&text)
        .map_err(|error| failed(format!("not a plan that `rosterd plan --out` wrote: {error}")))?;
    if kept.format_version != FORMAT_VERSION {
        return Err(failed(format!("a plan of format {}; this program reads {FORMAT_VERSION}", kept.format_version)));
    }
    Ok(kept)
}
