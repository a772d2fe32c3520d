//! What a fuzzer has found until now, tried again: every file of `fuzz/corpus`, with its target.
//!
//! One test, because targets measure the memory of the whole process.

use rosterd_fuzz::TARGETS;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// So few files are no corpus: somebody has lost it.
const FEWEST: usize = 10;

#[test]
fn l13_everything_found_until_now_is_held() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&corpus), targets, "each target has a folder, and each folder a target");
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let files = names(&corpus.join(name));
        assert!(files.len() >= FEWEST, "{} files in fuzz/corpus/{name}", files.len());
        for file in files {
            let bytes = std::fs::read(corpus.join(name).join(&file)).unwrap_or_default();
            assert!(bytes.len() <= 32 << 10, "{name}/{file} has {} bytes", bytes.len());
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                broken.push(format!("{name}/{file}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}: see above what does not hold");
}
