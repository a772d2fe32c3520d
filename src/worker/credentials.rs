//! Whether what a provider is shown has changed since it was refused.
//!
//! Keeps hashes only. Says nothing about whether credentials are right.

use crate::config::Provider;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;

/// Of a provider's password or token, its client certificate and keytab, as they can be read now.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Print([u8; 32]);

impl std::fmt::Debug for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Print(***)")
    }
}

/// `None` where nothing secret is shown, or it cannot be read. Reads files on a thread of their own:
/// they may be on a file system that hangs.
pub(super) async fn print(section: Option<Provider>) -> Option<Print> {
    let section = section?;
    let (secret, files) = section.kind()?.credentials();
    let (secret, files) = (secret.cloned(), files.into_iter().cloned().collect::<Vec<PathBuf>>());
    if secret.is_none() && files.is_empty() {
        return None;
    }
    let work = move || {
        let mut hash = Sha256::new();
        if let Some(secret) = secret {
            hash.update(secret.resolve().ok()?.expose());
        }
        for file in files {
            hash.update(std::fs::read(file).ok()?);
        }
        Some(Print(hash.finalize().into()))
    };
    tokio::task::spawn_blocking(work).await.ok().flatten()
}
