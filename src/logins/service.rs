//! What all of it shares: the configuration in force, keys, and the limit on logins that begin.

use super::pages::Page;
use super::wanted::Rule;
use crate::config::{Http, Rate, SecretRef, Unit};
use crate::hooks::{Bucket, Hooks};
use crate::providers::Login;
use crate::seal::{Seal, SealError};
use crate::store::Store;
use crate::sync::Engine;
use axum::http::StatusCode;
use rosterd_core::ids::Timestamp;
use std::sync::Arc;
use tokio::sync::Notify;

/// How many logins may begin: each one is a row until it comes back or expires.
const BEGINNING: Rate = Rate { calls: 200, per: Unit::Second };

/// See the module's text.
#[derive(Debug)]
pub struct Logins {
    pub(super) hooks: Arc<Hooks>,
    pub(super) beginning: Bucket,
    /// Somebody's login is to be renewed at once.
    pub(super) hurry: Notify,
}

/// The configuration in force, where logins are possible by it.
pub(super) struct Open {
    pub(super) engine: Arc<Engine>,
    pub(super) public_url: String,
}

impl Open {
    pub(super) fn http(&self) -> &Http {
        &self.engine.config.http
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.engine.store
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// Where a provider sends browsers back.
    pub(super) fn callback(&self, provider: &str) -> String {
        format!("{}/login/{provider}/callback", self.public_url)
    }

    /// Where a provider's logouts come to.
    pub(super) fn logout(&self, provider: &str) -> String {
        format!("{}/login/{provider}/logout", self.public_url)
    }

    /// What a login at this provider may ask for.
    pub(super) fn rule<'a>(&'a self, provider: &str) -> Rule<'a> {
        let origins = &self.http().sessions.return_to;
        Rule { issuer: self.issuer(provider), public_url: &self.public_url, origins }
    }

    /// What a provider calls itself; nothing where it is no OpenID provider.
    pub(super) fn issuer(&self, provider: &str) -> &str {
        let section = self.engine.config.providers.get(provider);
        section.and_then(|section| section.oidc.as_ref()).map_or("", |oidc| &oidc.issuer)
    }

    /// The providers at which one can log in, in order.
    pub(super) fn providers(&self) -> impl Iterator<Item = &str> {
        let providers = self.engine.config.providers.iter();
        providers.filter(|(_, section)| section.has_browser_logins()).map(|(name, _)| name.as_str())
    }
}

impl Logins {
    #[must_use]
    pub fn new(hooks: Arc<Hooks>) -> Arc<Self> {
        Arc::new(Self { hooks, beginning: Bucket::new(BEGINNING), hurry: Notify::new() })
    }

    /// Renews at once what is due.
    pub fn hurry(&self) {
        self.hurry.notify_one();
    }

    pub(super) fn open(&self) -> Result<Open, Page> {
        let none = || {
            Page::problem(StatusCode::NOT_FOUND, "Nobody can log in here", "No provider has `code_flow`, or `saml`.")
        };
        let engine = self.hooks.engine().ok_or_else(none)?;
        let public_url = engine.config.http.public_url.clone().ok_or_else(none)?;
        let open = Open { engine, public_url };
        if open.providers().next().is_none() { Err(none()) } else { Ok(open) }
    }

    /// The provider of that name, if one can log in there.
    pub(super) fn provider(&self, name: &str) -> Result<Arc<dyn Login>, Page> {
        let verifier = self.hooks.verifier(name).filter(|verifier| verifier.browser().is_some());
        let why = "No provider of this name lets people log in here.";
        verifier.ok_or_else(|| Page::problem(StatusCode::NOT_FOUND, "There is no such provider", why))
    }
}

/// The keys, as they are now.
pub(super) async fn seal(engine: &Engine) -> Result<Seal, SealError> {
    let references: Vec<SecretRef> = engine.config.database.encryption_keys.clone();
    let read = tokio::task::spawn_blocking(move || Seal::read(&references)).await;
    read.map_err(|error| SealError::Key(error.to_string()))?
}
