//! Which files there are: names with `*` and `?`, found in their folders.

use rosterd_core::provision::fits;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The files, in order, each once. A name without `*` and `?` must be a file; a folder that cannot be listed is an
/// error: what is not seen may be there. Also the names that no file fits.
pub(super) fn find(names: &[PathBuf], errors: &mut Vec<String>) -> (Vec<PathBuf>, Vec<String>) {
    let (mut found, mut unfit) = (BTreeSet::new(), Vec::new());
    for name in names {
        let shown = name.display();
        let Some(last) = name.file_name().and_then(|last| last.to_str()) else {
            errors.push(format!("{shown}: it names no file"));
            continue;
        };
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !last.contains(['*', '?']) {
            found.insert(name.clone());
            continue;
        }
        match listed(folder, last, &mut found) {
            Ok(0) => unfit.push(shown.to_string()),
            Ok(_) => {}
            Err(error) => errors.push(format!("{shown}: the folder cannot be listed: {error}")),
        }
    }
    (found.into_iter().collect(), unfit)
}

/// Adds the files of a folder that fit; returns how many do.
fn listed(folder: &Path, glob: &str, found: &mut BTreeSet<PathBuf>) -> std::io::Result<usize> {
    let mut fit = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // What begins with a dot is an editor's, or a mounted volume's own. A folder is no file.
        let hidden = !glob.starts_with('.') && name.as_encoded_bytes().starts_with(b".");
        if !hidden && name.to_str().is_some_and(|name| fits(glob, name)) && !entry.path().is_dir() {
            found.insert(entry.path());
            fit += 1;
        }
    }
    Ok(fit)
}
