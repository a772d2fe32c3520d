//! What is known of the identity provider: its metadata, read again on schedule. What cannot be read leaves what was
//! known before, for as long as that said it is good.

use super::super::{Dates, LoginError, ProviderError, ProviderErrorKind};
use crate::config::Saml;
use crate::fetch::{Client, Settings, Url};
use crate::saml::metadata::{self, BadMetadata, Idp, Signers};
use crate::saml::{Certificate, Verifier};
use rosterd_core::ids::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// The largest document.
const LARGEST: usize = 4 << 20;
/// Between two tries where one failed, in milliseconds.
const AGAIN: i64 = 10_000;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Source {
    place: Place,
    name: Option<String>,
    signers: Vec<Certificate>,
    every: i64,
    verifier: Arc<Verifier>,
    known: RwLock<State>,
    /// One reads; the others wait, or take what is known.
    reading: Mutex<()>,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Url(Box<Client>, Url),
}

#[derive(Debug, Default, Clone)]
struct State {
    idp: Option<Arc<Idp>>,
    read_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
    /// Why the last try failed.
    failed: Option<String>,
}

impl Source {
    pub(super) fn new(config: &Saml, verifier: Arc<Verifier>) -> Result<Self, ProviderError> {
        let wrong = |message: String| ProviderError { kind: ProviderErrorKind::Configuration, message };
        let place = match (&config.metadata_file, &config.metadata_url) {
            (Some(file), None) => {
                inspected(file, config.idp_entity_id.as_deref())
                    .map_err(|error| wrong(format!("saml.metadata_file: {}: {error}", file.display())))?;
                Place::File(file.clone())
            }
            (None, Some(url)) => {
                let url = Url::parse(url).map_err(|error| wrong(format!("saml.metadata_url: {error}")))?;
                let authorities = config.ca_file.as_ref().map(|file| {
                    std::fs::read(file).map_err(|error| wrong(format!("saml.ca_file: {}: {error}", file.display())))
                });
                let settings = Settings {
                    hosts: url.host_str().map(str::to_owned).into_iter().collect(),
                    private_network: config.private_network,
                    authorities: authorities.transpose()?,
                    timeout: config.timeout.get(),
                };
                let client = Client::new(&settings).map_err(|error| wrong(format!("saml: {error}")))?;
                Place::Url(Box::new(client), url)
            }
            _ => return Err(wrong("exactly one of saml.metadata_file and saml.metadata_url must be there".to_owned())),
        };
        let signers = config.metadata_certificate_files.iter().map(|file| {
            let text = std::fs::read_to_string(file).map_err(|error| error.to_string());
            let certificate = text.and_then(|text| Certificate::one(&text).map_err(|error| error.to_string()));
            certificate.map_err(|error| wrong(format!("saml.metadata_certificate_files: {}: {error}", file.display())))
        });
        Ok(Self {
            place,
            name: config.idp_entity_id.clone(),
            signers: signers.collect::<Result<_, _>>()?,
            every: config.metadata_every.millis(),
            verifier,
            known: RwLock::default(),
            reading: Mutex::default(),
        })
    }

    /// The identity provider, as it is known now.
    pub(super) async fn idp(&self, now: Timestamp) -> Result<Arc<Idp>, LoginError> {
        if let Some(idp) = self.good(now).filter(|_| !self.is_due(now)) {
            return Ok(idp);
        }
        let _one = self.reading.lock().await;
        if self.is_due(now) {
            self.read(now).await;
        }
        let failed = self.state().failed.unwrap_or_else(|| "its metadata is not read yet".to_owned());
        self.good(now).ok_or(LoginError::Unreachable(failed))
    }

    /// Reads it again where that is due.
    pub(super) async fn tend(&self, now: Timestamp) {
        if self.is_due(now) {
            let _one = self.reading.lock().await;
            if self.is_due(now) {
                self.read(now).await;
            }
        }
    }

