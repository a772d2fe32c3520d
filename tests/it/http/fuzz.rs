//! The API, tried by its own description: no answer is a 5xx or one that the description lacks.

use super::served::{SCOPES, Served, http};
use std::path::Path;
use std::process::Command;

/// Examples of each kind and route in `make test`; `make fuzz-api` asks for more.
const EXAMPLES: &str = "5";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_the_description_allows_or_forbids_breaks_it() {
    let mut served = Served::new(&http("failed_logins = 10000")).await;
    let new = serde_json::json!({ "name": "fuzz", "scopes": SCOPES });
    let made = served.with("admin", "POST", "/api/v1/tokens").json(&new).send().await.unwrap();
    let made: serde_json::Value = made.json().await.unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/fuzz-api.sh");
    let examples = std::env::var("ROSTERD_FUZZ_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let (url, dir) = (served.url.clone(), served.site.dir().to_owned());
    let run = move || Command::new(script).args([&url, &token, &examples]).current_dir(dir).output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}\n{}", output.status, served.running().stderr_so_far());
    println!("{out}");
    let panics = served.running().stderr_so_far();
    assert!(!panics.contains("panicked"), "{panics}");
    served.get("read", "/api/v1/status").await;
    served.stop();
    // Whoever it was, what it did is in a chain that holds.
    served.site.run(&["audit", "verify"]).expect(0);
}
