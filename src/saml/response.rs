//! The way of a response, from the bytes that came to what is believed of them.

use super::Refused;
use super::assertion::{self, Statement};
use super::certificate::Certificate;
use super::decrypt::{self, Ciphers};
use super::keys::KeyPair;
use super::profile::{self, Expected};
use super::shape::{Kind, Shape, shape};
use super::verifier::{Outcome, Verifier, VerifierError};
use super::xml::{self, MESSAGE};
use crate::config::{SamlAlgorithm, SamlSigned};

/// Whose signatures count, and who looks.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'a> {
    pub verifier: &'a Verifier,
    /// Never empty: without one, nothing is believed.
    pub certificates: &'a [Certificate],
    pub algorithms: &'a [SamlAlgorithm],
}

/// What is wanted of a response.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    pub signed: SamlSigned,
    pub ciphers: Ciphers,
    /// Ours, for what is encrypted.
    pub keys: &'a [KeyPair],
}

/// Why nothing is believed.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Later it may be.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
}

/// What a response says of somebody, if all of it is right.
///
/// # Errors
/// When it is not, or nobody could verify it.
pub async fn read(
    text: &str,
    trust: Trust<'_>,
    policy: Policy<'_>,
    expected: &Expected<'_>,
) -> Result<Statement, NotRead> {
    let (whole, content) = {
        let document = xml::parse(text, MESSAGE)?;
        let found = shape(&document, Kind::Response, trust.algorithms)?;
        // What says itself that it is not for us, or no success, costs no cryptography.
        profile::envelope(found.root, found.signed, expected)?;
        (found.signed, wanted(&found, policy.signed)?)
    };
    // Covered by the one signature, or by both.
    let response = if whole { Some(signed(text, trust).await?) } else { None };
    let believed = match (&response, content) {
        (Some(response), Content::Clear) => {
            let document = xml::parse(response, MESSAGE)?;
            let found = again(&document, Kind::Response, trust)?;
            profile::envelope(found.root, true, expected)?;
            let assertion = found.assertion.ok_or_else(none)?;
            // Its own signature was verified with the other, if it has one: all in a message are.
            assertion::read(assertion)?
        }
        (None, Content::Clear) => of_assertion(&signed(text, trust).await?, trust)?,
        (response, Content::Encrypted) => {
            let opened = {
                let from = response.as_deref().unwrap_or(text);
                let document = xml::parse(from, MESSAGE)?;
                let found = if response.is_some() {
                    let found = again(&document, Kind::Response, trust)?;
                    profile::envelope(found.root, true, expected)?;
                    found
                } else {
                    shape(&document, Kind::Response, trust.algorithms)?
                };
                decrypt::open(found.encrypted.ok_or_else(none)?, policy.keys, policy.ciphers)?
            };
            let inner = inner(&opened, response.is_some(), trust, policy.signed).await;
            match inner {
                // Nobody vouches for what was decrypted: how far it got is what whoever changed it wants to know.
                Err(NotRead::Refused(_)) if response.is_none() => return Err(decrypt::failed().into()),
                inner => inner?,
            }
        }
    };
    profile::assertion(&believed, expected)?;
    Ok(believed)
}

/// Everything of a response that is looked at without cryptography, as if it had been signed: for whoever looks for
/// messages that break it (`fuzz/`). What it gives says nothing of whether to believe one.
///
/// # Errors
/// Where it would be refused even then.
pub fn examine(text: &str, algorithms: &[SamlAlgorithm], expected: &Expected<'_>) -> Result<(), Refused> {
    let document = xml::parse(text, MESSAGE)?;
    let found = shape(&document, Kind::Response, algorithms)?;
    profile::envelope(found.root, found.signed, expected)?;
    if let Some(encrypted) = found.encrypted {
        decrypt::open(encrypted, &[], Ciphers::WithCbc)?;
    }
    profile::assertion(&assertion::read(found.assertion.ok_or_else(none)?)?, expected)
}

/// In what the assertion comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Clear,
    Encrypted,
}

/// Whether as much is signed as has to be. What is encrypted may be signed within, which is seen later.
fn wanted(found: &Shape<'_, '_>, signed: SamlSigned) -> Result<Content, Refused> {
    let content = match (found.assertion, found.encrypted) {
        (Some(_), None) => Content::Clear,
        (None, Some(_)) => Content::Encrypted,
        _ => return Err(none()),
    };
    let hidden = content == Content::Encrypted;
    let enough = match signed {
        SamlSigned::Any => found.signed || found.assertion_signed || hidden,
        SamlSigned::Assertion => found.assertion_signed || hidden,
        SamlSigned::Response => found.signed,
        SamlSigned::Both => found.signed && (found.assertion_signed || hidden),
    };
    if enough { Ok(content) } else { Err(unsigned()) }
}

/// An assertion that was encrypted. `covered`: the signature of the response covers it.
async fn inner(text: &str, covered: bool, trust: Trust<'_>, wanted: SamlSigned) -> Result<Statement, NotRead> {
    let own = {
        let document = xml::parse(text, MESSAGE)?;
        shape(&document, Kind::Assertion, trust.algorithms)?.signed
    };
    let needed = !covered || matches!(wanted, SamlSigned::Assertion | SamlSigned::Both);
    if needed && !own {
        return Err(unsigned().into());
    }
    if own {
        return Ok(of_assertion(&signed(text, trust).await?, trust)?);
    }
    let document = xml::parse(text, MESSAGE)?;
    Ok(assertion::read(document.root_element())?)
}

/// Of the bytes that were signed, which are an assertion and nothing else.
fn of_assertion(text: &str, trust: Trust<'_>) -> Result<Statement, Refused> {
    let document = xml::parse(text, MESSAGE)?;
    let found = again(&document, Kind::Assertion, trust)?;
    assertion::read(found.root)
}

/// What was signed, by both verifiers' word.
pub(super) async fn signed(text: &str, trust: Trust<'_>) -> Result<String, NotRead> {
    let keys: Vec<&[u8]> = trust.certificates.iter().map(Certificate::der).collect();
    Ok(match trust.verifier.verify(text, &keys).await? {
        Outcome::Signed(signed) => signed,
        Outcome::NotSigned => {
            return Err(
                Refused::new("signature", "its signature is wrong, or another's than the configured keys'").into()
            );
        }
        Outcome::Ended => {
            return Err(Refused::new("signature-cost", "it costs more to verify than any honest message").into());
        }
        Outcome::Differ => {
            return Err(Refused::new("signature-differ", "two programs do not agree on what of it is signed").into());
        }
    })
}

/// Looks at what was signed as at what came: it is to be of that kind, and its own signature is gone from it.
pub(super) fn again<'a, 'x>(
    document: &'a roxmltree::Document<'x>,
    kind: Kind,
    trust: Trust<'_>,
) -> Result<Shape<'a, 'x>, Refused> {
    let found = shape(document, kind, trust.algorithms)?;
    if found.signed {
        return Err(Refused::new("signature-differ", "what was signed is not what came"));
    }
    Ok(found)
}

fn none() -> Refused {
    Refused::new("no-assertion", "it has no assertion")
}

fn unsigned() -> Refused {
    Refused::new("not-signed", "what has to be signed is not signed; see `signed`")
}
