//! The kustomizations, made by kubectl: the same objects as the chart's, and as closed.

use super::objects::{against_the_schemas, kustomized, pod, rendered};
use super::restricted::against;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PLACE: &str = "deploy/kubernetes/kustomize";

/// What Helm adds to keep its own books, or makes out of the release's name.
const HELMS: [&str; 6] = [
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
    "helm.sh/resource-policy",
    "rosterd/restart",
];

/// Without what is Helm's, and without maps that hold nothing then.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| {
                plain(value);
                !HELMS.contains(&key.as_str()) && (key != "annotations" || *value != json!({}))
            });
            if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("namespace");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

/// By kind; the configuration's text is compared as what it says.
fn by_kind(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for mut object in objects {
        plain(&mut object);
        if let Some(Value::String(text)) = object.pointer_mut("/data/rosterd.yaml") {
            let config: Value = serde_saphyr::from_str(text).unwrap();
            object["data"] = config;
        }
        found.insert(object["kind"].as_str().unwrap().to_owned(), object);
    }
    found
}

fn same(folder: &str, values: &Value) {
    let objects = kustomized(&format!("{PLACE}/{folder}"));
    for pod in objects.iter().filter_map(pod) {
        assert_eq!(against(pod), Vec::<String>::new(), "{folder}");
    }
    assert_eq!(against_the_schemas(&objects), "", "{folder}");
    let (ours, charts) = (by_kind(objects), by_kind(rendered(values)));
    assert_eq!(ours.keys().collect::<Vec<_>>(), charts.keys().collect::<Vec<_>>(), "{folder}");
    for (kind, object) in &ours {
        assert_eq!(object, &charts[kind], "{folder}: {kind}, kubectl's and Helm's");
    }
}

#[test]
fn the_base_is_the_chart_by_default() {
    same("base", &json!({}));
}

#[test]
fn several_replicas_are_the_charts_on_postgres() {
    let url = "postgres://rosterd@postgres.example.org/rosterd?sslmode=verify-full";
    same("postgres", &json!({ "replicas": 2, "config": { "database": { "url": url } } }));
}

#[test]
fn the_cronjob_is_the_charts() {
    same("cronjob", &json!({ "mode": "cronjob" }));
}
