//! Messages in an address (SAML 2.0 Bindings §3.4): deflated, and signed beside the message, over the query as it is
//! written.

use super::Refused;
use super::certificate::Certificate;
use super::keys::KeyPair;
use super::sign::RSA_SHA256;
use crate::config::SamlAlgorithm;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read as _, Write as _};

/// The most that a message may become: logouts are short, and nothing else comes this way.
const LARGEST: u64 = 64 << 10;

/// Which of the two a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Request,
    Response,
}

impl Part {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// An address with the message in it. `None`: the library has no random numbers.
pub(super) fn address(
    place: &str,
    part: Part,
    message: &str,
    relay_state: Option<&str>,
    key: Option<&KeyPair>,
) -> Option<String> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(message.as_bytes()).ok()?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(part.name(), &STANDARD.encode(deflate.finish().ok()?));
    if let Some(state) = relay_state {
        query.append_pair("RelayState", state);
    }
    if key.is_some() {
        query.append_pair("SigAlg", RSA_SHA256);
    }
    let mut query = query.finish();
    if let Some(key) = key {
        let signature = STANDARD.encode(key.sign(query.as_bytes())?);
        let signature = form_urlencoded::Serializer::new(String::new()).append_pair("Signature", &signature).finish();
        query = format!("{query}&{signature}");
    }
    let joint = if place.contains('?') { '&' } else { '?' };
    Some(format!("{place}{joint}{query}"))
}

/// A request that came in an address, and whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) message: String,
    pub(super) relay_state: Option<String>,
}

impl Signed {
    /// Reads a query, as it came.
    ///
    /// # Errors
    /// Where it is not signed by one of these keys, by one of these algorithms.
    pub(super) fn read(
        query: &str,
        certificates: &[Certificate],
        algorithms: &[SamlAlgorithm],
    ) -> Result<Self, Refused> {
        let form = || Refused::new("binding-form", "the address does not hold one signed message");
        let one = |name: &str| {
            let mut all = query.split('&').filter(|pair| pair.split('=').next() == Some(name));
            let first = all.next();
            if all.next().is_some() { Err(form()) } else { Ok(first) }
        };
        let (Some(raw), None) = (one("SAMLRequest")?, one("SAMLResponse")?) else { return Err(form()) };
        let state = one("RelayState")?;
        let algorithm = one("SigAlg")?.ok_or_else(unsigned)?;
        let signature = value(one("Signature")?.ok_or_else(unsigned)?);
        let wanted = value(algorithm);
        let allowed = algorithms.iter().find(|one| one.uri() == wanted);
        let allowed =
            allowed.ok_or(Refused::new("signature-algorithm", "it is signed by an algorithm that is not allowed"))?;
        let signature = STANDARD.decode(signature.replace([' ', '\r', '\n'], "")).map_err(|_| form())?;
        // In this order, whatever order they came in.
        let signed = [Some(raw), state, Some(algorithm)].into_iter().flatten().collect::<Vec<_>>().join("&");
        let right = |certificate: &Certificate| {
            let key = UnparsedPublicKey::new(verification(*allowed), certificate.public_key());
            key.verify(signed.as_bytes(), &signature).is_ok()
        };
        if !certificates.iter().any(right) {
            return Err(Refused::new("signature", "its signature is wrong, or another's than the configured keys'"));
        }
        let packed = STANDARD.decode(value(raw).replace([' ', '\r', '\n'], "")).map_err(|_| form())?;
        Ok(Self { message: inflate(&packed)?, relay_state: state.map(value) })
    }
}

fn inflate(packed: &[u8]) -> Result<String, Refused> {
    let mut message = String::new();
    let read = DeflateDecoder::new(packed).take(LARGEST + 1).read_to_string(&mut message);
    match read {
        Ok(length) if length as u64 <= LARGEST => Ok(message),
        Ok(_) => Err(Refused::new("message-size", "it is larger than any message that is believed")),
        Err(_) => Err(Refused::new("binding-form", "the address does not hold one signed message")),
    }
}

fn verification(algorithm: SamlAlgorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        SamlAlgorithm::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
        SamlAlgorithm::RsaSha384 => &RSA_PKCS1_2048_8192_SHA384,
        SamlAlgorithm::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
        SamlAlgorithm::EcdsaSha256 => &ECDSA_P256_SHA256_FIXED,
        SamlAlgorithm::EcdsaSha384 => &ECDSA_P384_SHA384_FIXED,
        SamlAlgorithm::EcdsaSha512 => &ECDSA_P521_SHA512_FIXED,
    }
}

/// What stands behind the `=`, as it was meant.
fn value(pair: &str) -> String {
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn unsigned() -> Refused {
    Refused::new("not-signed", "it is not signed")
}
