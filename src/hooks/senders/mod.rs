//! Who calls: one file a sender. Each says how its calls are verified, on the raw bytes, and only then
//! what they mean. Pure: no clock, no file, no socket.

mod auth0;
mod authentik;
mod bearer;
mod entra;
mod forward_auth;
mod hmac;
mod keycloak;
mod kratos;
pub(crate) mod oidc;
mod okta;
mod standard_webhooks;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests;
mod zitadel;

pub(crate) use keycloak::SIGNATURE as KEYCLOAK_SIGNATURE;
pub(crate) use zitadel::SIGNATURE as ZITADEL_SIGNATURE;

use super::read::{Call, Given, Verified};
use super::refusal::{Refusal, refuse, unproved};
use crate::config::{Hook, Sender};
use axum::http::{Method, StatusCode};

/// Verifies a call and says what it means.
pub(crate) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    let sender = given.hook.sender;
    // A challenge and a proxy's question come by GET; everything else is sent.
    let fits = match sender {
        Sender::ForwardAuth => true,
        Sender::Okta => call.method == Method::POST || call.method == Method::GET,
        _ => call.method == Method::POST,
    };
    if !fits {
        return Err(refuse("method", StatusCode::METHOD_NOT_ALLOWED));
    }
    match sender {
        Sender::StandardWebhooks => standard_webhooks::read(call, given),
        Sender::Bearer => bearer::read(call, given),
        Sender::Hmac => hmac::read(call, given),
        Sender::Okta => okta::read(call, given),
        Sender::Keycloak => keycloak::read(call, given),
        Sender::ForwardAuth => forward_auth::read(call, given),
        Sender::Entra => entra::read(call, given),
        Sender::Kratos => kratos::read(call, given),
        Sender::Zitadel => zitadel::read(call, given),
        Sender::Authentik => authentik::read(call, given),
        Sender::Auth0 => auth0::read(call, given),
        // Tokens are verified by the provider (`Hook::read`), which has to be asked; without one nothing is proved.
        Sender::Oidc | Sender::Saml => Err(unproved("provider")),
    }
}

/// The header in which a sender brings its secret or signature.
pub(crate) fn header(hook: &Hook) -> &str {
    let default = if hook.sender == Sender::Hmac { "X-Signature-256" } else { "Authorization" };
    hook.header.as_deref().unwrap_or(default)
}
