//! People and groups from vendors' own interfaces over HTTP, one file a vendor. All are only ever read.
//!
//! What a vendor's file says is where its lists are, what proves that one is whole, and what an entry means. How a list
//! is asked for is [`super::web`]'s; what becomes of people, groups and members is the [`roster`]'s.
//!
//! None of these interfaces is searched for whoever logs in: they are looked for among all, as the trait has it. Each
//! vendor can be asked for somebody's groups, but none says that these are the groups whose lists name them: Entra leaves
//! out those that hide their members, Google those of everybody, GitLab those above. A login would take away what the
//! next full read gives back. Whom a [`feed`] of changes names is another matter: see [`few`].

mod base;
mod changes;
mod check;
mod delta;
mod feed;
mod few;
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

use super::follow::{Cursor, Since};
use super::web::{Access, Failure, Purpose, Service, Session, client};
use super::{CheckStep, Directory, Found, ProviderError, ProviderErrorKind, ReadRequest, Sought, find};
use crate::config::{Duration, Kind};
use crate::fetch::Url;
use async_trait::async_trait;
use base::Base;
use check::Sample;
use feed::Feed;
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
    /// Who tells of changes, where that is wanted and the vendor does.
    fn feed(&self) -> Option<&dyn Feed> {
        None
    }
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
        Kind::Ldap(_) | Kind::File(_) | Kind::Login(_) | Kind::Oidc(_) | Kind::Saml(_) | Kind::Scim(_) => {
            return Err(Failure::configuration(format!("`{}` is no vendor's interface", section.name())));
        }
    })
}

impl VendorDirectory {
    /// All of it; and who is in what, where somebody asks for that.
    async fn everything(
        &self,
        session: &Session<'_>,
        request: &ReadRequest,
        based: bool,
    ) -> Result<(Reading, Option<Base>), ProviderError> {
        let mut tries = 1;
        loop {
            let mut roster = Roster::new(request, &self.which);
            roster.base = based.then(Base::default);
            let failure = match self.vendor.gather(session, &mut roster).await {
                Ok(()) => {
                    let base = roster.base.take();
                    return Ok((roster.end(self.vendor.needs()), base));
                }
                Err(failure) => self.explained(failure),
            };
            if !failure.moved || tries == TRIES {
                return match failure.kind {
                    ProviderErrorKind::Credentials => Err(failure.into()),
                    _ if roster.is_empty() => Err(failure.into()),
                    _ => Ok((roster.cut(&failure), None)),
                };
            }
            tracing::info!(reason = failure.code, "a directory over HTTP is read again: something moved");
            sleep(PAUSE * (1 << tries)).await;
            tries += 1;
        }
    }

    /// For questions that nobody waits for.
    fn session(&self, request: &ReadRequest) -> Result<Session<'_>, Failure> {
        self.service.session(Purpose::Everything, request.now, request.seed)
    }
}

#[async_trait]
impl Directory for VendorDirectory {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        Ok(self.everything(&self.session(request)?, request, false).await?.0)
    }

    async fn read_to(
        &self,
        request: &ReadRequest,
        before: Option<&Cursor>,
    ) -> Result<(Reading, Option<Cursor>), ProviderError> {
        let Some(feed) = self.vendor.feed() else { return Ok((self.read(request).await?, None)) };
        let session = self.session(request)?;
        let mark = feed.mark(&session, before).await;
        let (reading, base) = self.everything(&session, request, true).await?;
        let cursor = match (mark, base) {
            (Ok(cursor), Some(base)) if matches!(reading, Reading::Complete(_)) => {
                feed.stand(&cursor, base).await;
                Some(cursor)
            }
            (Ok(_), _) => None,
            (Err(failure), _) => {
                tracing::warn!(reason = failure.code, %failure, "changes cannot be followed from here on");
                None
            }
        };
        Ok((reading, cursor))
    }

    async fn since(&self, cursor: &Cursor, request: &ReadRequest) -> Result<Since, ProviderError> {
        let Some(feed) = self.vendor.feed() else {
            return Ok(Since::Lost("the provider does not tell of changes".to_owned()));
        };
        let session = self.session(request)?;
        Ok(feed.since(&session, &self.which, cursor).await.map_err(|failure| self.explained(failure))?)
    }

    async fn find(&self, sought: &Sought, request: &ReadRequest) -> Result<Found, ProviderError> {
        match self.vendor.feed().filter(|_| sought.followed) {
            Some(feed) => {
                let roster = Roster::new(request, &self.which);
                let found = feed.find(&self.session(request)?, roster, sought).await;
                Ok(found.map_err(|failure| self.explained(failure))?)
            }
            None => Ok(find::among(self.read(request).await?, &sought.people)),
        }
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}
