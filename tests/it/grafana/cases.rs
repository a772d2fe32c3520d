//! `tests.yaml` is worked out by a model of Grafana, not by rosterd: each case of it must hold here.

use super::decide::decide;
use super::fact::Fact;
use super::files;
use super::import::imported;
use rosterd::config::{self, Format};
use serde_json::Value;

/// The cases of one file, by what it is: YAML whose values are JSON.
fn cases(yaml: &str) -> Vec<Value> {
    let root: Value = serde_saphyr::from_str(yaml).unwrap();
    root["cases"].as_array().unwrap().clone()
}

#[test]
fn what_the_model_expects_is_what_the_imported_rules_decide() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for fact in Fact::all() {
        for compat in [false, true] {
            check(&fact, compat, &mut seen, &mut wrong);
        }
    }
    crate::architecture::none(&wrong, "these cases do not hold");
    assert!(seen > 1000, "only {seen} cases: are they made?");
}

fn check(fact: &Fact, compat: bool, seen: &mut usize, wrong: &mut Vec<String>) {
    let Ok(imported) = imported(&files::inputs(fact, compat)) else { return };
    let loaded = config::parse(&imported.config, Format::Toml, "rosterd.toml", &[]).unwrap();
    for case in cases(&imported.tests) {
        *seen += 1;
        let out = decide(&loaded, case["provider"].as_str().unwrap(), &case["input"]);
        for (key, wanted) in case["expect"].as_object().unwrap() {
            if &out[key] != wanted {
                wrong.push(format!("{}: {case}: {key} is {}\n{}", fact.id, out[key], imported.config));
            }
        }
    }
}
