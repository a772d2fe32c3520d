//! The restricted profile of Kubernetes' Pod Security Standards, as a check of our own: a cluster
//! that enforces it refuses a pod only when it is too late. And what we ask beyond it.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>

use serde_json::{Value, json};

/// Kinds of volumes that the profile takes.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

/// What is against the profile in a pod's specification.
pub(super) fn against(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |what: String| found.push(what);
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod[key] == true {
            say(key.to_owned());
        }
    }
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        for kind in volume.as_object().unwrap().keys().filter(|key| *key != "name") {
            if !VOLUMES.contains(&kind.as_str()) {
                say(format!("volume of kind {kind}"));
            }
        }
    }
    let of_all = &pod["securityContext"];
    for key in ["sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile"] {
        if !of_all[key].is_null() {
            say(format!("pod: {key}"));
        }
    }
    let kinds = ["containers", "initContainers", "ephemeralContainers"];
    for container in kinds.iter().flat_map(|kind| pod[*kind].as_array().into_iter().flatten()) {
        let own = &container["securityContext"];
        // The container's word wins over the pod's.
        let either = |key: &str| if own[key].is_null() { &of_all[key] } else { &own[key] };
        if either("runAsNonRoot") != true {
            say("runAsNonRoot".to_owned());
        }
        if either("runAsUser").as_i64().is_none_or(|user| user == 0) {
            say("runAsUser".to_owned());
        }
        if !["RuntimeDefault", "Localhost"].iter().any(|kind| either("seccompProfile")["type"] == *kind) {
            say("seccompProfile".to_owned());
        }
        if own["allowPrivilegeEscalation"] != false {
            say("allowPrivilegeEscalation".to_owned());
        }
        if own["capabilities"] != json!({ "drop": ["ALL"] }) {
            say("capabilities".to_owned());
        }
        for key in ["privileged", "procMount", "seLinuxOptions", "windowsOptions", "appArmorProfile"] {
            if !own[key].is_null() {
                say(key.to_owned());
            }
        }
        for port in container["ports"].as_array().into_iter().flatten() {
            if !port["hostPort"].is_null() {
                say("hostPort".to_owned());
            }
        }
        // Beyond the profile.
        if own["readOnlyRootFilesystem"] != true {
            say("readOnlyRootFilesystem".to_owned());
        }
        if container["resources"]["limits"]["memory"].is_null() {
            say("no limit of memory".to_owned());
        }
    }
    if pod["automountServiceAccountToken"] != false {
        say("automountServiceAccountToken".to_owned());
    }
    found
}

/// Everything that must not be is found: a check that finds nothing proves nothing.
#[test]
fn each_opening_is_found() {
    let good = json!({
        "automountServiceAccountToken": false,
        "securityContext": { "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": { "type": "RuntimeDefault" } },
        "containers": [{
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": { "drop": ["ALL"] },
            },
            "ports": [{ "containerPort": 7171 }],
            "resources": { "limits": { "memory": "1Gi" } },
        }],
        "volumes": [{ "name": "a", "emptyDir": {} }],
    });
    assert_eq!(against(&good), Vec::<String>::new());
    let openings = [
        ("/hostNetwork", json!(true)),
        ("/hostPID", json!(true)),
        ("/hostIPC", json!(true)),
        ("/automountServiceAccountToken", Value::Null),
        ("/volumes/0/hostPath", json!({ "path": "/" })),
        ("/volumes/0/nfs", json!({ "server": "a", "path": "/" })),
        ("/securityContext/runAsNonRoot", Value::Null),
        ("/securityContext/runAsUser", json!(0)),
        ("/securityContext/seccompProfile", json!({ "type": "Unconfined" })),
        ("/securityContext/sysctls", json!([])),
        ("/containers/0/securityContext/runAsNonRoot", json!(false)),
        ("/containers/0/securityContext/runAsUser", json!(0)),
        ("/containers/0/securityContext/seccompProfile", json!({ "type": "Unconfined" })),
        ("/containers/0/securityContext/privileged", json!(true)),
        ("/containers/0/securityContext/procMount", json!("Unmasked")),
        ("/containers/0/securityContext/allowPrivilegeEscalation", Value::Null),
        ("/containers/0/securityContext/readOnlyRootFilesystem", json!(false)),
        ("/containers/0/securityContext/capabilities", json!({ "drop": ["ALL"], "add": ["NET_ADMIN"] })),
        ("/containers/0/securityContext/capabilities", json!({ "drop": ["NET_RAW"] })),
        ("/containers/0/ports/0/hostPort", json!(80)),
        ("/containers/0/resources/limits", json!({})),
    ];
    for (place, value) in openings {
        let mut bad = good.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[key] = value.clone();
        assert_eq!(against(&bad).len(), 1, "{place} = {value}: {:?}", against(&bad));
    }
    let mut second = good;
    second["initContainers"] = json!([{ "name": "more" }]);
    assert!(against(&second).len() >= 4, "{:?}", against(&second));
}
