//! What is given to Prometheus and Grafana fits what rosterd tells.

use crate::architecture::{file, files};
use rosterd::telemetry::{Kind, METRICS};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// Words in an expression that look like metrics of ours: `up` is Prometheus' own.
fn named(expression: &str) -> Vec<&str> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    expression.split(word).filter(|word| word.starts_with("rosterd_") || word.starts_with("process_")).collect()
}

/// Series that the documented metrics have.
fn series() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for metric in METRICS {
        match metric.kind {
            Kind::Histogram(_) => {
                names.extend(["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", metric.name)))
            }
            Kind::Counter | Kind::Gauge => drop(names.insert(metric.name.to_owned())),
        }
    }
    names
}

fn dashboard() -> Value {
    serde_json::from_str(&file("deploy/monitoring/rosterd.dashboard.json").text).unwrap()
}

fn expressions(dashboard: &Value) -> Vec<&str> {
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let asked = variables.filter_map(|variable| variable["query"]["query"].as_str());
    targets.map(|target| target["expr"].as_str().unwrap()).chain(asked).collect()
}

#[test]
fn dashboard_and_alerts_use_metrics_that_there_are() {
    let (known, dashboard) = (series(), dashboard());
    let rules = file("deploy/monitoring/rosterd.rules.yml").text;
    let mut unknown = BTreeSet::new();
    let mut seen = 0;
    for expression in expressions(&dashboard).into_iter().chain([rules.as_str()]) {
        for name in named(expression) {
            seen += 1;
            if !known.contains(name) {
                unknown.insert(name.to_owned());
            }
        }
    }
    assert!(unknown.is_empty() && seen > 60, "nobody records these ({seen} seen): {unknown:?}");
}

#[test]
fn the_dashboard_shows_every_metric() {
    let dashboard = dashboard();
    let shown: BTreeSet<&str> = expressions(&dashboard).into_iter().flat_map(named).collect();
    let missing: Vec<&str> = METRICS
        .iter()
        .map(|metric| metric.name)
        // It says when, which only an alert cares for.
        .filter(|name| *name != "rosterd_config_last_reload_success_timestamp_seconds")
        .filter(|name| !shown.iter().any(|shown| shown.strip_suffix("_bucket").unwrap_or(shown) == *name))
        .collect();
    assert!(missing.is_empty(), "no panel shows {missing:?}");
}

#[test]
fn the_dashboard_is_one_that_grafana_reads() {
    let dashboard = dashboard();
    assert_eq!((dashboard["schemaVersion"].as_u64(), dashboard["uid"].as_str()), (Some(39), Some("rosterd")));
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let kind = panel["type"].as_str().unwrap();
        assert!(["row", "stat", "timeseries"].contains(&kind), "{kind}");
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24 && at("h") > 0, "{panel}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{} lies over another", panel["title"]);
            }
        }
        assert_eq!(kind == "row", panel["targets"].is_null(), "{panel}");
    }
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let rules = file("deploy/monitoring/rosterd.rules.yml").text;
    let tests = file("deploy/monitoring/rosterd.rules.test.yml").text;
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let pages: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("runbook: ")).collect();
    assert!(alerts.len() == pages.len() && alerts.len() >= 10, "each alert has a runbook");
    for (alert, page) in alerts.iter().zip(&pages) {
        assert!(file(page).text.contains(&format!("`{alert}`")), "{page} does not name {alert}");
        assert!(tests.contains(&format!("  - name: {alert}\n")), "{alert} never fires in a test");
        assert!(tests.contains(&format!("alertname: {alert}, exp_alerts: []")), "{alert} is never quiet in a test");
    }
    for page in files("docs/runbooks", ".md") {
        assert!(pages.contains(&page.path.as_str()), "no alert leads to {}", page.path);
    }
}

/// Runs promtool (Debian's package `prometheus`) in the folder of the rules.
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn promtool(args: &[&str]) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/monitoring");
    let out = match Command::new("promtool").args(args).current_dir(folder).output() {
        Ok(out) => out,
        Err(error) if std::env::var_os("ROSTERD_TEST_ALL").is_some() => panic!("promtool: {error}"),
        Err(_) => {
            eprintln!("not tested: there is no promtool here; scripts/install-test-servers.sh installs it");
            return;
        }
    };
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains("SUCCESS"), "promtool {args:?}: {said}");
}

#[test]
fn prometheus_accepts_job_and_rules() {
    promtool(&["check", "rules", "rosterd.rules.yml"]);
    promtool(&["check", "config", "scrape.yml"]);
}

#[test]
fn every_alert_fires_when_it_should_and_only_then() {
    promtool(&["test", "rules", "rosterd.rules.test.yml"]);
}
