//! `fuzz/corpus/saml` begins with these messages. `UPDATE=1 cargo test --test it saml::corpus` writes them.

use super::forge::metadata::Published;
use super::forge::{Given, Sent, good, hostile};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The fuzzer's own limit.
const LARGEST: usize = 16 << 10;

/// Two of each fault, some good ones, and metadata: their names, and what they are.
fn messages() -> BTreeMap<String, Vec<u8>> {
    let given = Given { request: "_request".to_owned(), trap: 9 };
    let mut all = BTreeMap::from([("metadata".to_owned(), Published::Rollover.text().into_bytes())]);
    let bytes = |sent: Sent| match sent {
        Sent::Message(bytes) if bytes.len() <= LARGEST => Some(bytes),
        _ => None,
    };
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for case in hostile::all() {
        let count = counts.entry(case.id).or_default();
        if let Some(bytes) = Some(&case).filter(|_| *count < 2).and_then(|case| bytes(case.make.sent(&given))) {
            *count += 1;
            all.insert(format!("{}-{count}", case.id.to_lowercase()), bytes);
        }
    }
    for (number, case) in good::all().iter().enumerate().step_by(5) {
        all.extend(bytes(case.make.sent(&given)).map(|bytes| (format!("good-{number}"), bytes)));
    }
    all
}

#[test]
fn the_fuzzer_begins_with_messages_of_every_kind() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/saml");
    let all = messages();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &all {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    // Keys are others each time, so only that they are there is asked for.
    let missing: Vec<&String> = all.keys().filter(|name| !folder.join(name).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
