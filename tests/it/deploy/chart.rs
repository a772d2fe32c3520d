//! The Helm chart, rendered by Helm's own library: fits the schemas of three Kubernetes versions and
//! the restricted profile, refuses what cannot work, and starts what there is.

use super::objects::{against_the_schemas, kinds, lint, only, pod, refused, rendered};
use super::restricted::against;
use crate::architecture::file;
use crate::world::rosterd;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const POSTGRES: &str = "postgres://rosterd@db.example.org/rosterd?sslmode=verify-full";

/// Values that between them take every branch of the templates.
fn variants() -> Vec<(&'static str, Value)> {
    vec![
        ("default", json!({})),
        ("no API", json!({ "config": { "http": null } })),
        ("cronjob", json!({ "mode": "cronjob", "podAnnotations": { "a": "b" } })),
        (
            "postgres",
            json!({
                "replicas": 3,
                "config": { "database": { "url": POSTGRES }, "telemetry": { "listen": "[::]:9000" } },
            }),
        ),
        (
            "everything",
            json!({
                "replicas": 2,
                "config": { "database": { "url": POSTGRES } },
                "image": {
                    "repository": "registry.example.org/rosterd",
                    "digest": format!("sha256:{}", "0".repeat(64)),
                    "pullSecrets": [{ "name": "registry" }],
                },
                "secretNames": ["rosterd-ldap", "rosterd-database"],
                "extraEnv": [{ "name": "ROSTERD_LOG", "value": "debug" }],
                "extraVolumes": [{ "name": "ca", "configMap": { "name": "ca" } }],
                "extraVolumeMounts": [{ "name": "ca", "mountPath": "/etc/ca", "readOnly": true }],
                "service": { "type": "LoadBalancer", "annotations": { "a": "b" } },
                "serviceAccount": { "name": "other", "annotations": { "a": "b" } },
                "serviceMonitor": { "enabled": true, "labels": { "release": "prometheus" } },
                "podAnnotations": { "a": "b" },
                "podLabels": { "c": "d" },
                "nodeSelector": { "kubernetes.io/os": "linux" },
                "tolerations": [{ "key": "a", "operator": "Exists" }],
                "affinity": { "nodeAffinity": {} },
                "priorityClassName": "high",
            }),
        ),
        (
            "own volume, no policies",
            json!({
                "persistence": { "existingClaim": "mine", "storageClass": "fast" },
                "networkPolicy": { "enabled": false },
                "podDisruptionBudget": { "enabled": false },
            }),
        ),
        ("cronjob on postgres", json!({ "mode": "cronjob", "config": { "database": { "url": POSTGRES } } })),
    ]
}

#[test]
fn everything_it_makes_fits_three_kubernetes_versions_and_the_restricted_profile() {
    let mut all = Vec::new();
    for (name, values) in variants() {
        let objects = rendered(&values);
        let mut pods = 0;
        for pod in objects.iter().filter_map(pod) {
            assert_eq!(against(pod), Vec::<String>::new(), "{name}");
            pods += 1;
        }
        assert_eq!(pods, 1, "{name}: {:?}", kinds(&objects));
        all.extend(objects);
    }
    assert_eq!(against_the_schemas(&all), "");
    // What the schemas would say of one wrong word, and of one wrong type, in the last of many.
    for (place, key, value) in [("/spec", "replicaz", json!(1)), ("/spec", "replicas", json!("two"))] {
        let mut wrong = only(&rendered(&json!({})), "Deployment").clone();
        wrong.pointer_mut(place).unwrap()[key] = value;
        all.push(wrong);
        let said = against_the_schemas(&all);
        assert_eq!(said.matches(key).count().min(3), 3, "one for each version: {said}");
        all.pop();
    }
}

#[test]
fn helm_lint_finds_nothing() {
    for (name, values) in variants() {
        let report = lint(&values);
        assert_eq!(report["errors"], json!([]), "{name}");
        for message in report["messages"].as_array().unwrap() {
            // 1 is information: a chart without an icon.
            assert_eq!(message["severity"], 1, "{name}: {message}");
        }
    }
}

#[test]
fn each_form_makes_its_objects() {
    let made = |values: Value| kinds(&rendered(&values)).join(" ");
    let both = "ConfigMap Deployment NetworkPolicy";
    assert_eq!(made(json!({})), format!("{both} PersistentVolumeClaim Service ServiceAccount"));
    let postgres = json!({ "config": { "database": { "url": POSTGRES } }, "replicas": 2 });
    assert_eq!(made(postgres), format!("{both} PodDisruptionBudget Service ServiceAccount"));
    assert_eq!(
        made(json!({ "mode": "cronjob" })),
        "ConfigMap CronJob NetworkPolicy PersistentVolumeClaim ServiceAccount"
    );
    let monitored = rendered(&json!({ "serviceMonitor": { "enabled": true } }));
    assert_eq!(only(&monitored, "ServiceMonitor")["spec"]["endpoints"][0]["port"], "operations");
    // No role of any kind: rosterd never talks to the cluster.
    for (name, values) in variants() {
        assert!(!made(values).contains("Role"), "{name}");
    }
}

/// SQLite has one writer, so the old pod ends before the new one starts; PostgreSQL serves while it
/// is updated.
#[test]
fn updates_fit_the_database() {
    let strategy = |values: Value| only(&rendered(&values), "Deployment")["spec"]["strategy"]["type"].clone();
    assert_eq!(strategy(json!({})), "Recreate");
    assert_eq!(strategy(json!({ "config": { "database": { "url": POSTGRES } } })), "RollingUpdate");
}

