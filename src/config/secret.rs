//! Secrets: where the configuration says they are, and what was found there.
//!
//! What was found is printed nowhere: not by `Debug`, not by `Display`, not in an error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where a secret is found. Exactly one of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct SecretRef {
    /// A file that holds it; one line end at the end is not part of it. Others than its owner and
    /// group must not be able to read it. A relative path starts at the configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// An environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// A systemd credential (`LoadCredential=`), by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A secret. Prints as `***`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself. Never empty when it comes from [`SecretRef::resolve`].
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a secret could not be had. Names the file or variable, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(String);

/// The largest file that is taken for a secret, in bytes.
const LARGEST: u64 = 64 * 1024;

impl SecretRef {
    /// Reads the secret anew, so that a rotated one is found.
    pub fn resolve(&self) -> Result<Secret, SecretError> {
        self.resolve_with(&|name| std::env::var_os(name))
    }

    /// As [`Self::resolve`], with this environment instead of the process's.
    pub fn resolve_with(&self, env: &dyn Fn(&str) -> Option<OsString>) -> Result<Secret, SecretError> {
        match (&self.file, &self.env, &self.credential) {
            (Some(path), None, None) => from_file(path),
            (None, Some(name), None) => {
                let value = env(name).ok_or_else(|| SecretError(format!("environment variable {name} is not set")))?;
                let value = value
                    .into_string()
                    .map_err(|_| SecretError(format!("environment variable {name} is not UTF-8")))?;
                filled(value, &format!("environment variable {name}"))
            }
            (None, None, Some(name)) => from_credential(name, env("CREDENTIALS_DIRECTORY")),
            _ => Err(SecretError("a secret needs exactly one of `file`, `env` and `credential`".to_owned())),
        }
    }
}

fn from_credential(name: &str, directory: Option<OsString>) -> Result<Secret, SecretError> {
    // A name is one file of that directory (systemd.exec(5)), never a way out of it.
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err(SecretError(format!("{name:?} cannot name a systemd credential: it must be a plain file name")));
    }
    let directory = directory.filter(|path| !path.is_empty()).ok_or_else(|| {
        SecretError(format!(
            "credential {name}: CREDENTIALS_DIRECTORY is not set; run rosterd as a systemd service with \
             LoadCredential={name}:PATH, or use {{ file = \"…\" }}"
        ))
    })?;
    from_file(&Path::new(&directory).join(name))
}

fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let shown = path.display();
    let failed = |error: std::io::Error| SecretError(format!("secret file {shown} cannot be read: {error}"));
    // Opening a pipe would wait for its writer, so what it is is asked first.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(SecretError(format!("secret file {shown} is not a regular file")));
    }
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode();
    if mode & 0o006 != 0 {
        let what = if mode & 0o004 != 0 { "read" } else { "written" };
        return Err(SecretError(format!(
            "secret file {shown} can be {what} by everybody (mode {:04o}): chmod o-rw {shown} \
             (in Kubernetes: defaultMode: 0440)",
            mode & 0o7777
        )));
    }
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LARGEST {
        return Err(SecretError(format!("secret file {shown} is larger than {LARGEST} bytes: is it the right file?")));
    }
    let end = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(end.unwrap_or(text.len()));
    filled(text, &format!("secret file {shown}"))
}

fn filled(text: String, origin: &str) -> Result<Secret, SecretError> {
    if text.is_empty() { Err(SecretError(format!("{origin} is empty"))) } else { Ok(Secret(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w20_a_secret_prints_as_stars() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    /// Whether a type has a trait: an inherent constant hides the one of [`Lacks`] where its bound
    /// holds.
    struct Asked<T>(std::marker::PhantomData<T>);

    trait Lacks {
        const COMPARES: bool = false;
        const COMPARES_WITH_TEXT: bool = false;
        const IS_TEXT: bool = false;
        const HASHES: bool = false;
    }

    impl<T> Lacks for Asked<T> {}

    impl<T: PartialEq> Asked<T> {
        const COMPARES: bool = true;
    }

    impl<T: PartialEq<str>> Asked<T> {
        const COMPARES_WITH_TEXT: bool = true;
    }

    impl<T: AsRef<str>> Asked<T> {
        const IS_TEXT: bool = true;
    }

    impl<T: std::hash::Hash> Asked<T> {
        const HASHES: bool = true;
    }

    /// There is no `==` that would tell by its time how much of a secret was right, and no way to one
    /// but [`Secret::expose`], of which a test of the architecture knows every use.
    #[test]
    fn w08_secrets_have_no_comparison() {
        // What is asked is found where it is.
        let text = [Asked::<String>::COMPARES, Asked::<String>::COMPARES_WITH_TEXT];
        assert_eq!((text, Asked::<String>::IS_TEXT, Asked::<String>::HASHES), ([true; 2], true, true));
        let secret = [Asked::<Secret>::COMPARES, Asked::<Secret>::COMPARES_WITH_TEXT];
        assert_eq!((secret, Asked::<Secret>::IS_TEXT, Asked::<Secret>::HASHES), ([false; 2], false, false));
        assert_eq!([Asked::<Vec<Secret>>::COMPARES, Asked::<&Secret>::COMPARES], [false; 2]);
    }
}
