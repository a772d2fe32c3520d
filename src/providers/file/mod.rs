//! People and groups from a file: LDIF (RFC 2849) or YAML.
//!
//! A file is believed whole or not at all: whatever cannot be read, ends too early or breaks its
//! format is an error or a gap, never a shorter list. Nothing here writes to the file, follows a
//! reference out of it, or knows what its groups are worth.

mod base64;
mod entry;
mod ldif;
mod lines;
mod load;
mod said;
#[cfg(test)]
mod testing;
mod yaml;

use super::{CheckStep, Directory, Progress, ProviderError, ProviderErrorKind, ReadRequest};
use crate::config;
use async_trait::async_trait;
use load::{Loaded, load};
use rosterd_core::snapshot::{Reading, SnapshotBuilder};
use std::path::{Path, PathBuf};

/// A file as a provider.
#[derive(Debug, Clone)]
pub struct FileDirectory {
    path: PathBuf,
    format: Format,
    /// Attributes of LDIF that are claims.
    attributes: Vec<String>,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Ldif,
    Yaml,
}

impl Format {
    /// `.ldif` in any case is LDIF, everything else is YAML (of which JSON is a part).
    fn of(path: &Path) -> Self {
        match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("ldif") => Self::Ldif,
            _ => Self::Yaml,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ldif => "LDIF",
            Self::Yaml => "YAML",
        }
    }

    /// In bytes. The text limit of a snapshot for LDIF, which is read in place; YAML takes some
    /// ten times its size in memory while it is read.
    fn limit(self) -> u64 {
        match self {
            Self::Ldif => 1 << 30,
            Self::Yaml => 64 << 20,
        }
    }
}

/// What broke the format, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    /// From 1; `None` where it is about the whole file.
    line: Option<u64>,
    /// In characters, from 1; 0 where only the line is known.
    column: u64,
    message: String,
}

impl Refused {
    fn line(line: u64, message: impl Into<String>) -> Self {
        Self { line: Some(line), column: 0, message: message.into() }
    }

    fn file(message: impl Into<String>) -> Self {
        Self { line: None, column: 0, message: message.into() }
    }

    fn into_error(self, path: &Path) -> ProviderError {
        let path = path.display();
        let message = match (self.line, self.column) {
            (None, _) => format!("{path}: {}", self.message),
            (Some(line), 0) => format!("{path}:{line}: {}", self.message),
            (Some(line), column) => format!("{path}:{line}:{column}: {}", self.message),
        };
        ProviderError { kind: ProviderErrorKind::Protocol, message }
    }
}

impl FileDirectory {
    /// `config.path` must be absolute or relative to the working directory.
    #[must_use]
    pub fn new(config: &config::File) -> Self {
        Self { path: config.path.clone(), format: Format::of(&config.path), attributes: config.attributes.clone() }
    }

    /// Loads and reads on a thread that may wait for a disk.
    async fn read_blocking(&self, request: ReadRequest) -> Result<Reading, ProviderError> {
        let file = self.clone();
        let task = tokio::task::spawn_blocking(move || file.read_now(&request));
        task.await.unwrap_or_else(|stopped| {
            let message = format!("{}: reading was stopped: {stopped}", self.path.display());
            Err(ProviderError { kind: ProviderErrorKind::Unreachable, message })
        })
    }

    /// All of it, in the calling thread.
    fn read_now(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        let bytes = match load(&self.path, self.format.limit(), self.format.name())? {
            Loaded::Whole(bytes) => bytes,
            Loaded::Changed => return Ok(changed_while_reading(&self.path, request.seed)),
        };
        let mut builder = SnapshotBuilder::new(request.seed);
        let part = builder.begin("file");
        match self.format {
            Format::Ldif => ldif::read(&bytes, &self.path, &self.attributes, &mut builder, &request.progress),
            Format::Yaml => yaml::read(&bytes, &mut builder, &request.progress),
        }
        .map_err(|refused| refused.into_error(&self.path))?;
        builder.end(part);
        Ok(builder.finish())
    }
}

#[async_trait]
impl Directory for FileDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        self.read_blocking(request.clone()).await
    }

    async fn check(&self) -> Vec<CheckStep> {
        let what = format!("read {} as {}", self.path.display(), self.format.name());
        // The seed keeps DNs from colliding on purpose; a check decides nothing by them.
        let request = ReadRequest {
            seed: 0,
            now: rosterd_core::ids::Timestamp(0),
            progress: std::sync::Arc::new(Progress::default()),
        };
        let reading = match self.read_blocking(request).await {
            Err(error) => return vec![CheckStep { what, result: Err(error.message) }],
            Ok(reading) => reading,
        };
        let s = reading.snapshot();
        let found = format!(
            "{} people, {} groups, {} memberships, {} groups in groups, {} members that are not in the file",
            s.people.len(),
            s.groups.len(),
            s.direct.len(),
            s.nested.len(),
            s.strangers
        );
        let mut steps = vec![CheckStep { what, result: Ok(found) }, complete_step(&reading)];
        if reading.gaps().is_empty() {
            steps.extend(hints(&reading));
        }
        steps
    }
}

/// Whether everything was read, with the first reasons why not.
fn complete_step(reading: &Reading) -> CheckStep {
    let gaps = reading.gaps();
    let result = if gaps.is_empty() {
        Ok("nothing is missing".to_owned())
    } else {
        let shown: Vec<String> = gaps.iter().take(5).map(ToString::to_string).collect();
        let more = if gaps.len() > shown.len() { "; and more" } else { "" };
        Err(format!("{}{more}. Until this is mended, nothing is removed", shown.join("; ")))
    };
    CheckStep { what: "see that it is complete".to_owned(), result }
}

/// What can be read, and is still hardly meant.
fn hints(reading: &Reading) -> Vec<CheckStep> {
    let s = reading.snapshot();
    let mut steps = Vec::new();
    let mut hint = |what: &str, count: usize, advice: &str| {
        if count > 0 {
            steps.push(CheckStep { what: what.to_owned(), result: Err(format!("{count}: {advice}")) });
        }
    };
    hint("find people", usize::from(s.people.is_empty()), "there is nobody in the file");
    hint(
        "find a login for everybody",
        s.people.iter().filter(|p| p.login.is_empty()).count(),
        "people without a login",
    );
    let by_dn = s.people.iter().filter(|p| s.texts.get(p.subject).contains('=')).count();
    let advice = "people are known by their DN only, so a rename makes somebody a leaver and a joiner; \
                  export entryUUID, objectGUID, nsUniqueId or ipaUniqueID as well";
    hint("find an immutable id for everybody", by_dn, advice);
    steps
}

/// Nothing of a file that moved under the reader is believed: it may be half of each.
fn changed_while_reading(path: &Path, seed: u128) -> Reading {
    let mut builder = SnapshotBuilder::new(seed);
    let part = builder.begin("file");
    builder.gap(
        "changed_while_reading",
        format!("{} was written to while it was read; write to another name, then rename it", path.display()),
    );
    builder.end(part);
    builder.finish()
}
