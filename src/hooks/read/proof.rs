//! That a call comes from who it says: secrets, HMACs and times.
//!
//! Nothing is compared byte by byte: how long a refusal takes says nothing of how much was right. All
//! secrets are tried, also when the first was the one.

use crate::config::Secret;
use crate::hooks::refusal::{Refusal, unproved};
use aws_lc_rs::digest;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rosterd_core::ids::Timestamp;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// The longest value of a header that is looked at.
const LONGEST: usize = 8 * 1024;
/// A signature of another length is none.
const SHA256_BYTES: usize = 32;

/// The header's one value. Two of one name are refused: which of them counts is a matter of taste.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) if value.len() <= LONGEST => Ok(Some(value.as_bytes())),
        _ => Err(unproved("header")),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Whether the header holds one of the secrets: as it is, behind `Bearer`, or as what `Basic` encodes.
pub(crate) fn shared(headers: &HeaderMap, name: &str, secrets: &[Secret]) -> Result<(), Refusal> {
    let value = only(headers, name)?.ok_or(unproved("secret-missing"))?;
    let after = |scheme: &str| {
        let (head, rest) = value.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme.as_bytes()).then(|| rest.trim_ascii())
    };
    let basic = after("Basic ").and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    let given = [value.trim_ascii(), after("Bearer ").unwrap_or_default(), &basic];
    let mut found = Choice::from(0);
    // Hashes have one length, so that not even that of the secret shows.
    for secret in secrets {
        let expected = sha256(secret.expose().as_bytes());
        for one in given {
            found |= sha256(one).ct_eq(&expected);
        }
    }
    // What is not there is compared as empty, and no secret is.
    if bool::from(found) { Ok(()) } else { Err(unproved("secret")) }
}

/// HMAC-SHA256 of the parts, one after the other.
pub(crate) fn hmac_sign(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // An HMAC takes a key of any length (RFC 2104, 2).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Whether one of the signatures is that of one of the keys.
pub(crate) fn hmac_of_all<K: AsRef<[u8]>>(keys: &[K], parts: &[&[u8]], signatures: &[Vec<u8>]) -> Choice {
    let mut found = Choice::from(0);
    for key in keys {
        let expected = hmac_sign(key.as_ref(), parts);
        for signature in signatures.iter().filter(|signature| signature.len() == SHA256_BYTES) {
            found |= expected.as_slice().ct_eq(signature);
        }
    }
    found
}

/// A signature as 32 bytes, from hex or base64.
pub(crate) fn signature_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = if text.len() == 64 {
        text.chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
    } else {
        STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()
    };
    bytes.filter(|bytes: &Vec<u8>| bytes.len() == SHA256_BYTES)
}

/// What base64 says, with or without padding.
pub(crate) fn key_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    STANDARD_NO_PAD.decode(text).ok().filter(|key| !key.is_empty())
}

/// Whether the text is a Unix time in seconds, no more than `tolerance` away.
pub(crate) fn is_recent(text: &[u8], now: Timestamp, tolerance: i64) -> bool {
    if text.is_empty() || text.len() > 12 || !text.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let seconds: Option<i64> = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    // To the second, as it is signed: five minutes before 12:05:00.900 is 12:00:00.
    let now = now.0.div_euclid(1000);
    seconds.is_some_and(|at| now.abs_diff(at) <= tolerance.unsigned_abs() / 1000)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_bare_behind_bearer_and_in_basic() {
        let secrets = [Secret::new("old".to_owned()), Secret::new("ann:new".to_owned())];
        let with = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("authorization", value.parse().unwrap());
            }
            shared(&headers, "Authorization", &secrets).map_err(|refusal| refusal.code)
        };
        for value in ["old", "Bearer old", "bearer  old", "ann:new", "Basic YW5uOm5ldw=="] {
            assert_eq!(with(&[value]), Ok(()), "{value}");
        }
        for value in ["", "ol", "oldd", "Bearer", "Bearer ", "Basic", "Basic b2xk=", "Digest old", "Basic", "OLD"] {
            assert_eq!(with(&[value]), Err("secret"), "{value}");
        }
        assert_eq!(with(&[]), Err("secret-missing"));
        assert_eq!(with(&["old", "old"]), Err("header"));
    }

    #[test]
    fn w02_a_time_counts_for_five_minutes_either_way() {
        let now = Timestamp(1_000_000_900);
        let recent = |text: &str| is_recent(text.as_bytes(), now, 300_000);
        for text in ["1000000", "999700", "1000300"] {
            assert!(recent(text), "{text}");
        }
        for text in ["999699", "1000301", "", "-1", "+1000000", "1e6", " 1000000", "9999999999999", "0"] {
            assert!(!recent(text), "{text}");
        }
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_as_published() {
        let mac = hmac_sign(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(rosterd_core::text::hex(&mac), expected);
        assert_eq!(signature_bytes(expected.as_bytes()), Some(mac.clone()));
        assert_eq!(signature_bytes(STANDARD.encode(&mac).as_bytes()), Some(mac));
        for text in ["", "5b", &expected[..62], "+5dcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"] {
            assert_eq!(signature_bytes(text.as_bytes()), None, "{text}");
        }
    }
}
