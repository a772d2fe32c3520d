//! JSON and a secret in a header: what any program can send.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, one, only, shared};
use crate::hooks::refusal::Refusal;

/// Where the operator says nothing: the id may stand in a header.
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
    shared(call.headers, header(given.hook), given.secrets)?;
    let id = only(call.headers, "webhook-id")?.or(only(call.headers, "idempotency-key")?);
    one(call.body, given, &FORM, id.and_then(|id| std::str::from_utf8(id).ok()))
}
