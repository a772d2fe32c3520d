//! What a token that somebody has signed has to say, so that it is meant for us and counts now (RFC 7519 §4.1, OpenID
//! Connect Core §3.1.3.7).

use super::Refused;
use crate::config::SigningAlgorithm;
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rosterd_core::ids::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// The longest id of somebody (OpenID Connect Core §2 says 255; some say more).
const LONGEST_SUBJECT: usize = 512;
/// The latest moment that is one, in seconds: the year 9999.
const LATEST: f64 = 253_402_300_799.0;

/// The claims of a token whose signature was verified.
pub type Claims = Map<String, Value>;

/// For whom a token has to be.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// For one of these, whoever else it is for.
    One(&'a [String]),
    /// For the first, and for nobody but these.
    Only(&'a [String]),
}

/// What a token is held to.
#[derive(Debug, Clone, Copy)]
pub struct Checks<'a> {
    pub issuer: &'a str,
    pub audience: Audience<'a>,
    pub now: Timestamp,
    /// How far clocks may be apart.
    pub skew: Duration,
    /// How old a token may be; `None` where it may be as old as its `exp` allows.
    pub max_age: Option<Duration>,
}

impl Checks<'_> {
    /// Issuer, audience and times.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn hold(&self, claims: &Claims) -> Result<(), Refused> {
        self.issuer(claims)?;
        self.audience(claims)?;
        self.times(claims, true)
    }

    /// The same of what says that something has happened, which need not end (RFC 8417 §2.2): where it does, it must
    /// not have.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn hold_event(&self, claims: &Claims) -> Result<(), Refused> {
        self.issuer(claims)?;
        self.audience(claims)?;
        self.times(claims, false)
    }

    fn issuer(&self, claims: &Claims) -> Result<(), Refused> {
        let same = claims.get("iss").and_then(Value::as_str) == Some(self.issuer);
        if same { Ok(()) } else { Err(Refused::Issuer) }
    }

    fn audience(&self, claims: &Claims) -> Result<(), Refused> {
        let said: Option<Vec<&str>> = match claims.get("aud") {
            Some(Value::String(one)) => Some(vec![one]),
            Some(Value::Array(several)) => several.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let said = said.ok_or(Refused::Audience)?;
        let fits = match self.audience {
            Audience::One(ours) => said.iter().any(|one| ours.iter().any(|our| our == one)),
            Audience::Only(ours) => {
                let first = ours.first().map(String::as_str);
                said.iter().any(|one| Some(*one) == first) && said.iter().all(|one| ours.iter().any(|our| our == one))
            }
        };
        if fits { Ok(()) } else { Err(Refused::Audience) }
    }

    fn times(&self, claims: &Claims, ends: bool) -> Result<(), Refused> {
        let (now, skew) = (self.now.0 as f64 / 1000.0, self.skew.as_secs_f64());
        let over = |exp: f64| exp + skew <= now;
        let early = |from: f64| from > now + skew;
        let old = |iat: f64| self.max_age.is_some_and(|age| iat + age.as_secs_f64() + skew < now);
        let exp = moment(claims, "exp")?;
        let iat = moment(claims, "iat")?;
        let wrong = (ends && exp.is_none())
            || exp.is_some_and(over)
            || moment(claims, "nbf")?.is_some_and(early)
            || iat.is_some_and(|iat| early(iat) || old(iat))
            || (self.max_age.is_some() && iat.is_none());
        if wrong { Err(Refused::Time) } else { Ok(()) }
    }
}

/// A number of seconds since 1970 (RFC 7519 §2: fractions are allowed). What is there and no such number is an error.
///
/// # Errors
/// [`Refused::Time`].
pub fn moment(claims: &Claims, name: &str) -> Result<Option<f64>, Refused> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_f64().filter(|seconds| (0.0..=LATEST).contains(seconds));
            seconds.map(Some).ok_or(Refused::Time)
        }
    }
}

/// Who it is about: a text that can be an id.
///
/// # Errors
/// Where there is none.
pub fn subject<'c>(claims: &'c Claims, name: &str) -> Result<&'c str, Refused> {
    let text = claims.get(name).and_then(Value::as_str).ok_or(Refused::Subject)?;
    let fits = !text.trim().is_empty() && text.len() <= LONGEST_SUBJECT && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(Refused::Subject) }
}

/// The left half of a token's hash, by the algorithm of the ID token beside it (`at_hash`, OpenID Connect Core
/// §3.1.3.6). Of Ed25519 it is SHA-512's, by which it signs.
#[must_use]
pub fn hash_of(token: &str, algorithm: SigningAlgorithm) -> String {
    use SigningAlgorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    let by = match algorithm {
        Rs256 | Ps256 | Es256 => &SHA256,
        Rs384 | Ps384 | Es384 => &SHA384,
        Rs512 | Ps512 | EdDsa => &SHA512,
    };
    let hash = digest(by, token.as_bytes());
    let half = hash.as_ref().len() / 2;
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..half])
}
