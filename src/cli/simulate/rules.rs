//! Other rules on what the providers said last: the plan that a sync would make, and who gains and
//! who loses by it. Reads the database only; writes nothing.

use crate::cli::args::Args;
use crate::cli::context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{note, print};
use crate::cli::sync::overall;
use crate::config::Config;
use crate::sync::{Prepared, Sums};
use rosterd_core::plan::Form;
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn run(args: &Args, rules: &Path, named: &[String], detailed_exitcode: bool) -> Result<Exit, Failure> {
    let base = context::load(args)?;
    let other = context::load_rules(args, rules)?;
    let names = chosen(&other.config, named)?;
    let Some(store) = context::open_existing(&base).await? else {
        return Err(Failure::failed(
            "the database has no tables yet, so nothing was observed: run `rosterd sync` first",
        ));
    };
    let engine = context::engine_without_providers(&other, store);
    let mut plans = Vec::new();
    let mut exits = Vec::new();
    for name in &names {
        match engine.prepare_again(name).await {
            Ok(prepared) => {
                plans.push(prepared);
                exits.push(Exit::Done);
            }
            Err(error) => {
                note(args, &format!("{name}: cannot be simulated"));
                exits.push(Failure::from(error).report());
            }
        }
    }
    let sums = Sums::of(&plans);
    print(args, || text(&plans, &sums), || value(&plans, &sums))?;
    let differs = plans.iter().any(|prepared| !prepared.plan.changes.is_empty());
    Ok(match overall(&exits) {
        Exit::Done if detailed_exitcode && differs => Exit::Differences,
        exit => exit,
    })
}

/// The providers that were named, or all that can be listed.
fn chosen(config: &Config, named: &[String]) -> Result<Vec<String>, Failure> {
    let listed = config.providers.iter().filter(|(_, provider)| !provider.knows_logins_only());
    let known: Vec<String> = listed.map(|(name, _)| name.clone()).collect();
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        let message = format!("there is no provider {unknown:?} that can be listed; there are: {}", known.join(", "));
        return Err(Failure::new(Exit::Usage, message));
    }
    if known.is_empty() {
        return Err(Failure::new(Exit::Configuration, "there is no provider that can be listed"));
    }
    Ok(if named.is_empty() { known } else { named.to_vec() })
}

fn text(plans: &[Prepared], sums: &Sums) -> String {
    let mut out = plans.iter().map(|one| one.plan.render(Form::Text)).collect::<Vec<_>>().join("\n");
    out.push_str(&sums.text());
    for prepared in plans {
        let plan = &prepared.plan;
        if plan.exceeded.is_empty() {
            out.push_str(&format!("{}: within the limits\n", plan.provider));
        } else {
            let reasons = plan.exceeded.iter().map(|one| plan.sentence(one)).collect::<Vec<_>>().join("; ");
            out.push_str(&format!("{}: a sync would hold this: {reasons}\n", plan.provider));
        }
    }
    out.push_str("nothing was written\n");
    out
}

fn value(plans: &[Prepared], sums: &Sums) -> Value {
    let held = |plan: &Prepared| !plan.plan.exceeded.is_empty();
    let plan = |prepared: &Prepared| {
        let mut value = prepared.plan.to_json();
        value["held"] = held(prepared).into();
        value
    };
    let mut value = json!({ "plans": plans.iter().map(plan).collect::<Vec<_>>(), "held": plans.iter().any(held) });
    if let (Some(value), Value::Object(sums)) = (value.as_object_mut(), sums.to_json()) {
        value.extend(sums);
    }
    value
}
