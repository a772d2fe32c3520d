//! Kubernetes objects as JSON, and the tools that make and judge them.

use super::{Ran, root, run, tool};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const CHART: &str = "deploy/kubernetes/rosterd";

/// The Kubernetes versions whose schemas everything must fit: the oldest that the chart takes, the
/// newest that there are schemas of, and one between.
const KUBERNETES: [&str; 3] = ["1.29", "1.33", "1.37"];

fn chart_tool(action: &str, values: &Value, rest: &[&str]) -> Ran {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("values.json");
    fs::write(&path, values.to_string()).unwrap();
    let script = root("tests/it/deploy/tools/chart.py");
    run(tool("python").arg(script).arg(action).arg(root(CHART)).arg(&path).args(rest))
}

/// What Helm makes of the chart with these values.
#[track_caller]
pub(super) fn rendered(values: &Value) -> Vec<Value> {
    serde_json::from_str(&chart_tool("render", values, &["rosterd"]).expect(0).stdout()).unwrap()
}

/// What Helm says when it will not.
#[track_caller]
pub(super) fn refused(values: &Value) -> String {
    chart_tool("render", values, &["rosterd"]).expect(3).stderr()
}

pub(super) fn lint(values: &Value) -> Value {
    serde_json::from_str(&chart_tool("lint", values, &[]).expect(0).stdout()).unwrap()
}

/// What kubectl makes of a folder with a kustomization.
#[track_caller]
pub(super) fn kustomized(folder: &str) -> Vec<Value> {
    let made = run(tool("kubectl").arg("kustomize").arg(root(folder))).expect(0);
    let place = TempDir::new().unwrap();
    let path = place.path().join("objects.yaml");
    fs::write(&path, made.stdout()).unwrap();
    let script = root("tests/it/deploy/tools/chart.py");
    let objects = run(tool("python").arg(script).arg("objects").arg(&path)).expect(0);
    serde_json::from_str(&objects.stdout()).unwrap()
}

/// What the schemas of each version say against the objects; nothing when all is well. Resources of
/// operators have no schema there.
pub(super) fn against_the_schemas(objects: &[Value]) -> String {
    let place = TempDir::new().unwrap();
    let mut files = Vec::new();
    for (number, object) in objects.iter().filter(|o| o["kind"] != "ServiceMonitor").enumerate() {
        let path = place.path().join(format!("{number}-{}.yaml", object["kind"].as_str().unwrap()));
        fs::write(&path, object.to_string()).unwrap();
        files.push(path);
    }
    let mut said = String::new();
    for version in KUBERNETES {
        let checked = run(tool("kubernetes-validate").args(["--strict", "--kubernetes-version", version]).args(&files));
        if !checked.output.status.success() {
            said.push_str(&format!("{version}: {}{}\n", checked.stdout(), checked.stderr()));
        }
    }
    said
}

/// The one object of a kind.
#[track_caller]
pub(super) fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<&Value> = objects.iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} in {objects:#?}");
    found[0]
}

/// The kinds, sorted.
pub(super) fn kinds(objects: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

/// The specification of the pods that an object makes, if it makes any.
pub(super) fn pod(object: &Value) -> Option<&Value> {
    match object["kind"].as_str()? {
        "Deployment" => object.pointer("/spec/template/spec"),
        "CronJob" => object.pointer("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}