/// New pods only for what a reload cannot change.
#[test]
fn a_changed_rule_makes_no_new_pod() {
    let template =
        |config: Value| only(&rendered(&json!({ "config": config })), "Deployment")["spec"]["template"].clone();
    let before = template(json!({}));
    assert_eq!(template(json!({ "rules": [{ "id": "a", "match": { "group": "*" }, "org": "A" }] })), before);
    assert_ne!(template(json!({ "database": { "url": POSTGRES } })), before);
    assert_ne!(template(json!({ "http": { "listen": "0.0.0.0:8080" } })), before);
}

#[test]
fn ports_come_from_the_configuration() {
    let objects = rendered(&json!({ "config": { "telemetry": { "listen": "[::]:9000" } } }));
    let container = &only(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        container["ports"],
        json!([{ "name": "http", "containerPort": 7171 }, { "name": "operations", "containerPort": 9000 }])
    );
    let policy = &only(&objects, "NetworkPolicy")["spec"]["ingress"];
    assert_eq!((&policy[0]["ports"][0]["port"], &policy[1]["ports"][0]["port"]), (&json!(7171), &json!(9000)));
    let silent = rendered(&json!({ "config": { "http": null } }));
    assert_eq!(only(&silent, "Service")["spec"]["ports"].as_array().unwrap().len(), 1);
    assert_eq!(only(&silent, "NetworkPolicy")["spec"]["ingress"].as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_work_is_refused() {
    let refusals = [
        (json!({ "replicas": 2 }), "/config/database/url"),
        (json!({ "replicas": 0 }), "/replicas"),
        (json!({ "config": { "database": { "url": "sqlite:/tmp/lost.db" } } }), "/config/database/url"),
        (json!({ "config": { "http": { "listen": "127.0.0.1:7171" } } }), "reachable from its own pod only"),
        (json!({ "config": { "telemetry": { "listen": "localhost:7172" } } }), "reachable from its own pod only"),
        (json!({ "config": { "telemetry": { "listen": "7172" } } }), "/config/telemetry/listen"),
        (json!({ "config": { "telemetry": null } }), "telemetry"),
        (json!({ "replica": 2 }), "replica"),
        (json!({ "image": { "repository": "" } }), "/image/repository"),
        (json!({ "mode": "job" }), "/mode"),
        (json!({ "terminationGracePeriodSeconds": 5 }), "/terminationGracePeriodSeconds"),
    ];
    for (values, why) in refusals {
        let said = refused(&values);
        assert!(said.contains(why), "{values}: {said}");
    }
}

/// Paths and words in the pods are the program's and the image's.
#[test]
fn pods_start_what_there_is() {
    let folder = TempDir::new().unwrap();
    let image = file("deploy/docker/Dockerfile").text;
    for (_, values) in variants() {
        let objects = rendered(&values);
        let container = &objects.iter().find_map(pod).unwrap()["containers"][0];
        assert!(container.get("command").is_none(), "the image's entry point is the program");
        let args: Vec<&str> = container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let words: Vec<&str> = args.iter().copied().chain(["--help"]).collect();
        rosterd::start(folder.path(), &words, &[]).wait().expect(0);
        let security = &objects.iter().find_map(pod).unwrap()["securityContext"];
        assert!(image.contains(&format!("USER {}:{}\n", security["runAsUser"], security["runAsGroup"])));
    }
}

/// Keys of the configuration that other parts of the program own; this build has them or not.
fn as_this_build_reads_it(text: &str) -> Value {
    let mut config: Value = serde_saphyr::from_str(text).unwrap();
    let schema: Value = serde_json::from_str(&file("config/rosterd.schema.json").text).unwrap();
    config.as_object_mut().unwrap().retain(|key, _| {
        let known = !schema["properties"][key].is_null();
        assert!(known || key == "http" || key == "telemetry", "{key}");
        known
    });
    config
}

#[test]
fn the_configuration_it_writes_is_one_that_rosterd_reads() {
    let provider = json!({ "ldap": {
        "urls": ["ldaps://ldap.example.org"],
        "bind": { "dn": "cn=rosterd,dc=example,dc=org", "password": { "file": "/run/secrets/rosterd/ldap-password" } },
        "users": { "base": ["ou=people,dc=example,dc=org"] },
        "groups": { "base": ["ou=groups,dc=example,dc=org"] },
    } });
    let rules = json!([{ "id": "all: \"quoted\"", "match": { "group_regex": "^team-(?<name>.+)$" }, "org": "${name}", "role": "Viewer" }]);
    let values = json!({ "config": { "providers": { "corp": provider }, "rules": rules } });
    let objects = rendered(&values);
    let text = only(&objects, "ConfigMap")["data"]["rosterd.yaml"].as_str().unwrap();
    let config = as_this_build_reads_it(text);
    // What was meant is what is written, quotes and all.
    assert_eq!(config["rules"], rules);
    assert_eq!(config["providers"]["corp"], provider);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("rosterd.yaml"), config.to_string()).unwrap();
    rosterd::start(folder.path(), &["-c", "rosterd.yaml", "check", "config"], &[]).wait().expect(0);
}

#[test]
fn the_chart_is_of_this_version() {
    let chart = file("deploy/kubernetes/rosterd/Chart.yaml").text;
    assert!(chart.contains(&format!("\nappVersion: \"{}\"\n", env!("CARGO_PKG_VERSION"))));
}
