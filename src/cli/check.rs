//! `rosterd check`: the configuration, a provider or a stream of events, tried step by step.

use super::args::{Args, Check};
use super::exit::{Exit, Failure};
use super::output::{note, print};
use super::{check_rules, context};
use crate::config::load_provision;
use crate::{providers, signals};
use serde_json::json;

pub(super) async fn run(args: &Args, what: &Check) -> Result<Exit, Failure> {
    match what {
        Check::Config => config(args),
        Check::Rules => check_rules::run(args).await,
        Check::Provider { name } => provider(args, name).await,
        Check::Signals { name } => signals(args, name).await,
    }
}

fn config(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let (providers, rules) = (loaded.config.providers.len(), loaded.config.rules.len());
    let declared = load_provision(&loaded.config.provisioning.files)
        .map_err(|error| Failure::new(Exit::Configuration, error.to_string()))?;
    for name in &declared.unfit {
        note(args, &format!("provisioning files: {name}: no file fits it"));
    }
    let files = if declared.files > 0 { format!(", {} provisioning files", declared.files) } else { String::new() };
    print(
        args,
        || format!("{}: good; {providers} providers, {rules} rules{files}\n", args.config.display()),
        || {
            json!({ "providers": providers, "rules": rules, "provisioning_files": declared.files,
                "files_not_found": declared.unfit, "hash": loaded.hash, "warnings": loaded.warnings })
        },
    )?;
    Ok(Exit::Done)
}

async fn provider(args: &Args, name: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let Some(section) = loaded.config.providers.get(name) else {
        let known = loaded.config.providers.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no provider {name:?}; there are: {known}")));
    };
    let steps = providers::check(section)
        .await
        .map_err(|error| Failure::new(Exit::Configuration, format!("providers.{name}: {error}")))?;
    let Some(steps) = steps else {
        let message = format!("provider {name} cannot be asked: its people are known by their logins only");
        return Err(Failure::new(Exit::Usage, message));
    };
    shown(args, ("provider", name), &steps)
}

async fn signals(args: &Args, name: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let Some(steps) = signals::check(&loaded.config, name).await else {
        let known = loaded.config.signals.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(Failure::new(Exit::Usage, format!("there is no stream of events {name:?}; there are: {known}")));
    };
    shown(args, ("signals", name), &steps)
}

/// Prints the steps; `what` was checked, and its name.
fn shown(args: &Args, (what, name): (&str, &str), steps: &[providers::CheckStep]) -> Result<Exit, Failure> {
    let good = steps.iter().all(|step| step.result.is_ok());
    let table = || {
        let line = |step: &providers::CheckStep| match &step.result {
            Ok(found) => format!("ok    {}: {found}\n", step.what),
            Err(problem) => format!("FAIL  {}: {problem}\n", step.what),
        };
        steps.iter().map(line).collect()
    };
    print(args, table, || {
        let steps: Vec<_> = steps
            .iter()
            .map(|step| match &step.result {
                Ok(found) => json!({ "step": step.what, "ok": true, "found": found }),
                Err(problem) => json!({ "step": step.what, "ok": false, "problem": problem }),
            })
            .collect();
        json!({ (what): name, "steps": steps })
    })?;
    Ok(if good { Exit::Done } else { Exit::Failed })
}
