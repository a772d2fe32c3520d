//! authentik's webhook transport (docs.goauthentik.io: "Notification transports"). `event_user_…` is
//! who did something; `user_…` is who is notified of it, an administrator. The secret comes by a header
//! mapping.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, one, shared};
use crate::hooks::refusal::Refusal;

const FORM: Form = Form {
    subject: Some("/event_user_uid"),
    login: Some("/event_user_username"),
    email: Some("/event_user_email"),
    name: None,
    id: Some("/event_id"),
    kind: Some("/event_action"),
    time: Some("/event_created"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    shared(call.headers, header(given.hook), given.secrets)?;
    one(call.body, given, &FORM, None)
}
