//! `rosterd plan`: what would change, and why. Reads only.

use super::args::{Args, Output};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{FORMAT_VERSION, note, print, write_out};
use super::sync::overall;
use super::{progress, provisioning};
use crate::sync::{Engine, Prepared};
use rosterd_core::plan::Form;
use rosterd_core::provision::PROVISIONING;
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(
    args: &Args,
    providers: &[String],
    out: Option<&Path>,
    detailed_exitcode: bool,
    markdown: bool,
) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_plan(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    let names = context::chosen(&engine, providers)?;
    let shown = progress::show(args, &engine.progress);
    let mut plans = Vec::new();
    let mut exits = Vec::new();
    let mut errors = Vec::new();
    let files = match engine.prepare_provisioning().await {
        Ok(files) => files,
        Err(error) => {
            note(args, &format!("{PROVISIONING}: cannot be planned"));
            exits.push(Failure::new(provisioning::exit(&error), error.to_string()).report());
            None
        }
    };
    exits.extend(files.as_ref().map(|plan| if plan.exceeded.is_empty() { Exit::Done } else { Exit::Held }));
    for name in &names {
        match engine.prepare(name).await {
            Ok(prepared) => {
                exits.push(exit_of(&prepared));
                plans.push(prepared);
            }
            Err(error) => {
                let failure = Failure::from(error);
                errors.push((name, failure));
            }
        }
    }
    drop(shown);
    for (name, failure) in errors {
        note(args, &format!("{name}: cannot be planned"));
        exits.push(failure.report());
    }
    let form = if markdown { Form::Markdown } else { Form::Text };
    let text = || {
        let files = files.iter().map(|plan| plan.render(form));
        files.chain(plans.iter().map(|p| p.plan.render(form))).collect::<Vec<_>>().join("\n")
    };
    if markdown && args.output == Output::Table {
        write_out(&text())?;
    } else {
        print(args, text, || {
            let mut value = document(&engine, &plans);
            if let Some(plan) = &files {
                value[PROVISIONING] = plan.to_json();
                value[PROVISIONING]["hash"] = plan.harm_hash(&engine.config_hash).into();
            }
            value
        })?;
    }
    if let Some(path) = out {
        keep(path, &engine, &plans)?;
        note(args, &format!("the plan is kept in {}; `rosterd apply {0}` does it", path.display()));
    }
    let exit = overall(&exits);
    let differs = plans.iter().any(|prepared| !prepared.plan.changes.is_empty())
        || files.as_ref().is_some_and(|plan| !plan.is_empty());
    let warned = plans.iter().any(|prepared| !prepared.notices().is_empty())
        || files.as_ref().is_some_and(|plan| !plan.notes.is_empty() || !plan.withheld.is_empty());
    Ok(match exit {
        Exit::Done if detailed_exitcode && differs => Exit::Differences,
        Exit::Done if args.deny_warnings && warned => Exit::Warnings,
        exit => exit,
    })
}

fn exit_of(prepared: &Prepared) -> Exit {
    if !prepared.plan.exceeded.is_empty() {
        Exit::Held
    } else if prepared.plan.complete {
        Exit::Done
    } else {
        Exit::Partial
    }
}

/// Every plan with its hash.
fn document(engine: &Engine, plans: &[Prepared]) -> Value {
    let plans: Vec<Value> = plans.iter().map(|prepared| value(engine, prepared)).collect();
    json!({ "plans": plans })
}

/// One plan with its hash.
pub(super) fn value(engine: &Engine, prepared: &Prepared) -> Value {
    let mut value = prepared.plan.to_json();
    value["hash"] = prepared.plan.hash(&engine.config_hash).into();
    value["basis"] = prepared.plan.basis_hash(&engine.config_hash).into();
    value
}

/// Writes the file beside its place first, so that a plan is there whole or not at all.
fn keep(path: &Path, engine: &Engine, plans: &[Prepared]) -> Result<(), Failure> {
    let mut value = document(engine, plans);
    value["format_version"] = FORMAT_VERSION.into();
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
    std::fs::write(&beside, format!("{value:#}\n")).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
