//! One stream of the configuration, with its keys and secrets as they are now.

use super::effect::Known;
use super::event::{self, Event};
use super::keys::IssuerKeys;
use super::refusal::Refusal;
use super::signal::Signal;
use super::subject::Names;
use crate::config::{self, Config};
use crate::fetch::{Client, Settings, Url};
use crate::hooks::{Bucket, FRESH, FRESH_WHEN_REFUSED, Secrets, shared};
use crate::jose::{Kind, Refused, open, verify};
use axum::http::{HeaderMap, StatusCode};
use rosterd_core::ids::Timestamp;
use std::sync::Arc;

/// The largest event.
pub(super) const LARGEST: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    /// In place of a hook's name, and of an issuer's, where what counts once is remembered: one event may come by two
    /// streams, for two providers.
    pub(super) source: String,
    pub(super) config: config::Signals,
    pub(super) known: Known,
    /// Where its people are known by another claim of tokens than `sub`.
    pub(super) other_subject: bool,
    pub(super) bucket: Bucket,
    pub(super) client: Option<Client>,
    names: Names,
    keys: IssuerKeys,
    secrets: Arc<Secrets>,
}

impl Stream {
    /// `None` where its provider is not there.
    pub(super) fn new(name: &str, stream: &config::Signals, all: &Config) -> Option<Self> {
        let provider = all.providers.get(&stream.provider)?;
        let known = if provider.knows_logins_only() { Known::ByLogins } else { Known::Listed };
        let subjects = &stream.subjects;
        let oidc = provider.oidc.as_ref();
        let issuer = subjects.issuer.as_ref().or(oidc.map(|oidc| &oidc.issuer)).unwrap_or(&stream.issuer);
        let names = Names {
            issuer: issuer.clone(),
            iss_sub: subjects.iss_sub,
            opaque: subjects.opaque,
            account: subjects.account,
            email: subjects.email,
            believed: provider.believed_with_addresses(),
        };
        let failed = |error: &String| tracing::error!(signal = name, error, "a stream of events cannot be used");
        Some(Self {
            name: name.to_owned(),
            source: format!("/signals/{name}"),
            known,
            other_subject: oidc.is_some_and(|oidc| oidc.subject != "sub"),
            bucket: Bucket::new(stream.rate),
            client: client(stream).inspect_err(failed).ok(),
            names,
            keys: IssuerKeys::new(&stream.issuer, stream.keys_url.as_deref()),
            secrets: Secrets::new(name, &stream.secrets),
            config: stream.clone(),
        })
    }

    /// Whether whoever pushes is who they should be.
    pub(super) async fn admits(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.config.secrets.is_empty() {
            return Ok(());
        }
        for fresh in [FRESH, FRESH_WHEN_REFUSED] {
            let secrets = self.secrets.not_older(fresh).await.ok_or(Refusal::later("secrets"))?;
            if shared(headers, "authorization", &secrets).is_ok() {
                return Ok(());
            }
        }
        Err(Refusal::never("secret", "authentication_failed"))
    }

    /// What an event says, if the issuer made it for us and it counts now.
    pub(super) async fn read(&self, token: &str, now: Timestamp) -> Result<Event, Refusal> {
        if token.len() > LARGEST {
            return Err(Refused::Size.into());
        }
        let client = self.client.as_ref().ok_or(Refusal::later("client"))?;
        let opened = open(token, Kind::Event, &self.config.algorithms)?;
        let keys = self.keys.known(client).await.ok_or(Refusal::later("keys"))?;
        let claims = match verify(&opened, &keys) {
            Err(Refused::Key) => {
                let newer = self.keys.newer(client).await.ok_or(Refused::Key)?;
                verify(&opened, &newer)?
            }
            verified => verified?,
        };
        let event = event::read(&claims, &self.config, &self.names, now)?;
        let wanted = self.config.verification_state.as_ref();
        // One without was not asked for; the transmitter may send it by itself (SSF 1.0 §8.1.4.1).
        let other = event.state.is_some() && event.state.as_ref() != wanted;
        if event.signal == Signal::Verification && wanted.is_some() && other {
            return Err(Refusal::never("event-state", "invalid_state"));
        }
        Ok(event)
    }

    /// Where its keys are, and how many there are: for a check.
    pub(super) async fn keys(&self) -> Result<(Url, Option<usize>), String> {
        let client = self.client.as_ref().ok_or("the log says why it cannot be used")?;
        let place = self.keys.place(client).await?;
        let keys = self.keys.known(client).await;
        Ok((place, keys.map(|keys| keys.len())))
    }

    /// That too many are sent.
    pub(super) fn limited(code: &'static str) -> Refusal {
        Refusal::later(code).with(StatusCode::TOO_MANY_REQUESTS)
    }
}

fn client(stream: &config::Signals) -> Result<Client, String> {
    let urls = [Some(&stream.issuer), stream.keys_url.as_ref(), stream.poll.as_ref().map(|poll| &poll.url)];
    let host = |url: &String| Url::parse(url).ok()?.host_str().map(str::to_owned);
    let authorities = stream
        .ca_file
        .as_ref()
        .map(|file| std::fs::read(file).map_err(|error| format!("ca_file: {}: {error}", file.display())));
    let settings = Settings {
        hosts: urls.into_iter().flatten().filter_map(host).collect(),
        private_network: stream.private_network,
        authorities: authorities.transpose()?,
        timeout: stream.timeout.get(),
    };
    Client::new(&settings).map_err(|error| error.to_string())
}
