//! Tokens that must be believed, and those that must not: every class of fault that Project Wycheproof and RFC 8725
//! know of signed tokens, made here with our own keys.

mod claims;
mod forged;
mod keys;
mod make;

use super::{Claims, Keys, Kind, Refused, open, verify};
use crate::config::SigningAlgorithm;
use make::Signer;
use serde_json::json;

/// What is said of a token.
fn read(token: &str, keys: &Keys) -> Result<Claims, Refused> {
    open(token, Kind::Id, &SigningAlgorithm::ALL).and_then(|opened| verify(&opened, keys))
}

#[test]
fn what_was_signed_by_the_issuer_is_believed() {
    for signer in Signer::each() {
        let claims = json!({ "sub": "ann", "groups": ["a", "ä", "a\u{301}"] });
        let token = signer.token(&signer.header(), &claims);
        let keys = Signer::set(&[&signer]);
        assert_eq!(read(&token, &keys).map(serde_json::Value::Object), Ok(claims), "{}", signer.algorithm);
        // Without a name it must be clear which key it is.
        let unnamed = signer.token(&json!({ "alg": signer.algorithm }), &json!({}));
        assert!(read(&unnamed, &keys).is_ok(), "{}", signer.algorithm);
    }
}

/// By any other key of the same kind, and by each key under each other's algorithm.
#[test]
fn o08_no_key_stands_in_for_another() {
    let signers = Signer::each();
    for signer in &signers {
        let stranger = Signer::stranger(signer.algorithm);
        let token = stranger.token(&signer.header(), &json!({ "sub": "ann" }));
        assert!(read(&token, &Signer::set(&[signer])).is_err(), "{}", signer.algorithm);
        for other in signers.iter().filter(|other| other.algorithm != signer.algorithm) {
            let mut header = signer.header();
            header["alg"] = json!(other.algorithm);
            let token = signer.token(&header, &json!({ "sub": "ann" }));
            assert!(
                read(&token, &Signer::set(&[signer, other])).is_err(),
                "{} as {}",
                signer.algorithm,
                other.algorithm
            );
        }
    }
}
