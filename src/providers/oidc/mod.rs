//! OpenID Connect: people whom a provider vouches for by tokens, which are verified here.
//!
//! [`metadata`] knows where the provider's endpoints are, [`tokens`] what of a login is believed, [`userinfo`] and
//! [`introspection`] ask the provider itself, [`overage`] where groups are that are elsewhere, and [`said`] makes of all
//! that what the rest of the program is told.
//! [`flow`] is how somebody logs in with a browser, [`grant`] how tokens are had for it and renewed, [`logout`] how
//! that ends.
//! No URL that stands in a token is ever asked, and no algorithm that the provider proposes is used.

mod check;
mod flow;
mod grant;
mod introspection;
mod logout;
mod metadata;
mod overage;
mod said;
mod tokens;
mod userinfo;

use super::{BrowserLogin, CheckStep, Login, LoginError, ProviderError, ProviderErrorKind, Said, Shown};
use crate::config::{self, Oidc};
use crate::fetch::{Client, KeyCache, Settings, Url};
use async_trait::async_trait;
use metadata::Cache;
use overage::Access;
use rosterd_core::ids::Timestamp;
use std::sync::atomic::AtomicU64;

/// An OpenID Connect provider.
#[derive(Debug)]
pub struct OidcLogin {
    config: Oidc,
    issuer: Url,
    /// `client_id` and then whoever else tokens may be for.
    audiences: Vec<String>,
    /// Whether an address counts only where the provider has verified it.
    verified_only: bool,
    client: Client,
    metadata: Cache,
    keys: KeyCache,
    /// For `overage`.
    access: Access,
    /// How many renewals it has refused since it last renewed somebody.
    refusals: AtomicU64,
}

impl OidcLogin {
    /// Checks what can be checked without asking the provider.
    ///
    /// # Errors
    /// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
    pub fn new(config: &Oidc, link: &config::Link) -> Result<Self, ProviderError> {
        let wrong = |message: String| ProviderError { kind: ProviderErrorKind::Configuration, message };
        let issuer = Url::parse(&config.issuer).map_err(|error| wrong(format!("oidc.issuer: {error}")))?;
        let authorities = config.ca_file.as_ref().map(|file| {
            std::fs::read(file).map_err(|error| wrong(format!("oidc.ca_file: {}: {error}", file.display())))
        });
        // A claim stands in no host.
        let place = config.overage.as_ref().map(|overage| overage.url.replace(['{', '}'], ""));
        let place = place.map(|url| Url::parse(&url).map_err(|error| wrong(format!("oidc.overage.url: {error}"))));
        let named = [Some(issuer.clone()), place.transpose()?];
        let settings = Settings {
            hosts: named.iter().flatten().filter_map(Url::host_str).map(str::to_owned).collect(),
            private_network: config.private_network,
            authorities: authorities.transpose()?,
            timeout: config.timeout.get(),
        };
        let client = Client::new(&settings).map_err(|error| wrong(format!("oidc: {error}")))?;
        let audiences = std::iter::once(&config.client_id).chain(&config.audiences).cloned().collect();
        let verified_only = link.by.contains(&config::LinkKey::Email) && !config.trust_email;
        Ok(Self {
            config: config.clone(),
            issuer,
            audiences,
            verified_only,
            client,
            metadata: Cache::default(),
            keys: KeyCache::default(),
            access: Access::default(),
            refusals: AtomicU64::new(0),
        })
    }
}

#[async_trait]
impl Login for OidcLogin {
    async fn verify(&self, shown: &Shown, now: Timestamp) -> Result<Said, LoginError> {
        let sources = tokens::believed(self, shown, now).await?;
        overage::said(self, sources).await
    }

    fn browser(&self) -> Option<&dyn BrowserLogin> {
        self.config.code_flow.as_ref().map(|_| self as &dyn BrowserLogin)
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}
