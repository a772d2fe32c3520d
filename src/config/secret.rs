use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a secret is found. Exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct SecretRef {
    /// A file that holds it; one line end at the end is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// An environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// A systemd credential (`LoadCredential=`), by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A secret itself. Prints as stars.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret, to be used and not kept.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Why a secret could not be had. Never says the secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(String);

impl SecretRef {
    /// Reads it, anew each time, so that a rotated secret counts from the next run on.
    ///
    /// # Errors
    /// [`SecretError`] when it is not there, or not UTF-8.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        let read = |path: &std::path::Path| {
            let text = std::fs::read_to_string(path).map_err(|e| SecretError(format!("{}: {e}", path.display())))?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            Ok(Secret(text.strip_suffix('\r').unwrap_or(text).to_owned()))
        };
        match (&self.file, &self.env, &self.credential) {
            (Some(path), None, None) => read(path),
            (None, Some(name), None) => match std::env::var(name) {
                Ok(text) => Ok(Secret(text)),
                Err(_) => Err(SecretError(format!("the environment variable {name} is not set"))),
            },
            (None, None, Some(name)) => match std::env::var_os("CREDENTIALS_DIRECTORY") {
                Some(folder) => read(&PathBuf::from(folder).join(name)),
                None => Err(SecretError("CREDENTIALS_DIRECTORY is not set: not started by systemd".to_owned())),
            },
            _ => Err(SecretError("exactly one of file, env, credential belongs here".to_owned())),
        }
    }
}
