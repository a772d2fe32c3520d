//! Signing what rosterd itself says (XML Signature §3.1).
//!
//! What is signed is written in its canonical form to begin with (Exclusive XML Canonicalization §3), so that there is
//! nothing to bring into it: attributes in their order, namespaces where they are used first, no empty tags.

use super::keys::KeyPair;
use super::names::{DIGESTS, DSIG, ENVELOPED, EXCLUSIVE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// `message`, whose root has this id, with a signature of it at this place. `None`: the library has no random numbers.
pub(super) fn enveloped(message: &str, id: &str, at: usize, key: &KeyPair) -> Option<String> {
    let digest = STANDARD.encode(Sha256::digest(message));
    let info = format!(
        "<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
         <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>\
         </ds:SignedInfo>",
        DIGESTS[0]
    );
    let signature = key.sign(format!("<ds:SignedInfo xmlns:ds=\"{DSIG}\">{info}").as_bytes())?;
    let (before, after) = message.split_at_checked(at)?;
    Some(format!(
        "{before}<ds:Signature xmlns:ds=\"{DSIG}\"><ds:SignedInfo>{info}<ds:SignatureValue>{}</ds:SignatureValue>{}\
         </ds:Signature>{after}",
        STANDARD.encode(signature),
        key_info(key)
    ))
}

/// A key as its certificate.
pub(super) fn key_info(key: &KeyPair) -> String {
    let certificate = STANDARD.encode(key.certificate().der());
    format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
}

pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
