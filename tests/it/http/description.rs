//! `docs/openapi.json` is what the program serves and prints.

use super::served::{Served, http};
use rosterd::http::openapi;
use serde_json::Value;
use std::path::Path;

/// UPDATE=1 writes it.
#[test]
fn the_committed_description_is_the_programs() {
    let now = format!("{}\n", openapi().to_pretty_json().unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/openapi.json is old: UPDATE=1 cargo test --all-features --test it http::description"
    );
    let value: Value = serde_json::from_str(&now).unwrap();
    assert_eq!(value["openapi"], "3.1.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_served_and_printed() {
    let mut served = Served::new(&http("")).await;
    let answer: Value = served.ask("GET", "/api/v1/openapi.json").send().await.unwrap().json().await.unwrap();
    let printed: Value = served.site.run(&["openapi"]).expect(0).json();
    assert_eq!(answer, printed);
    let ours: Value = serde_json::from_str(&openapi().to_json().unwrap()).unwrap();
    assert_eq!(answer, ours);
    served.stop();
}
