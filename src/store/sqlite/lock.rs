//! One writing process for each file.
//!
//! SQLite would let two daemons write in turn, and each would undo what the other did. The lock is
//! the kernel's, on `PATH.lock`, so it ends with the process however that ends. The file stays: to
//! delete it would let a third process lock a new file of the same name.

use super::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The lock file of a database.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    /// Closing the file is not enough: a program that is being started has a copy of it until it
    /// runs, and the lock is that of all copies. What fails here ends with the process.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Takes the lock, or says who holds it.
pub(super) fn take(database: &Path) -> Result<Lock, StoreError> {
    let path = lock_path(database);
    let cannot = |what: &str, e: std::io::Error| {
        StoreError::Refused(format!("the lock file {} cannot be {what}: {e}", path.display()))
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| cannot("opened", e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let known = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            let pid = if known { pid.trim() } else { "unknown" };
            return Err(StoreError::Locked(format!(
                "{} is in use by process {pid}, which holds {}: stop it first",
                database.display(),
                path.display()
            )));
        }
        Err(TryLockError::Error(e)) => return Err(cannot("locked", e)),
    }
    file.set_len(0).map_err(|e| cannot("written", e))?;
    file.rewind().map_err(|e| cannot("written", e))?;
    writeln!(file, "{}", std::process::id()).map_err(|e| cannot("written", e))?;
    Ok(Lock(file))
}
