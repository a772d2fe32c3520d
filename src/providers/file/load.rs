//! A file's bytes, unless it was written to meanwhile.
//!
//! What the bytes mean is not known here.

use super::{ProviderError, ProviderErrorKind};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// What [`load`] got.
#[derive(Debug)]
pub(super) enum Loaded {
    Whole(Vec<u8>),
    /// The file's size or time of change moved during the read.
    Changed,
}

/// Reads the file at `path`, of at most `limit` bytes, `format` being what it should hold.
///
/// # Errors
/// `Configuration` where there is no such file, or it is no file, too large or not readable for
/// us; `Unreachable` for what a disk or a network file system says.
pub(super) fn load(path: &Path, limit: u64, format: &str) -> Result<Loaded, ProviderError> {
    load_with(path, limit, format, |file, bytes| file.take(limit + 1).read_to_end(bytes))
}

/// [`load`], with the reading itself as a parameter for the tests.
fn load_with(
    path: &Path,
    limit: u64,
    format: &str,
    read: impl FnOnce(&mut File, &mut Vec<u8>) -> io::Result<usize>,
) -> Result<Loaded, ProviderError> {
    let configuration = |what: String| ProviderError {
        kind: ProviderErrorKind::Configuration,
        message: format!("{}: {what}", path.display()),
    };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => configuration("there is no such file".to_owned()),
        io::ErrorKind::PermissionDenied => {
            configuration("the file must be readable for the user rosterd runs as".to_owned())
        }
        _ => ProviderError { kind: ProviderErrorKind::Unreachable, message: format!("{}: {error}", path.display()) },
    };
    let too_large = || configuration(format!("larger than {} MiB, the most for {format}", limit >> 20));

    // Before it is opened: opening a pipe would wait for somebody to write.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(configuration("not a file".to_owned()));
    }
    let mut file = File::open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    if before.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
    read(&mut file, &mut bytes).map_err(failed)?;
    // Of the file that is open, not of the name: a file renamed over it leaves what we read whole.
    let after = file.metadata().map_err(failed)?;
    if stamp(&before) != stamp(&after) || bytes.len() as u64 != after.len() {
        return Ok(Loaded::Changed);
    }
    Ok(Loaded::Whole(bytes))
}

/// What changes when somebody writes.
fn stamp(metadata: &Metadata) -> (u64, Option<std::time::SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_or_nothing_is_a_matter_of_configuration() {
        for (path, says) in [("/", "not a file"), ("/nowhere/people.yaml", "no such file"), ("/dev/zero", "not a file")]
        {
            let error = load(Path::new(path), 10, "YAML").err();
            assert_eq!(error.as_ref().map(|e| e.kind), Some(ProviderErrorKind::Configuration), "{path}");
            assert!(error.is_some_and(|e| e.message.contains(says)), "{path}");
        }
    }

    #[test]
    fn what_is_read_beside_the_size_of_the_file_is_a_change() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let shorter = load_with(path, 1 << 20, "YAML", |_, bytes| {
            bytes.push(b'#');
            Ok(1)
        });
        assert!(matches!(shorter, Ok(Loaded::Changed)));
        assert!(matches!(load(path, 1 << 20, "YAML"), Ok(Loaded::Whole(_))));
        assert!(load(path, 10, "YAML").is_err());
    }
}
