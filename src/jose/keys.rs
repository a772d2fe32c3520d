//! The public keys of an issuer (RFC 7517): which of them a token may have been signed with.

use crate::config::SigningAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use std::fmt;

/// The most keys of a set that are looked at.
const MOST: usize = 100;
/// The lengths of a modulus that are believed, in bytes: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// So many keys of one name are tried.
const TRIED: usize = 4;

/// What a key can sign by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Family {
    fn of(algorithm: SigningAlgorithm) -> Self {
        use SigningAlgorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        match algorithm {
            Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => Self::Rsa,
            Es256 => Self::P256,
            Es384 => Self::P384,
            EdDsa => Self::Ed25519,
        }
    }
}

struct Key {
    kid: Option<String>,
    /// Where it is for one algorithm only.
    alg: Option<String>,
    family: Family,
    key: DecodingKey,
}

/// A set of keys. What is in it that cannot verify a signature (secrets, keys for encryption, short ones, kinds that
/// are not known here) is left out, and hides none of the others.
#[derive(Default)]
pub struct Keys(Vec<Key>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|key| key.kid.as_deref().unwrap_or_default());
        f.debug_list().entries(names).finish()
    }
}

impl Keys {
    /// Of a set's JSON value; `None` where it is no set.
    #[must_use]
    pub fn parse(set: &Value) -> Option<Self> {
        let keys = set.get("keys")?.as_array()?;
        Some(Self(keys.iter().take(MOST).filter_map(key).collect()))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that a token of that header may have been signed with. Where the header names none, it must be clear
    /// which.
    pub(super) fn of(&self, algorithm: SigningAlgorithm, kid: Option<&str>) -> Vec<&DecodingKey> {
        let fits = |key: &&Key| {
            key.family == Family::of(algorithm) && key.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str())
        };
        let fitting = self.0.iter().filter(fits);
        match kid {
            Some(kid) => {
                fitting.filter(|key| key.kid.as_deref() == Some(kid)).map(|key| &key.key).take(TRIED).collect()
            }
            None => {
                let keys: Vec<_> = fitting.map(|key| &key.key).collect();
                if keys.len() == 1 { keys } else { Vec::new() }
            }
        }
    }
}

fn key(value: &Value) -> Option<Key> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let verifies = |operations: &Value| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|name| name.as_str() == Some("verify")))
    };
    let signs = text("use").is_none_or(|used| used == "sig") && value.get("key_ops").is_none_or(verifies);
    if !signs || value.get("use").is_some_and(|used| !used.is_string()) {
        return None;
    }
    let (family, key) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (n, e) = (bytes("n")?, bytes("e")?);
            let odd = e.last().is_some_and(|last| last & 1 == 1) && e != [1];
            let modulus = n.iter().skip_while(|byte| **byte == 0).count();
            if !MODULUS.contains(&modulus) || !odd || n.first() == Some(&0) {
                return None;
            }
            (Family::Rsa, DecodingKey::from_rsa_raw_components(&n, &e))
        }
        ("EC", Some(curve @ ("P-256" | "P-384"))) => {
            let (family, length) = if curve == "P-256" { (Family::P256, 32) } else { (Family::P384, 48) };
            if bytes("x")?.len() != length || bytes("y")?.len() != length {
                return None;
            }
            (family, DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?)
        }
        ("OKP", Some("Ed25519")) if bytes("x")?.len() == 32 => {
            (Family::Ed25519, DecodingKey::from_ed_components(text("x")?).ok()?)
        }
        _ => return None,
    };
    let alg = text("alg").map(str::to_owned);
    Some(Key { kid: text("kid").map(str::to_owned), alg, family, key })
}

impl From<SigningAlgorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256 => Self::RS256,
            SigningAlgorithm::Rs384 => Self::RS384,
            SigningAlgorithm::Rs512 => Self::RS512,
            SigningAlgorithm::Ps256 => Self::PS256,
            SigningAlgorithm::Ps384 => Self::PS384,
            SigningAlgorithm::Ps512 => Self::PS512,
            SigningAlgorithm::Es256 => Self::ES256,
            SigningAlgorithm::Es384 => Self::ES384,
            SigningAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}
