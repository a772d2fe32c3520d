//! One hook of the configuration, with its secrets as they are now.

use super::bucket::Bucket;
use super::read::{Call, Given, Verified};
use super::refusal::{Refusal, refuse, unproved};
use super::secrets::{FRESH, FRESH_WHEN_REFUSED, Secrets};
use super::senders;
use crate::config::{self, LoginProtocol, Secret};
use crate::fetch::{Client, KeyCache, Settings, Url};
use crate::jose::Keys;
use crate::providers::{Login, LoginError};
use axum::http::StatusCode;
use rosterd_core::ids::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How long an issuer may take to say its keys.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Hook {
    pub(super) name: String,
    pub(super) config: config::Hook,
    /// Set where its provider is known by logins.
    pub(super) source: Option<LoginProtocol>,
    pub(super) bucket: Bucket,
    keys: Option<IssuerKeys>,
    /// Where its calls are tokens of a login: who verifies them.
    verifier: Option<Arc<dyn Login>>,
    secrets: Arc<Secrets>,
}

/// The keys of whoever signs this sender's tokens.
#[derive(Debug)]
struct IssuerKeys {
    client: Client,
    url: Url,
    cache: KeyCache,
}

impl IssuerKeys {
    fn at(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let hosts = url.host_str().map(str::to_owned).into_iter().collect();
        let client = Client::new(&Settings { hosts, timeout: PATIENCE, ..Settings::default() });
        let client =
            client.inspect_err(|error| tracing::error!(%error, "an issuer's keys cannot be asked for")).ok()?;
        Some(Self { client, url, cache: KeyCache::default() })
    }
}

impl Hook {
    pub(super) fn new(
        name: &str,
        config: &config::Hook,
        source: Option<LoginProtocol>,
        verifier: Option<Arc<dyn Login>>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            source,
            bucket: Bucket::new(config.rate),
            keys: config.issuer.as_ref().and_then(|issuer| IssuerKeys::at(&issuer.keys_url)),
            verifier,
            secrets: Secrets::new(name, &config.secrets),
            config: config.clone(),
        }
    }

    /// Its name, and its provider's.
    pub(super) fn source(&self) -> (&str, &str) {
        (&self.name, &self.config.provider)
    }

    /// Verifies a call and says what it means. Secrets and keys that may have changed are read again.
    pub(super) async fn read(self: &Arc<Self>, call: &Call<'_>, now: Timestamp) -> Result<Verified, Refusal> {
        if let Some(verifier) = &self.verifier {
            return self.proved(&**verifier, call, now).await;
        }
        let secrets = self.secrets(FRESH).await?;
        let keys = match &self.keys {
            Some(keys) => keys.cache.known(&keys.client, &keys.url).await,
            None => None,
        };
        let refused = match senders::read(call, &self.given(&secrets, keys.as_deref(), now)) {
            Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => refusal,
            other => return other,
        };
        let again = self.secrets(FRESH_WHEN_REFUSED).await?;
        let newer = match &self.keys {
            Some(keys) if refused.code == "token-key" => keys.cache.newer(&keys.client, &keys.url).await,
            _ => None,
        };
        if Arc::ptr_eq(&again, &secrets) && newer.is_none() {
            return Err(refused);
        }
        senders::read(call, &self.given(&again, newer.as_deref().or(keys.as_deref()), now))
    }

    /// The same of tokens.
    async fn proved(
        self: &Arc<Self>,
        verifier: &dyn Login,
        call: &Call<'_>,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let secrets = self.secrets(FRESH).await?;
        let shown = match senders::oidc::shown(call, &secrets) {
            Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => {
                senders::oidc::shown(call, &self.secrets(FRESH_WHEN_REFUSED).await?)
            }
            shown => shown,
        }?;
        let said = verifier.verify(&shown, now).await.map_err(|error| {
            tracing::warn!(hook = self.name, %error, "a login could not be verified");
            match &error {
                LoginError::Refused(_) | LoginError::Wrong(..) => unproved(error.code()),
                LoginError::Unreachable(_) => refuse(error.code(), StatusCode::SERVICE_UNAVAILABLE),
            }
        })?;
        Ok(senders::oidc::event(&shown, said, now))
    }

    fn given<'a>(&'a self, secrets: &'a [Secret], keys: Option<&'a Keys>, now: Timestamp) -> Given<'a> {
        Given { hook: &self.config, secrets, keys, source: self.source, now }
    }

    async fn secrets(&self, fresh: Duration) -> Result<Arc<Vec<Secret>>, Refusal> {
        self.secrets.not_older(fresh).await.ok_or(refuse("secrets", StatusCode::SERVICE_UNAVAILABLE))
    }
}