    /// Reads it now, whatever is known.
    pub(super) async fn fresh(&self, now: Timestamp) -> Result<Arc<Idp>, BadMetadata> {
        self.fetch(now).await.map(Arc::new)
    }

    /// What it said of how long it is good.
    pub(super) fn dates(&self) -> Dates {
        let State { idp, read_at, .. } = self.state();
        let ends = idp.iter().flat_map(|idp| &idp.certificates).map(|certificate| certificate.validity().1);
        let (certificates_until, valid_until) = (ends.min(), idp.as_ref().and_then(|idp| idp.valid_until));
        Dates { read_at, valid_until, certificates_until }
    }

    fn state(&self) -> State {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn good(&self, now: Timestamp) -> Option<Arc<Idp>> {
        self.state().idp.filter(|idp| idp.valid_until.is_none_or(|end| now < end))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let state = self.state();
        let long_ago = |at: Timestamp, than: i64| !(0..than).contains(&now.0.saturating_sub(at.0));
        if state.tried_at.is_some_and(|at| !long_ago(at, AGAIN)) && state.failed.is_some() {
            return false;
        }
        let every = state.idp.as_ref().and_then(|idp| idp.cache).map_or(self.every, |cache| cache.min(self.every));
        state.failed.is_some() || state.read_at.is_none_or(|at| long_ago(at, every.max(AGAIN)))
    }

    async fn read(&self, now: Timestamp) {
        let read = self.fetch(now).await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = Some(now);
        match read {
            Ok(idp) => {
                if known.idp.as_deref() != Some(&idp) {
                    let keys: Vec<String> = idp.certificates.iter().map(Certificate::fingerprint).collect();
                    tracing::info!(
                        keys = keys.join(" "),
                        ignored = idp.ignored,
                        "the identity provider's metadata is new"
                    );
                }
                outdated(&idp, now);
                known.idp = Some(Arc::new(idp));
                known.read_at = Some(now);
                known.failed = None;
            }
            Err(error) => {
                tracing::warn!(%error, "the identity provider's metadata cannot be read; what was known before counts");
                known.failed = Some(error.to_string());
            }
        }
    }

    async fn fetch(&self, now: Timestamp) -> Result<Idp, BadMetadata> {
        let text = match &self.place {
            Place::File(file) => {
                let read = tokio::fs::read_to_string(file).await;
                read.map_err(|error| BadMetadata::Unreachable(format!("{}: {error}", file.display())))?
            }
            Place::Url(client, url) => {
                let answer = client.get(url, None, LARGEST).await;
                let answer = answer.map_err(|error| BadMetadata::Unreachable(error.to_string()))?;
                if !answer.good() {
                    return Err(BadMetadata::Unreachable(format!("{url} answered {}", answer.status)));
                }
                String::from_utf8(answer.body.to_vec())
                    .map_err(|_| BadMetadata::Unreachable(format!("{url} answered no UTF-8")))?
            }
        };
        let signers = Signers { verifier: &self.verifier, certificates: &self.signers };
        metadata::read(&text, signers, self.name.as_deref(), now).await
    }
}

/// What can be said of a file before anybody logs in: that something could be believed of it. Whether it is signed as it
/// has to be, and whether it has expired, is found out when it is read, and may be another answer tomorrow.
fn inspected(file: &Path, name: Option<&str>) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    metadata::inspect(&text, name).map_err(|error| error.to_string())
}

/// A key counts as long as the metadata has it, whatever its certificate says (SAML V2.0 Metadata Interoperability
/// Profile §2.5). Who forgot to renew one wants to know all the same.
fn outdated(idp: &Idp, now: Timestamp) {
    for certificate in &idp.certificates {
        let (from, until) = certificate.validity();
        if now < from || until <= now {
            tracing::warn!(
                key = certificate.fingerprint(),
                "a certificate of the identity provider is out of its dates; it counts as long as the metadata has it"
            );
        }
    }
}
