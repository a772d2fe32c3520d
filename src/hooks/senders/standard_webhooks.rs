//! Standard Webhooks 1.0.0 (standardwebhooks.com, "Signature scheme"): headers `webhook-id`,
//! `webhook-timestamp`, `webhook-signature`; what is signed is `id.timestamp.body`. `v1` is HMAC-SHA256
//! with the bytes behind `whsec_`; `v1a` is ed25519 with the public key behind `whpk_`.

use crate::config::Secret;
use crate::hooks::read::{Call, Form, Given, Verified, hmac_of_all, is_recent, key_bytes, one, only};
use crate::hooks::refusal::{Refusal, unproved};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How many signatures are looked at: a sender that changes its secret sends two.
const MOST_SIGNATURES: usize = 8;

/// `{"type": …, "timestamp": …, "data": …}`.
const FORM: Form = Form {
    subject: None,
    login: None,
    email: None,
    name: None,
    id: None,
    kind: Some("/type"),
    time: Some("/timestamp"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    let header = |name| only(call.headers, name)?.ok_or(unproved("signature-missing"));
    let (id, time, signatures) = (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    // A dot in the id would let a part of the id be taken for the time, and the time for the body.
    let id = std::str::from_utf8(id).ok().filter(|id| !id.is_empty() && !id.contains('.')).ok_or(unproved("id"))?;
    if !is_recent(time, given.now, given.hook.tolerance.millis()) {
        return Err(unproved("timestamp"));
    }
    let parts = [id.as_bytes(), b".", time, b".", call.body];
    if !signed(&parts, signatures, given.secrets) {
        return Err(unproved("signature"));
    }
    one(call.body, given, &FORM, Some(id))
}

fn signed(parts: &[&[u8]], signatures: &[u8], secrets: &[Secret]) -> bool {
    let (mut shared, mut public) = (Vec::new(), Vec::new());
    for one in signatures.split(|byte| *byte == b' ').take(MOST_SIGNATURES) {
        let decoded = |text: &[u8]| STANDARD.decode(text).unwrap_or_default();
        match one {
            [b'v', b'1', b',', rest @ ..] => shared.push(decoded(rest)),
            [b'v', b'1', b'a', b',', rest @ ..] => public.push(decoded(rest)),
            _ => {}
        }
    }
    let (mut keys, mut public_keys) = (Vec::new(), Vec::new());
    for secret in secrets {
        match secret.expose().strip_prefix("whpk_") {
            Some(key) => public_keys.extend(key_bytes(key)),
            // Bare base64 as well: so the reference libraries take it.
            None => keys.extend(key_bytes(secret.expose().trim_start_matches("whsec_"))),
        }
    }
    let mut found: bool = hmac_of_all(&keys, parts, &shared).into();
    let message = parts.concat();
    for key in public_keys {
        let key = UnparsedPublicKey::new(&ED25519, key);
        found |= public.iter().any(|signature| key.verify(&message, signature).is_ok());
    }
    found
}
