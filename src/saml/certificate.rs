//! Certificates, which in SAML are no more than a way to write a key down: whose it is, the metadata says, and no
//! authority is asked (SAML V2.0 Metadata Interoperability Profile §2.5).

use super::keys::pem;
use rosterd_core::ids::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// A certificate with a key that is strong enough.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    public_key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

/// Why a certificate does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACertificate {
    #[error("it is no X.509 certificate (PEM: BEGIN CERTIFICATE)")]
    Form,
    #[error("its key is neither RSA of 2048 bits or more, nor ECDSA on P-256, P-384 or P-521")]
    Key,
}

impl Certificate {
    /// Of DER.
    ///
    /// # Errors
    /// See [`NotACertificate`].
    pub fn read(der: &[u8]) -> Result<Self, NotACertificate> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| NotACertificate::Form)?;
        if !rest.is_empty() {
            return Err(NotACertificate::Form);
        }
        let strong = match parsed.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => (2048..=8192).contains(&key.key_size()),
            Ok(PublicKey::EC(point)) => matches!(point.key_size(), 256 | 384 | 521 | 528),
            _ => false,
        };
        if !strong {
            return Err(NotACertificate::Key);
        }
        let at = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp().saturating_mul(1000));
        Ok(Self {
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            not_before: at(parsed.validity().not_before),
            not_after: at(parsed.validity().not_after),
            der: der.to_vec(),
        })
    }

    /// The first of a PEM text.
    ///
    /// # Errors
    /// See [`NotACertificate`].
    pub fn one(text: &str) -> Result<Self, NotACertificate> {
        Self::read(&pem(text, "CERTIFICATE").ok_or(NotACertificate::Form)?)
    }

    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bits of the key, as the certificate has them.
    pub(super) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// From and until when it says that it is good. That is for people to know: a key counts as long as its owner's
    /// metadata has it.
    #[must_use]
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        (self.not_before, self.not_after)
    }

    /// The first bytes of its SHA-256, in hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.der).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.fingerprint())
    }
}
