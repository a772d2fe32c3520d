//! What a fact expects, against what comes out.

use super::decide::decide;
use super::fact::Fact;
use super::files;
use super::import::imported;
use rosterd::config::{self, Format};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Imports the fact's settings, decides on its person, compares.
pub fn fact(fact: &Fact, compat: bool) -> Result<(), String> {
    let inputs = files::inputs(fact, compat);
    let refused = fact.expected["config_error"] == true;
    let imported = match (imported(&inputs), refused) {
        (Err(_), true) => return Ok(()),
        (Ok(_), true) => return Err("Grafana refuses the settings, the import does not".to_owned()),
        (Err(why), false) => return Err(format!("not imported: {why}")),
        (Ok(imported), false) => imported,
    };
    let loaded = config::parse(&imported.config, Format::Toml, "rosterd.toml", &[])
        .map_err(|wrong| format!("{wrong}\n{}", imported.config))?;
    let decided = |person: &Value| decide(&loaded, fact.provider(), person);
    let wrong = match fact.area.as_str() {
        "oauth_org_mapping_parse" => parsed(fact, &decided),
        "ldap_group_match" => {
            let person = files::person(fact);
            same("a match", &fact.expected["match"], &json!(decided(&person)["orgs"]["1"] == "Viewer"))
        }
        "team_match" => teams(&fact.expected["teams"], &decided(&files::person(fact))),
        "oauth_groups" => {
            let out = decided(&files::person(fact));
            let all: Map<String, Value> = fact.expected["groups"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|group| (group.as_str().unwrap().to_owned(), json!("synced")))
                .collect();
            same("denied", &fact.expected["denied"], &out["denied"]).and_then(|()| match out["denied"] == true {
                true => Ok(()),
                false => teams(&Value::Object(all), &out),
            })
        }
        _ => decision(&fact.expected, &decided(&files::person(fact))),
    };
    wrong.map_err(|why| format!("{why}\n{}", imported.config))
}

fn same(what: &str, wanted: &Value, got: &Value) -> Result<(), String> {
    if wanted == got { Ok(()) } else { Err(format!("{what}: {wanted} in Grafana, {got} here")) }
}

fn decision(expected: &Value, out: &Value) -> Result<(), String> {
    for (key, ours) in [("roles", "orgs"), ("server_admin", "server_admin"), ("denied", "denied")] {
        if let Some(wanted) = expected.get(key) {
            same(key, wanted, &out[ours])?;
        }
    }
    match expected.get("disabled") {
        Some(disabled) => same("disabled", disabled, &json!(out["account"] == "suspended")),
        None => Ok(()),
    }
}

/// Who is there by hand stays there whatever is decided; everybody else is as the fact says.
fn teams(expected: &Value, out: &Value) -> Result<(), String> {
    let ours: BTreeSet<&str> = out["teams"].as_array().unwrap().iter().filter_map(|t| t["team"].as_str()).collect();
    let wanted = expected.as_object().unwrap();
    let missing = wanted.iter().filter(|(team, how)| *how == "synced" && !ours.contains(team.as_str()));
    let missing: Vec<&String> = missing.map(|(team, _)| team).collect();
    let extra: Vec<&&str> = ours.iter().filter(|team| !wanted.contains_key(**team)).collect();
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(format!("teams missing: {missing:?}, not expected: {extra:?}"))
}

/// A mapping as it was read shows in what somebody gets who has one external group of it.
fn parsed(fact: &Fact, decided: &dyn Fn(&Value) -> Value) -> Result<(), String> {
    let mapping = fact.expected["mapping"].as_object().unwrap();
    let strict = fact.config["role_attribute_strict"] == true;
    let mut externals: BTreeSet<String> = mapping.keys().cloned().collect();
    // Whatever stands left of a colon, too: it must give nothing unless the fact says so.
    for item in fact.input["org_mapping"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        externals.extend(item.split(':').map(|part| part.replace('\\', "")));
    }
    for external in externals {
        let person = json!({ "id_token": { "externals": [external], "role": "" } });
        let mut wanted: Map<String, Value> = Map::new();
        for (_, orgs) in mapping.iter().filter(|(key, _)| **key == external || *key == "*") {
            for (org, role) in orgs.as_object().unwrap() {
                let all = fact.config["orgs"].as_object().unwrap().values().map(ToString::to_string);
                let targets: Vec<String> = if org == "-1" { all.collect() } else { vec![org.clone()] };
                wanted.extend(targets.into_iter().map(|org| (org, role.clone())));
            }
        }
        let out = decided(&person);
        match (wanted.is_empty(), strict) {
            (true, true) => same(&external, &json!(true), &out["denied"])?,
            (true, false) => same(&external, &json!({ "1": "Viewer" }), &out["orgs"])?,
            (false, _) => same(&external, &Value::Object(wanted), &out["orgs"])?,
        }
    }
    Ok(())
}
