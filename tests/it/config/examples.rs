//! The files that come with rosterd.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use rosterd::config::{json_schema, load};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

#[test]
fn every_example_is_valid_and_says_nothing_odd() {
    let mut hashes = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        // What is in a folder is read by one of these.
        if path.is_dir() {
            continue;
        }
        let loaded = load(&path, &[]).map_err(|found| found.to_string()).unwrap();
        assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
        assert!(!loaded.config.rules.is_empty() && !loaded.config.providers.is_empty(), "{}", path.display());
        for rule in &loaded.config.rules {
            let place = loaded.places.rule(&rule.id).unwrap();
            assert!(place.starts_with(&format!("{}:", path.display())), "{place}");
        }
        if path.file_stem().unwrap() == "openldap" {
            hashes.push(loaded.hash);
        }
        count += 1;
    }
    assert!(count >= 7, "{count}");
    // The same configuration in three formats.
    assert!(hashes.len() == 3 && hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[test]
fn the_reference_file_is_valid() {
    let loaded = load(&folder().join("rosterd.toml"), &[]).map_err(|found| found.to_string()).unwrap();
    assert!(loaded.warnings.is_empty(), "{}", loaded.warnings);
}

#[test]
fn the_committed_schema_is_the_real_one() {
    let path = folder().join("rosterd.schema.json");
    let real = format!("{}\n", serde_json::to_string_pretty(&json_schema()).unwrap());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &real).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == real,
        "config/rosterd.schema.json is not what src/config says; rewrite it with\n  \
         UPDATE=1 cargo test --test it the_committed_schema"
    );
}
