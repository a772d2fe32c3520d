//! Keys that sign tokens (RFC 7515), right ones and wrong ones: what no provider does for a test.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

#[derive(Debug)]
enum Pair {
    Rs256(Box<RsaKeyPair>),
    Es256(EcdsaKeyPair),
    Hs256(Vec<u8>),
    None,
}

/// What signs, and its name.
#[derive(Debug)]
pub struct Key {
    pub kid: &'static str,
    pair: Pair,
}

impl Key {
    pub fn rs256(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())) }
    }

    pub fn es256(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()) }
    }

    /// By a secret that both sides have.
    pub fn hs256(kid: &'static str, secret: &str) -> Self {
        Self { kid, pair: Pair::Hs256(secret.as_bytes().to_vec()) }
    }

    /// It signs nothing, and says so.
    pub fn none() -> Self {
        Self { kid: "none", pair: Pair::None }
    }

    /// The public half (RFC 7517).
    pub fn public(&self) -> Value {
        match &self.pair {
            Pair::Rs256(pair) => {
                let key = pair.public_key();
                let n = part(key.modulus().big_endian_without_leading_zero());
                let e = part(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": self.kid, "alg": "RS256", "use": "sig", "n": n, "e": e })
            }
            Pair::Es256(pair) => {
                // SEC 1 §2.3.3: 04, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "alg": "ES256", "use": "sig",
                    "x": part(x), "y": part(y) })
            }
            Pair::Hs256(_) | Pair::None => Value::Null,
        }
    }

    pub fn header(&self) -> Value {
        let alg = match self.pair {
            Pair::Rs256(_) => "RS256",
            Pair::Es256(_) => "ES256",
            Pair::Hs256(_) => "HS256",
            Pair::None => "none",
        };
        json!({ "alg": alg, "kid": self.kid, "typ": "JWT" })
    }

    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    /// With a header of its own.
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Es256(pair) => pair.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Hs256(secret) => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()).as_ref().to_vec()
            }
            Pair::None => Vec::new(),
        };
        format!("{text}.{}", part(&signature))
    }
}

/// The same token with another signature: its last bytes are changed.
pub fn broken(token: &str) -> String {
    let (text, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes.iter_mut().rev().take(4).for_each(|byte| *byte ^= 0x5a);
    format!("{text}.{}", part(&bytes))
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
