//! One token in its compact form (RFC 7515 §7.1): taken apart, and who signed it.

use super::json::{MANY, parse};
use super::{Keys, Refused};
use crate::config::SigningAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use serde_json::{Map, Value};

/// The longest token: 100,000 names of groups are some megabytes.
pub const LONGEST: usize = 4 << 20;
/// The longest header.
const LONGEST_HEADER: usize = 8 << 10;
/// The longest name of a key.
const LONGEST_KID: usize = 512;

/// What a token is meant for. Each is refused as any other (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ID token (OpenID Connect Core §2), or a signed answer of UserInfo (§5.3.2).
    Id,
    /// An access token (RFC 9068), or one of before.
    Access,
    /// A logout token (OpenID Connect Back-Channel Logout §2.4).
    Logout,
    /// A security event token (RFC 8417 §2.3), which always says that it is one.
    Event,
}

impl Kind {
    /// Whether a header's `typ` fits: media types compare without case, and `application/` may be left out (RFC 7515
    /// §4.1.9).
    fn fits(self, typ: Option<&str>) -> bool {
        let typ = typ.map(str::to_ascii_lowercase);
        let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
        match (self, typ) {
            (Self::Id, None | Some("jwt"))
            | (Self::Access, None | Some("jwt" | "at+jwt"))
            | (Self::Logout, None | Some("jwt" | "logout+jwt"))
            | (Self::Event, Some("secevent+jwt")) => true,
            (Self::Id | Self::Access | Self::Logout | Self::Event, _) => false,
        }
    }
}

/// A token of which nothing is believed yet.
#[derive(Debug)]
pub struct Opened<'t> {
    algorithm: SigningAlgorithm,
    kid: Option<String>,
    signed: &'t str,
    signature: &'t str,
    payload: Vec<u8>,
}

impl Opened<'_> {
    /// By which it says to be signed.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }
}

/// Takes a token apart.
///
/// # Errors
/// Where it is none of this kind, or asks for what is not understood (`crit`, RFC 7515 §4.1.11), or is signed by an
/// algorithm that is not among these. What a header proposes as key (`jku`, `jwk`, `x5u`, `x5c`) is not looked at.
pub fn open<'t>(token: &'t str, kind: Kind, algorithms: &[SigningAlgorithm]) -> Result<Opened<'t>, Refused> {
    if token.len() > LONGEST {
        return Err(Refused::Size);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(Refused::Form)?;
    if header.len() > LONGEST_HEADER || payload.contains('.') || signature.is_empty() {
        return Err(Refused::Form);
    }
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Form);
    let Ok(Value::Object(header)) = parse(&bytes(header)?, MANY) else { return Err(Refused::Form) };
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Refused::Header),
    };
    if ["crit", "b64", "zip", "enc"].iter().any(|name| header.contains_key(*name)) || text("cty")?.is_some() {
        return Err(Refused::Header);
    }
    let algorithm = text("alg")?.and_then(SigningAlgorithm::parse).filter(|name| algorithms.contains(name));
    let algorithm = algorithm.ok_or(Refused::Algorithm)?;
    if !kind.fits(text("typ")?) {
        return Err(Refused::Type);
    }
    let kid = text("kid")?.map(str::to_owned);
    if kid.as_ref().is_some_and(|kid| kid.len() > LONGEST_KID) {
        return Err(Refused::Header);
    }
    bytes(signature)?;
    Ok(Opened { algorithm, kid, signed, signature, payload: bytes(payload)? })
}

/// What it says, if one of the keys signed it.
///
/// # Errors
/// [`Refused::Key`] where none of them can have: there may be newer ones.
pub fn verify(opened: &Opened<'_>, keys: &Keys) -> Result<Map<String, Value>, Refused> {
    let Opened { algorithm, kid, signed, signature, payload } = opened;
    let keys = keys.of(*algorithm, kid.as_deref());
    if keys.is_empty() {
        return Err(Refused::Key);
    }
    let signed_by = |key: &&jsonwebtoken::DecodingKey| {
        crypto::verify(signature, signed.as_bytes(), key, (*algorithm).into()).unwrap_or(false)
    };
    if !keys.iter().any(signed_by) {
        return Err(Refused::Signature);
    }
    match parse(payload, MANY) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(Refused::Form),
    }
}
