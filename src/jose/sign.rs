//! Signing, where rosterd proves itself to a service by a key instead of a password (RFC 7523): RS256, which all take.

use crate::config::Secret;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;
use std::fmt;

/// A private key. Prints as `***`.
#[derive(Clone)]
pub struct SigningKey(EncodingKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl SigningKey {
    /// An RSA key in PEM (RFC 7468, PKCS #8 or PKCS #1); `None` where it is no such key.
    #[must_use]
    pub fn rsa(pem: &Secret) -> Option<Self> {
        EncodingKey::from_rsa_pem(pem.expose().as_bytes()).ok().map(Self)
    }

    /// A token that says so, and which key signed it where that has a name; `None` where the key cannot sign.
    #[must_use]
    pub fn sign(&self, kid: Option<&str>, claims: &Value) -> Option<Secret> {
        let header = Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.0).ok().map(Secret::new)
    }
}
