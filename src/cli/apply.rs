//! `rosterd apply FILE`: exactly the plan that was reviewed, or nothing.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::FORMAT_VERSION;
use super::sync::sync_all;
use crate::sync::Engine;
use serde::Deserialize;
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
}

pub(super) async fn run(args: &Args, file: &Path) -> Result<Exit, Failure> {
    let kept = read(file)?;
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    let names: Vec<String> = kept.plans.iter().map(|plan| plan.provider.clone()).collect();
    context::chosen(&engine, &names)?;
    // All of them first: a file with two plans is applied whole or not at all.
    for plan in &kept.plans {
        let now = engine.prepare(&plan.provider).await?.plan;
        if now.hash(&engine.config_hash) != plan.hash {
            return Err(refused(plan, "the directory, the configuration or the database has changed since"));
        }
    }
    let mut worst = Exit::Done;
    for plan in &kept.plans {
        worst = worst.max(one(args, &engine, plan).await?);
    }
    Ok(worst)
}

/// The first plan's writes can change what the second one has to do, but not what it rests on.
async fn one(args: &Args, engine: &Engine, plan: &KeptPlan) -> Result<Exit, Failure> {
    let now = engine.prepare(&plan.provider).await?.plan;
    if now.basis_hash(&engine.config_hash) != plan.basis {
        return Err(refused(plan, "the directory has changed while it was being applied"));
    }
    sync_all(args, engine, std::slice::from_ref(&plan.provider)).await
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
