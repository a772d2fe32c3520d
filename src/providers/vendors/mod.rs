//! People and groups from vendors' own interfaces over HTTP, one file a vendor. All are only ever read.
//!
//! What a vendor's file says is where its lists are, what proves that one is whole, and what an entry means. How a list
//! is asked for is [`super::web`]'s; what becomes of people, groups and members is the [`roster`]'s.
//!
//! None of these interfaces is searched for a few people: whoever logs in is looked for among all, as the trait has it.
//! Each vendor can be asked for somebody's groups, but none says that these are the groups whose lists name them: Entra
//! leaves out those that hide their members, Google those of everybody, GitLab those above. A login would take away what
//! the next full read gives back.

mod check;
mod github;
mod gitlab;
mod google;
mod graph;
mod keycloak;
mod listing;
mod numbered;
mod okta;
mod roster;
mod which;

use super::web::{Access, Failure, Purpose, Service, Session, client};
use super::{CheckStep, Directory, ProviderError, ProviderErrorKind, ReadRequest};
use crate::config::{Duration, Kind};
use crate::fetch::Url;
use async_trait::async_trait;
use check::Sample;
use roster::Roster;
use rosterd_core::snapshot::Reading;
use std::fmt;
use std::path::PathBuf;
use tokio::time::sleep;
use which::Which;

/// So often all is read before it is said that it cannot be read whole.
const TRIES: u32 = 4;
/// Before it is read again; then twice as long.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// One vendor's interface.
#[async_trait]
trait Vendor: fmt::Debug + Send + Sync {
    /// What whoever asks must be allowed, for whoever has not allowed it.
    fn needs(&self) -> &'static str;
    /// Reads all people, all groups, and who is in them.
    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure>;
    /// What a check looks at.
    fn samples(&self) -> Vec<Sample>;
}

/// What a vendor's file makes of its section.
struct Made {
    vendor: Box<dyn Vendor>,
    access: Access,
    accept: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Where everything is that is asked.
    base: Url,
}

impl Made {
    fn new(vendor: impl Vendor + 'static, access: Access, base: Url) -> Self {
        Self { vendor: Box::new(vendor), access, accept: "application/json", headers: &[], base }
    }
}

/// A vendor's interface that can be read.
#[derive(Debug)]
pub struct VendorDirectory {
    vendor: Box<dyn Vendor>,
    service: Service,
    which: Which,
}

impl VendorDirectory {
    /// Checks what can be checked without asking anybody.
    ///
    /// # Errors
    /// Of the kind [`super::ProviderErrorKind::Configuration`], naming the key.
    pub fn new(section: Kind<'_>) -> Result<Self, ProviderError> {
        let (made, which, timeout, ca_file) = made(section)?;
        let places: Vec<&Url> = std::iter::once(&made.base).chain(made.access.url()).collect();
        let client = client(section.name(), &places, ca_file.as_deref(), timeout.get())?;
        let service = Service::new(client, made.access, made.accept).with(made.headers);
        Ok(Self { vendor: made.vendor, service, which: Which::new(which) })
    }

    /// With what must be allowed, where something is not.
    fn explained(&self, failure: Failure) -> Failure {
        match failure.kind {
            ProviderErrorKind::Credentials => {
                Failure { message: format!("{}; {}", failure.message, self.vendor.needs()), ..failure }
            }
            _ => failure,
        }
    }
}

type Section<'s> = (Made, &'s [String], Duration, &'s Option<PathBuf>);

fn made(section: Kind<'_>) -> Result<Section<'_>, Failure> {
    Ok(match section {
        Kind::Keycloak(s) => (keycloak::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::Graph(s) => (graph::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::Okta(s) => (okta::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::Google(s) => (google::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::GitHub(s) => (github::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::GitLab(s) => (gitlab::make(s)?, &s.groups, s.timeout, &s.ca_file),
        Kind::Ldap(_) | Kind::File(_) | Kind::Login(_) | Kind::Oidc(_) | Kind::Scim(_) => {
            return Err(Failure::configuration(format!("`{}` is no vendor's interface", section.name())));
        }
    })
}

#[async_trait]
impl Directory for VendorDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        let session = self.service.session(Purpose::Everything, request.now, request.seed)?;
        let mut tries = 1;
        loop {
            let mut roster = Roster::new(request, &self.which);
            let failure = match self.vendor.gather(&session, &mut roster).await {
                Ok(()) => return Ok(roster.end(self.vendor.needs())),
                Err(failure) => self.explained(failure),
            };
            if !failure.moved || tries == TRIES {
                return match failure.kind {
                    ProviderErrorKind::Credentials => Err(failure.into()),
                    _ if roster.is_empty() => Err(failure.into()),
                    _ => Ok(roster.cut(&failure)),
                };
            }
            tracing::info!(reason = failure.code, "a directory over HTTP is read again: something moved");
            sleep(PAUSE * (1 << tries)).await;
            tries += 1;
        }
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}
