//! READ: where identities and groups come from.
//!
//! A provider turns what it is told into a [`Reading`] and knows nothing of targets, rules or the
//! store. Whether a reading is complete is decided by [`rosterd_core::snapshot`], not here.

mod browser;
mod claims;
pub mod file;
mod find;
pub mod follow;
pub mod ldap;
mod login;
pub mod oidc;
pub mod saml;
pub mod scim;
pub mod vendors;
mod web;

use crate::config::{self, Kind};
use async_trait::async_trait;
pub use browser::{
    Away, Back, Begun, BrowserLogin, Carried, Drawn, Finished, Leave, Leaving, LoggedOut, RenewError, Renewed,
};
use follow::{Cursor, Ring, Since};
pub use login::{Dates, Login, LoginError, Said, Shown};
use rosterd_core::ids::Timestamp;
pub use rosterd_core::snapshot::PersonKey;
use rosterd_core::snapshot::{PersonIndex, Reading};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A provider that can list its people and groups.
#[async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// Reads everything. An error means that nothing could be read at all; what was read in part
    /// is a [`Reading::Unknown`].
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError>;

    /// The same, and until where its changes are in it; `None` where it does not tell of changes. `before`:
    /// until where they were read before, which can make that cheaper to say.
    async fn read_to(
        &self,
        request: &ReadRequest,
        _before: Option<&Cursor>,
    ) -> Result<(Reading, Option<Cursor>), ProviderError> {
        Ok((self.read(request).await?, None))
    }

    /// What has changed since then.
    async fn since(&self, _cursor: &Cursor, _request: &ReadRequest) -> Result<Since, ProviderError> {
        Ok(Since::Lost("the provider does not tell of changes".to_owned()))
    }

    /// Rings whenever something has changed since then, at once, until the provider ends it. One that cannot
    /// ends it at once.
    async fn listen(&self, _cursor: &Cursor, _ring: &dyn Ring) -> Result<(), ProviderError> {
        Ok(())
    }

    /// Looks for a few people, and all groups that they are in, directly or through others. What
    /// comes back is a [`Reading::People`], or a [`Reading::Unknown`] when something was missing.
    ///
    /// A provider that can't search reads everything.
    async fn find(&self, sought: &Sought, request: &ReadRequest) -> Result<Found, ProviderError> {
        Ok(find::among(self.read(request).await?, &sought.people))
    }

    /// Tries each step of a read for `rosterd check provider`, in order, up to the first failure.
    async fn check(&self) -> Vec<CheckStep>;
}

/// The provider that a section of the configuration describes; `None` where people are known by
/// their logins only.
///
/// # Errors
/// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
pub fn build(section: &config::Provider) -> Result<Option<Arc<dyn Directory>>, ProviderError> {
    Ok(Some(match section.kind() {
        Some(Kind::Ldap(ldap)) => Arc::new(ldap::LdapDirectory::new(ldap)?),
        Some(Kind::File(file)) => Arc::new(file::FileDirectory::new(file)),
        Some(Kind::Login(_) | Kind::Oidc(_) | Kind::Saml(_)) => return Ok(None),
        Some(Kind::Scim(scim)) => Arc::new(scim::ScimDirectory::new(scim)?),
        Some(
            vendor @ (Kind::Keycloak(_)
            | Kind::Graph(_)
            | Kind::Okta(_)
            | Kind::Google(_)
            | Kind::GitHub(_)
            | Kind::GitLab(_)),
        ) => Arc::new(vendors::VendorDirectory::new(vendor)?),
        None => {
            let names = Kind::NAMES.map(config::quoted).join(", ");
            return Err(ProviderError {
                kind: ProviderErrorKind::Configuration,
                message: format!("exactly one of {names} must say where the provider's people come from"),
            });
        }
    }))
}

/// Who verifies logins of a provider; `None` where nobody can.
///
/// # Errors
/// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
pub fn build_login(section: &config::Provider) -> Result<Option<Arc<dyn Login>>, ProviderError> {
    match section.kind() {
        Some(Kind::Oidc(oidc)) => Ok(Some(Arc::new(oidc::OidcLogin::new(oidc, &section.link)?))),
        Some(Kind::Saml(saml)) => Ok(Some(Arc::new(saml::SamlLogin::new(saml, &section.link)?))),
        _ => Ok(None),
    }
}

/// Tries each step of what a section says, up to the first failure; `None` where there is nobody to ask.
///
/// # Errors
/// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
pub async fn check(section: &config::Provider) -> Result<Option<Vec<CheckStep>>, ProviderError> {
    Ok(match (build(section)?, build_login(section)?) {
        (Some(directory), _) => Some(directory.check().await),
        (None, Some(login)) => Some(login.check().await),
        (None, None) => None,
    })
}

/// What a read is given from outside.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// Random, new for each read.
    pub seed: u128,
    /// When it is.
    pub now: Timestamp,
    /// Where the read says how far it is.
    pub progress: Arc<Progress>,
}

/// Who and what is to be found.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    pub people: Vec<PersonKey>,
    /// Groups by their immutable ids, whoever is in them.
    pub groups: Vec<String>,
    /// The provider has named these, so that those of an immutable id that is not found are gone. Else who
    /// is not found is nobody.
    pub followed: bool,
}

impl From<Vec<PersonKey>> for Sought {
    fn from(people: Vec<PersonKey>) -> Self {
        Self { people, ..Self::default() }
    }
}

/// What became of looking for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The person's place in the reading.
    One(PersonIndex),
    /// Nobody has the key: nothing is said about anybody.
    Nobody,
    /// Several have it: neither is believed to be meant.
    Several,
}

/// A few people. See [`Directory::find`].
#[derive(Debug)]
pub struct Found {
    pub reading: Reading,
    /// For each key that was asked for, in their order.
    pub matches: Vec<Match>,
}

/// How many entries were read so far.
#[derive(Debug, Default)]
pub struct Progress {
    people: AtomicU64,
    groups: AtomicU64,
}

impl Progress {
    pub fn add_people(&self, n: u64) {
        self.people.fetch_add(n, Ordering::Relaxed);
    }

    pub fn add_groups(&self, n: u64) {
        self.groups.fetch_add(n, Ordering::Relaxed);
    }

    /// (people, groups)
    #[must_use]
    pub fn get(&self) -> (u64, u64) {
        (self.people.load(Ordering::Relaxed), self.groups.load(Ordering::Relaxed))
    }
}

/// One step of a check.
#[derive(Debug, Clone)]
pub struct CheckStep {
    /// What was tried, such as `connect ldaps://ldap1.example.org`.
    pub what: String,
    /// What was found, or what went wrong and what to do about it.
    pub result: Result<String, String>,
}

/// Why nothing could be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    pub kind: ProviderErrorKind,
    /// For a person: what happened, where, and what to do. Without secrets.
    pub message: String,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// No server answered, or not in time. Try again.
    Unreachable,
    /// TLS could not be set up as configured. Trying again helps only if the server changes.
    Tls,
    /// The server refused the credentials. Trying again could lock the account: stop.
    Credentials,
    /// The server answered something that it must not, or refused the request.
    Protocol,
    /// The configuration cannot work: a secret that is missing, a file that is not there.
    Configuration,
}

impl ProviderErrorKind {
    /// A stable word for logs, metrics and tests.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Credentials => "credentials",
            Self::Protocol => "protocol",
            Self::Configuration => "configuration",
        }
    }

    /// Whether the same request can succeed later without anybody's doing.
    #[must_use]
    pub fn retry(self) -> bool {
        matches!(self, Self::Unreachable)
    }
}
