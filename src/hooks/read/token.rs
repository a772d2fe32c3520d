//! Signed tokens (RFC 7519): RS256 by keys of one issuer, and nothing that the token itself proposes.

use super::event::Given;
use super::proof::only;
use crate::config::TokenIssuer;
use crate::hooks::refusal::{Refusal, unproved};
use axum::http::HeaderMap;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

/// The shortest modulus that is believed, in characters of base64url: 2048 bits.
const SHORTEST_MODULUS: usize = 342;
/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// The token behind `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = only(headers, "authorization")?.ok_or(unproved("token-missing"))?;
    let text = std::str::from_utf8(value).map_err(|_| unproved("token"))?;
    match text.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer ") => Ok(token.trim()),
        _ => Err(unproved("token")),
    }
}

/// Its claims, if the issuer signed it for us and it counts now. The refusal `token-key` says that the
/// issuer may have a newer key.
pub(crate) fn verify_token(token: &str, issuer: &TokenIssuer, given: &Given<'_>) -> Result<Value, Refusal> {
    let refused = || unproved("token");
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused())?;
    // The algorithm is ours to choose: "none", or an HMAC with the public key, are the token's ideas.
    if header.alg != Algorithm::RS256 {
        return Err(unproved("token-algorithm"));
    }
    let keys = given.keys.ok_or(unproved("token-key"))?;
    let key = usable(keys, header.kid.as_deref()).ok_or(unproved("token-key"))?;
    let key = DecodingKey::from_jwk(key).map_err(|_| refused())?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[&issuer.name]);
    validation.set_audience(&[&issuer.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // Time is not this library's to ask for.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).map_err(|_| refused())?.claims;
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64).map(|n| n as i64);
    let now = given.now.0.div_euclid(1000);
    let expired = seconds("exp").is_none_or(|exp| exp.saturating_add(LEEWAY) <= now);
    let early = claims.get("nbf").is_some() && seconds("nbf").is_none_or(|nbf| nbf > now.saturating_add(LEEWAY));
    if expired || early { Err(unproved("token-time")) } else { Ok(claims) }
}

/// The signing key of that name.
fn usable<'a>(keys: &'a JwkSet, kid: Option<&str>) -> Option<&'a Jwk> {
    let kid = kid?;
    keys.keys.iter().find(|key| {
        let signs = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
        let rsa = matches!(&key.algorithm, AlgorithmParameters::RSA(rsa) if rsa.n.len() >= SHORTEST_MODULUS);
        key.common.key_id.as_deref() == Some(kid) && signs && rsa
    })
}
