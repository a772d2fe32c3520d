//! What callers prove themselves with, as it is now: files and variables are read again when they may have changed.

use crate::config::{Secret, SecretRef};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How old secrets may be before they are read again.
pub(crate) const FRESH: Duration = Duration::from_secs(5);
/// How old they may be when a call was refused by them: it may have been made with newer ones. Not less, or each
/// refused call would read files.
pub(crate) const FRESH_WHEN_REFUSED: Duration = Duration::from_secs(1);

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// Whose they are.
    name: String,
    references: Vec<SecretRef>,
    read: Mutex<Read>,
}

#[derive(Debug, Clone, Default)]
struct Read {
    at: Option<Instant>,
    secrets: Arc<Vec<Secret>>,
}

impl Secrets {
    pub(crate) fn new(name: &str, references: &[SecretRef]) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), references: references.to_vec(), read: Mutex::default() })
    }

    /// Those that are not older; none where there are to be none. `None` where they cannot be had.
    pub(crate) async fn not_older(self: &Arc<Self>, fresh: Duration) -> Option<Arc<Vec<Secret>>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.references.is_empty() || read.at.is_some_and(|at| at.elapsed() < fresh) {
            return Some(read.secrets);
        }
        let all = Arc::clone(self);
        let secrets = tokio::task::spawn_blocking(move || all.resolve()).await.unwrap_or_default();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.at = Some(Instant::now());
        // While a file is being replaced there may be nothing for a moment: what was there counts on.
        if !secrets.is_empty() {
            read.secrets = Arc::new(secrets);
        }
        (!read.secrets.is_empty()).then(|| Arc::clone(&read.secrets))
    }

    /// Those that can be had: one that is not there yet must not shut out the other.
    fn resolve(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for reference in &self.references {
            match reference.resolve() {
                Ok(secret) => secrets.push(secret),
                Err(error) => {
                    tracing::warn!(name = self.name, %error, "what somebody proves themselves with cannot be read");
                }
            }
        }
        secrets
    }
}
