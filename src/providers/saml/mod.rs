//! SAML 2.0: people whom an identity provider vouches for by assertions, which are verified here.
//!
//! [`source`] knows the identity provider, by its metadata; [`flow`] is how somebody logs in with a browser, and out;
//! [`said`] makes of an assertion what the rest of the program is told; [`check`] tries each step. What is believed of a
//! message is decided in [`crate::saml`].

mod check;
mod flow;
mod said;
mod source;

use super::{BrowserLogin, CheckStep, Dates, Login, LoginError, ProviderError, ProviderErrorKind, Said, Shown};
use crate::config::{self, NameIdFormat, Saml, Secret};
use crate::saml::metadata::Idp;
use crate::saml::{Answers, Ciphers, Expected, KeyPair, NotRead, Policy, Statement, Trust, Verifier};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use source::Source;
use std::sync::Arc;

/// A SAML identity provider.
#[derive(Debug)]
pub struct SamlLogin {
    config: Saml,
    /// Whether an address may link somebody.
    addresses_link: bool,
    keys: Vec<KeyPair>,
    verifier: Arc<Verifier>,
    source: Source,
}

impl SamlLogin {
    /// Checks what can be checked without asking anybody. Reads keys, and metadata where that is a file.
    ///
    /// # Errors
    /// Of the kind [`ProviderErrorKind::Configuration`], naming the key.
    pub fn new(config: &Saml, link: &config::Link) -> Result<Self, ProviderError> {
        let wrong = |message: String| ProviderError { kind: ProviderErrorKind::Configuration, message };
        let keys = config.keys.iter().enumerate().map(|(at, key)| {
            let secret = key.key.resolve().map_err(|error| wrong(format!("saml.keys[{at}].key: {error}")))?;
            read_key(&secret, &key.certificate_file).map_err(|error| wrong(format!("saml.keys[{at}]: {error}")))
        });
        let verifier = Arc::new(Verifier::new(config.verifier.clone()));
        Ok(Self {
            addresses_link: config.trust_email || !link.by.contains(&config::LinkKey::Email),
            keys: keys.collect::<Result<_, _>>()?,
            source: Source::new(config, Arc::clone(&verifier))?,
            verifier,
            config: config.clone(),
        })
    }

    /// What a response says, if all of it is right. `recipients`: where it may have been sent to.
    async fn believed(
        &self,
        text: &str,
        recipients: Vec<&str>,
        answers: Answers<'_>,
        now: Timestamp,
    ) -> Result<Statement, LoginError> {
        let idp = self.source.idp(now).await?;
        let expected = self.expected(&idp, recipients, answers, now);
        let ciphers = if self.config.cbc { Ciphers::WithCbc } else { Ciphers::Authenticated };
        let policy = Policy { signed: self.config.signed, ciphers, keys: &self.keys };
        Ok(crate::saml::read(text, self.trust(&idp), policy, &expected).await?)
    }

    fn expected<'a>(
        &'a self,
        idp: &'a Idp,
        recipients: Vec<&'a str>,
        answers: Answers<'a>,
        now: Timestamp,
    ) -> Expected<'a> {
        let audiences = std::iter::once(&self.config.entity_id);
        let others = self.config.audiences.iter().filter(|_| answers == Answers::Another);
        Expected {
            issuer: &idp.entity_id,
            audiences: audiences.chain(others).map(String::as_str).collect(),
            recipients,
            answers,
            now,
            skew: self.config.clock_skew.millis(),
            max_age: self.config.max_age.millis(),
            format: Some(self.config.name_id_format)
                .filter(|format| *format != NameIdFormat::Unspecified)
                .map(NameIdFormat::uri),
            transient: self.config.subject != said::NAME_ID,
        }
    }

    fn trust<'a>(&'a self, idp: &'a Idp) -> Trust<'a> {
        Trust { verifier: &self.verifier, certificates: &idp.certificates, algorithms: &self.config.algorithms }
    }
}

fn read_key(key: &Secret, certificate: &std::path::Path) -> Result<KeyPair, String> {
    let text = std::fs::read_to_string(certificate).map_err(|error| format!("{}: {error}", certificate.display()))?;
    KeyPair::read(key, &text).map_err(|error| error.to_string())
}

#[async_trait]
impl Login for SamlLogin {
    /// A response that an application was sent, and hands on.
    async fn verify(&self, shown: &Shown, now: Timestamp) -> Result<Said, LoginError> {
        let none = || LoginError::Wrong("token-missing", "no `saml_response` is shown".to_owned());
        let text = crate::saml::unpacked(shown.saml_response.as_deref().ok_or_else(none)?)?;
        let recipients: Vec<&str> = self.config.recipients.iter().map(String::as_str).collect();
        // Whether it was asked for, the application has seen to: it is the one that asked.
        let statement = self.believed(&text, recipients, Answers::Another, now).await?;
        said::said(&self.config, self.addresses_link, &statement)
    }

    fn browser(&self) -> Option<&dyn BrowserLogin> {
        Some(self)
    }

    async fn tend(&self, now: Timestamp) {
        self.source.tend(now).await;
    }

    fn dates(&self) -> Option<Dates> {
        Some(self.source.dates())
    }

    async fn check(&self) -> Vec<CheckStep> {
        check::run(self).await
    }
}

impl From<crate::saml::Refused> for LoginError {
    fn from(refused: crate::saml::Refused) -> Self {
        Self::Wrong(refused.code, format!("the SAML message is not believed: {refused}"))
    }
}

impl From<NotRead> for LoginError {
    fn from(error: NotRead) -> Self {
        match error {
            NotRead::Refused(refused) => refused.into(),
            NotRead::Verifier(error) => Self::Unreachable(error.to_string()),
        }
    }
}
