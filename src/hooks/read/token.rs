//! Tokens of those who call: RS256 by keys of one issuer, and nothing that the token itself proposes.

use super::event::Given;
use super::proof::only;
use crate::config::{SigningAlgorithm, TokenIssuer};
use crate::hooks::refusal::{Refusal, unproved};
use crate::jose::{Audience, Checks, Claims, Kind, open, verify};
use axum::http::HeaderMap;
use std::time::Duration;

/// What these senders sign by.
const ALGORITHMS: [SigningAlgorithm; 1] = [SigningAlgorithm::Rs256];
/// How far clocks may be apart.
const LEEWAY: Duration = Duration::from_secs(60);

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
pub(crate) fn verify_token(token: &str, issuer: &TokenIssuer, given: &Given<'_>) -> Result<Claims, Refusal> {
    let keys = given.keys.ok_or(unproved("token-key"))?;
    let checks = Checks {
        issuer: &issuer.name,
        audience: Audience::One(std::slice::from_ref(&issuer.audience)),
        now: given.now,
        skew: LEEWAY,
        max_age: None,
    };
    let claims = open(token, Kind::Access, &ALGORITHMS).and_then(|opened| verify(&opened, keys));
    let claims = claims.map_err(|refused| unproved(refused.code()))?;
    checks.hold(&claims).map_err(|refused| unproved(refused.code()))?;
    Ok(claims)
}
