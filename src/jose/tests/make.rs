//! Tokens signed by keys of our own, right and wrong.

use super::super::Keys;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::LazyLock;

const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// Making one takes seconds.
static OURS: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static THEIRS: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

pub(super) enum Pair {
    Rsa(&'static RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// An issuer with one key.
pub(super) struct Signer {
    pub(super) algorithm: &'static str,
    pub(super) kid: String,
    pub(super) pair: Pair,
}

pub(super) fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and payload as they are signed.
pub(super) fn signed_part(header: &str, payload: &str) -> String {
    format!("{}.{}", part(header.as_bytes()), part(payload.as_bytes()))
}

impl Signer {
    /// One of each algorithm.
    pub(super) fn each() -> Vec<Self> {
        ALGORITHMS.into_iter().map(Self::one).collect()
    }

    pub(super) fn one(algorithm: &'static str) -> Self {
        Self::with(algorithm, &OURS)
    }

    /// The same of somebody else, who calls the key the same.
    pub(super) fn stranger(algorithm: &'static str) -> Self {
        Self::with(algorithm, &THEIRS)
    }

    fn with(algorithm: &'static str, rsa: &'static RsaKeyPair) -> Self {
        let pair = match algorithm {
            "RS256" => Pair::Rsa(rsa, &RSA_PKCS1_SHA256),
            "RS384" => Pair::Rsa(rsa, &RSA_PKCS1_SHA384),
            "RS512" => Pair::Rsa(rsa, &RSA_PKCS1_SHA512),
            "PS256" => Pair::Rsa(rsa, &RSA_PSS_SHA256),
            "PS384" => Pair::Rsa(rsa, &RSA_PSS_SHA384),
            "PS512" => Pair::Rsa(rsa, &RSA_PSS_SHA512),
            "ES256" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "ES384" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()),
            _ => Pair::Ed(Ed25519KeyPair::generate().unwrap()),
        };
        Self { algorithm, kid: format!("key-{algorithm}"), pair }
    }

    pub(super) fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "kid": self.kid, "typ": "JWT" })
    }

    /// Its public key (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let (kid, alg) = (&self.kid, self.algorithm);
        match &self.pair {
            Pair::Rsa(pair, _) => {
                let key = pair.public_key();
                let n = part(key.modulus().big_endian_without_leading_zero());
                let e = part(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": kid, "alg": alg, "use": "sig", "n": n, "e": e })
            }
            Pair::Ec(pair) => {
                // SEC 1 §2.3.3: 04, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
                let curve = if alg == "ES256" { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "kid": kid, "alg": alg, "crv": curve, "x": part(x), "y": part(y) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "kid": kid, "alg": alg, "crv": "Ed25519", "x": part(pair.public_key().as_ref()) })
            }
        }
    }

    pub(super) fn set(signers: &[&Self]) -> Keys {
        keys(&signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>())
    }

    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(&signed_part(&header.to_string(), &claims.to_string()))
    }

    /// Any bytes, signed.
    pub(super) fn sign(&self, text: &str) -> String {
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", part(&signature))
    }
}

pub(super) fn keys(keys: &[Value]) -> Keys {
    Keys::parse(&json!({ "keys": keys })).unwrap()
}
