//! Ory Kratos (www.ory.sh/docs: "Trigger custom logic with webhooks"): the action `web_hook` with
//! `api_key` or `basic_auth`. What is sent is the operator's Jsonnet; with `function(ctx) ctx` it is
//! the flow, the identity and the session.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, event, one_as, parse, sha256, shared};
use crate::hooks::refusal::Refusal;
use crate::hooks::shapes::Shape;

const FORM: Form = Form {
    subject: Some("/identity/id"),
    login: None,
    email: Some("/identity/traits/email"),
    name: Some("/identity/traits/name"),
    id: None,
    kind: Some("/flow/type"),
    time: None,
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    shared(call.headers, header(given.hook), given.secrets)?;
    let root = parse(call.body)?;
    Ok(one_as(event(&root, given, &FORM, None, sha256(call.body)), Shape::Kratos))
}
