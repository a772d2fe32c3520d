//! `rosterd test-rules`: files of cases beside the rules. Each case is decided as `rosterd simulate`
//! decides, and compared. Asks neither provider nor database, so that the same files give the same
//! result everywhere: the organizations that there are, are the declared ones.

mod compare;
mod coverage;
mod junit;
mod text;

use super::args::{Args, TestRules};
use super::context;
use super::exit::{Exit, Failure};
use super::output::print;
use crate::config::{Case, CasesError, load_cases};
use crate::sync::{Answer, Simulation};
use compare::Difference;
use coverage::Coverage;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A case that was tried.
pub(super) struct Tried<'a> {
    file: &'a str,
    case: &'a Case,
    answer: Answer,
    /// What is not as expected; none: it passed.
    differences: Vec<Difference>,
}

pub(super) fn run(args: &Args, what: &TestRules) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let chosen = what.run.as_deref().map(Regex::new).transpose();
    let chosen = chosen.map_err(|error| Failure::new(Exit::Usage, format!("--run: {error}")))?;
    let files = read(what)?;
    let mut simulations = BTreeMap::new();
    for name in loaded.config.providers.keys() {
        let simulation = Simulation::new(&loaded.config, &loaded.places, name, None)
            .map_err(|problem| Failure::new(Exit::Configuration, problem))?;
        simulations.insert(name.as_str(), simulation);
    }
    let mut coverage = Coverage::new(&simulations, &loaded.places);
    let mut tried = Vec::new();
    let mut strangers = Vec::new();
    let is_chosen = |case: &&Case| chosen.as_ref().is_none_or(|regex| regex.is_match(&case.name));
    for (file, cases) in &files {
        for case in cases.iter().filter(is_chosen) {
            let Some(simulation) = simulations.get(case.provider.as_str()) else {
                let known = loaded.config.providers.keys().cloned().collect::<Vec<_>>().join(", ");
                strangers.push(format!("{}: there is no provider {:?}; there are: {known}", case.at, case.provider));
                continue;
            };
            // A word on each rule, for each case, is much where there are many of both.
            let mut answer = simulation.outline(&case.input);
            let differences = compare::differences(&case.expect, &answer);
            if what.coverage || !differences.is_empty() {
                answer = simulation.answer(&case.input);
                coverage.count(&answer);
            }
            tried.push(Tried { file, case, answer, differences });
        }
    }
    if !strangers.is_empty() {
        return Err(Failure::new(Exit::Configuration, strangers.join("\n")));
    }
    if tried.is_empty() {
        return Err(Failure::new(Exit::Usage, "--run: it is found in no case's name"));
    }
    if let Some(path) = &what.junit {
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
        std::fs::write(path, junit::xml(&tried)).map_err(failed)?;
    }
    let coverage = what.coverage.then_some(&coverage);
    print(args, || text::table(&tried, what.diff, coverage), || value(&tried, coverage))?;
    let failed = tried.iter().any(|tried| !tried.differences.is_empty());
    Ok(if failed { Exit::Differences } else { Exit::Done })
}

/// All files, or every mistake in any of them.
fn read(what: &TestRules) -> Result<Vec<(String, Vec<Case>)>, Failure> {
    let mut files = Vec::new();
    let mut wrong: Vec<CasesError> = Vec::new();
    for path in &what.files {
        let path: &Path = path;
        match load_cases(path) {
            Ok(cases) => files.push((path.display().to_string(), cases)),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() {
        return Ok(files);
    }
    let text = wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    Err(Failure::new(Exit::Configuration, text))
}

fn value(tried: &[Tried<'_>], coverage: Option<&Coverage>) -> Value {
    let case = |tried: &Tried<'_>| {
        let mut reasons = tried.answer.to_json()["reasons"].take();
        if tried.differences.is_empty() {
            reasons = Value::Array(Vec::new());
        }
        json!({
            "name": tried.case.name,
            "provider": tried.case.provider,
            "at": tried.case.at,
            "passed": tried.differences.is_empty(),
            "differences": tried.differences.iter().map(Difference::to_json).collect::<Vec<_>>(),
            "reasons": reasons,
        })
    };
    let failed = tried.iter().filter(|tried| !tried.differences.is_empty()).count();
    json!({
        "passed": tried.len() - failed,
        "failed": failed,
        "cases": tried.iter().map(case).collect::<Vec<_>>(),
        "coverage": coverage.map(Coverage::to_json),
    })
}
