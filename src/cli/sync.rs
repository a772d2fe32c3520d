//! `rosterd sync`: each provider, one after the other; what one cannot do does not stop the next.

use super::args::{Args, Output};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{in_short, note, print, write_out};
use super::{progress, provisioning};
use crate::clock::Stopwatch;
use crate::sync::{Engine, Outcome, RunError};
use rosterd_core::provision::PROVISIONING;
use rosterd_core::writes::Trigger;
use serde_json::{Value, json};

pub(super) async fn run(args: &Args, providers: &[String]) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    let names = context::chosen(&engine, providers)?;
    sync_all(args, &engine, &names).await
}

/// Runs each provider and reports; the worst outcome is the exit code.
pub(super) async fn sync_all(args: &Args, engine: &Engine, names: &[String]) -> Result<Exit, Failure> {
    let shown = progress::show(args, &engine.progress);
    let mut files = Vec::new();
    files.extend(provision(engine).await);
    let mut results = Vec::new();
    let mut new = false;
    for name in names {
        let watch = Stopwatch::start();
        let outcome = engine.run_once(name, Trigger::Command).await;
        new |= matches!(outcome, Ok(Outcome::Applied { .. }));
        results.push(Report::of(name, outcome, watch));
    }
    // Files may have waited for whoever has come.
    if new {
        files.extend(provision(engine).await.filter(|report| report.applied || report.exit != Exit::Done));
    }
    drop(shown);
    report_all(args, &files, &results)
}

async fn provision(engine: &Engine) -> Option<provisioning::Report> {
    let watch = Stopwatch::start();
    let outcome = engine.provision(None).await.transpose()?;
    Some(provisioning::Report::of(outcome, watch))
}

/// Prints what came of each run; the worst outcome is the exit code.
pub(super) fn report(args: &Args, results: &[Report]) -> Result<Exit, Failure> {
    report_all(args, &[], results)
}

/// The same, after what came of provisioning files.
fn report_all(args: &Args, files: &[provisioning::Report], results: &[Report]) -> Result<Exit, Failure> {
    // What was noted last counts: the first may have waited for what a run has made.
    for notice in files.last().into_iter().flat_map(|report| &report.notices) {
        note(args, &format!("{PROVISIONING}: {notice}"));
    }
    for report in results {
        for notice in &report.notices {
            note(args, &format!("{}: {notice}", report.provider));
        }
    }
    if args.output == Output::Table {
        let first = files.first().map(|report| &report.line).into_iter();
        let lines = first.chain(results.iter().map(|report| &report.line)).chain(files.iter().skip(1).map(|r| &r.line));
        lines.into_iter().try_for_each(|line| write_out(&format!("{line}\n")))?;
    } else {
        let values: Vec<Value> = results.iter().map(|report| report.value.clone()).collect();
        let files: Vec<Value> = files.iter().map(|report| report.value.clone()).collect();
        print(args, String::new, || {
            let mut value = json!({ "runs": values, "peak_memory_mb": peak_memory_mb() });
            if !files.is_empty() {
                value[PROVISIONING] = files.into();
            }
            value
        })?;
    }
    let exits: Vec<Exit> =
        files.iter().map(|report| report.exit).chain(results.iter().map(|report| report.exit)).collect();
    let exit = overall(&exits);
    let warned = results.iter().any(|report| !report.notices.is_empty())
        || files.last().is_some_and(|report| !report.notices.is_empty());
    Ok(if exit == Exit::Done && warned && args.deny_warnings { Exit::Warnings } else { exit })
}

/// One that failed among several that did not is partial; a hold is what a person must look at.
pub(super) fn overall(exits: &[Exit]) -> Exit {
    let worst = exits.iter().copied().max().unwrap_or(Exit::Done);
    let some_done = exits.iter().any(|exit| *exit < Exit::Failed);
    if worst == Exit::Failed && some_done { Exit::Partial } else { worst }
}

/// What is printed of one run.
pub(super) struct Report {
    provider: String,
    line: String,
    value: Value,
    notices: Vec<String>,
    exit: Exit,
}

impl Report {
    pub(super) fn of(provider: &str, outcome: Result<Outcome, RunError>, watch: Stopwatch) -> Self {
        let elapsed = watch.elapsed().as_secs_f64();
        let memory = peak_memory_mb().map_or_else(String::new, |mb| format!(" mem={mb}MB"));
        let cost = format!("elapsed={elapsed:.2}s{memory}");
        let provider = provider.to_owned();
        let read = |prepared: &crate::sync::Prepared| {
            let (people, groups) = prepared.plan.read();
            format!("read={people} people, {groups} groups")
        };
        match outcome {
            Ok(Outcome::Unchanged { prepared }) => {
                let complete = prepared.plan.complete;
                Self {
                    line: format!("{provider}: {} changes=0 {cost}", read(&prepared)),
                    value: json!({ "provider": provider, "outcome": "unchanged", "complete": complete, "elapsed_seconds": elapsed }),
                    notices: prepared.notices(),
                    exit: if complete { Exit::Done } else { Exit::Partial },
                    provider,
                }
            }
            Ok(Outcome::Applied { summary: s, notices, rows, complete, people, groups }) => Self {
                line: format!(
                    "{provider}: read={people} people, {groups} groups added={} changed={} removed={} withheld={} rows={rows} {cost}",
                    s.added, s.changed, s.removed, s.withheld
                ),
                value: json!({ "provider": provider, "outcome": "applied", "complete": complete,
                    "added": s.added, "changed": s.changed, "removed": s.removed, "withheld": s.withheld,
                    "rows": rows, "elapsed_seconds": elapsed }),
                notices,
                exit: if complete { Exit::Done } else { Exit::Partial },
                provider,
            },
            Ok(Outcome::Held { hold, prepared }) => {
                let state = hold.state.name();
                Self {
                    line: format!(
                        "{provider}: {} changes=0 {cost}\n{provider}: HELD ({state}): {}\n{provider}: nothing was applied; see `rosterd holds show {}`",
                        read(&prepared),
                        in_short(&hold.reasons),
                        hold.id
                    ),
                    value: json!({ "provider": provider, "outcome": "held", "hold": hold.id, "state": state,
                        "plan_hash": hold.plan_hash, "reasons": hold.reasons, "elapsed_seconds": elapsed }),
                    notices: prepared.notices(),
                    exit: Exit::Held,
                    provider,
                }
            }
            Err(error) => Self {
                line: format!("{provider}: FAILED: {error}; nothing of it was changed"),
                value: json!({ "provider": provider, "outcome": "failed", "error": error.to_string(),
                    "retry": error.retry(), "elapsed_seconds": elapsed }),
                notices: Vec::new(),
                exit: if matches!(error, RunError::Configuration(_)) { Exit::Configuration } else { Exit::Failed },
                provider,
            },
        }
    }
}

/// The most memory that this process has held, in megabytes; Linux tells.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
