//! rosterd's own keys: they sign what it asks, and open what was encrypted for it.

use super::certificate::{Certificate, NotACertificate};
use crate::config::Secret;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// A private key and its certificate.
pub struct KeyPair {
    signing: RsaKeyPair,
    opening: PrivateDecryptingKey,
    certificate: Certificate,
}

/// Why a key cannot be used. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    #[error("the private key is no RSA key in PEM (PKCS #8: BEGIN PRIVATE KEY)")]
    Key,
    #[error("the private key is shorter than 2048 bits")]
    Short,
    #[error("{0}")]
    Certificate(#[from] NotACertificate),
    #[error("the certificate is another key's")]
    Another,
}

impl KeyPair {
    /// Of two PEM texts.
    ///
    /// # Errors
    /// See [`BadKeys`].
    pub fn read(key: &Secret, certificate: &str) -> Result<Self, BadKeys> {
        let bytes = pem(key.expose(), "PRIVATE KEY").ok_or(BadKeys::Key)?;
        let opening = PrivateDecryptingKey::from_pkcs8(&bytes).map_err(|_| BadKeys::Key)?;
        let size = opening.key_size_bytes();
        if size < KeySize::Rsa2048.len() {
            return Err(BadKeys::Short);
        }
        let signing = RsaKeyPair::from_pkcs8(&bytes).map_err(|_| BadKeys::Key)?;
        let certificate = Certificate::one(certificate)?;
        if certificate.public_key() != signing.public_key().as_ref() {
            return Err(BadKeys::Another);
        }
        Ok(Self { signing, opening, certificate })
    }

    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// RSA with PKCS #1 1.5 and SHA-256: what every identity provider verifies. `None`: the library has no random
    /// numbers.
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).ok()?;
        Some(signature)
    }

    /// What was encrypted for this key.
    pub(super) fn unwrap(&self, algorithm: &'static OaepAlgorithm, wrapped: &[u8]) -> Option<Vec<u8>> {
        let key = OaepPrivateDecryptingKey::new(self.opening.clone()).ok()?;
        let mut out = vec![0; key.min_output_size()];
        key.decrypt(algorithm, wrapped, &mut out, None).ok().map(|plain| plain.to_vec())
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// The bytes of the first block of that kind (RFC 7468).
pub(super) fn pem(text: &str, kind: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let body = text.split_once(&begin)?.1.split_once(&end)?.0;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}
