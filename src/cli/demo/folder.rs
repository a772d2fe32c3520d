//! Where the demo plays: a folder with a configuration and a directory's export in it.

use crate::cli::exit::Failure;
use crate::random::{Random as _, SystemRandom};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The files that the demo makes. A folder that has one of them is somebody's already.
const FILES: [&str; 3] = ["rosterd.toml", "company.ldif", "acme.db"];

/// The demo's folder.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    ours: bool,
}

impl Folder {
    /// The folder that was asked for, made when it is not there, or a new temporary one that only
    /// this user can read.
    pub(super) fn new(wanted: Option<&Path>) -> Result<Self, Failure> {
        let (path, ours) = match wanted {
            Some(path) => (path.to_owned(), false),
            None => {
                let seed = SystemRandom.seed().map_err(|error| Failure::failed(error.to_string()))?;
                (std::env::temp_dir().join(format!("rosterd-demo-{:08x}", seed as u32)), true)
            }
        };
        let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
        // One that must be new is not made "recursively": that would accept one that is there.
        DirBuilder::new().recursive(!ours).mode(0o700).create(&path).map_err(failed)?;
        if let Some(file) = FILES.iter().find(|file| path.join(file).exists()) {
            return Err(Failure::failed(format!("{} has a {file} already; name an empty folder", path.display())));
        }
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self { path, ours })
    }

    /// Writes a file as a new one and renames it, so that nobody reads half of it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let (part, whole) = (self.path.join(format!("{name}.new")), self.path.join(name));
        std::fs::write(&part, text)
            .and_then(|()| std::fs::rename(&part, &whole))
            .map_err(|error| Failure::failed(format!("{}: {error}", whole.display())))
    }

    /// Deletes the folder, if the demo has made it.
    pub(super) fn remove(&self) -> Result<bool, Failure> {
        if self.ours {
            std::fs::remove_dir_all(&self.path)
                .map_err(|error| Failure::failed(format!("{}: {error}", self.path.display())))?;
        }
        Ok(self.ours)
    }
}
