//! JSON and its HMAC-SHA256 in a header, in hex or base64, with or without `sha256=` in front
//! (the form of GitHub's webhooks, `X-Hub-Signature-256`). With `timestamp_header`, what is signed is
//! the time, a `.` and the body.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, hmac_of_all, is_recent, one, only, signature_bytes};
use crate::hooks::refusal::{Refusal, unproved};

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
    let value = only(call.headers, header(given.hook))?.ok_or(unproved("signature-missing"))?;
    let value = value.strip_prefix(b"sha256=").unwrap_or(value);
    let signature = signature_bytes(value).ok_or(unproved("signature"))?;
    let keys: Vec<&[u8]> = given.secrets.iter().map(|secret| secret.expose().as_bytes()).collect();
    let good = match &given.hook.timestamp_header {
        None => hmac_of_all(&keys, &[call.body], &[signature]),
        Some(name) => {
            let time = only(call.headers, name)?.ok_or(unproved("timestamp"))?;
            if !is_recent(time, given.now, given.hook.tolerance.millis()) {
                return Err(unproved("timestamp"));
            }
            hmac_of_all(&keys, &[time, b".", call.body], &[signature])
        }
    };
    if !bool::from(good) {
        return Err(unproved("signature"));
    }
    let id = only(call.headers, "webhook-id")?.or(only(call.headers, "idempotency-key")?);
    // An id outside the signature could be changed by whoever repeats the call: then it is none.
    let id = id.filter(|_| given.hook.timestamp_header.is_some()).and_then(|id| std::str::from_utf8(id).ok());
    one(call.body, given, &FORM, id)
}
