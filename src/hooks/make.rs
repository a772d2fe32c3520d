//! A call as a sender would make it, to try a hook with.

use super::read::{hmac_sign, key_bytes};
use super::senders::{KEYCLOAK_SIGNATURE, ZITADEL_SIGNATURE, header};
use crate::config::{Hook, Pointer, Secret, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::ids::Timestamp;
use rosterd_core::text::hex;
use serde_json::{Map, Value, json};

/// A call that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    pub method: &'static str,
    /// Hold a secret or a signature.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why no call can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    #[error("this sender signs with a key that only it has; let it send a test event itself")]
    OnlyItself,
    #[error("the hook has no `secrets`")]
    NoSecret,
    #[error("the first of `secrets` is no key to sign with: a whsec_… is needed, behind which base64 stands")]
    NoKey,
}

/// A login of `person` as the hook's sender would tell it. `id` is what the sender calls the event.
///
/// # Errors
/// When this program cannot sign as that sender.
pub fn make(hook: &Hook, secret: Option<&Secret>, person: &str, id: &str, now: Timestamp) -> Result<Made, MakeError> {
    let mut root = body(hook.sender, person, id, now);
    if let Some(own) = &hook.person {
        for pointer in [&own.subject, &own.login, &own.email].into_iter().flatten() {
            put(&mut root, pointer, person);
        }
    }
    if let Some(pointer) = &hook.id {
        put(&mut root, pointer, id);
    }
    let body = if hook.sender == Sender::ForwardAuth { Vec::new() } else { root.to_string().into_bytes() };
    let mut headers = proof(hook, secret, person, id, now, &body)?;
    if !body.is_empty() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    let method = if hook.sender == Sender::ForwardAuth { "GET" } else { "POST" };
    Ok(Made { method, headers, body })
}

fn proof(
    hook: &Hook,
    secret: Option<&Secret>,
    person: &str,
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<Vec<(String, String)>, MakeError> {
    let seconds = now.0.div_euclid(1000).to_string();
    let time = seconds.as_bytes();
    let needed = || secret.map(Secret::expose).ok_or(MakeError::NoSecret);
    let one = |name: &str, value: String| vec![(name.to_owned(), value)];
    Ok(match hook.sender {
        Sender::Entra | Sender::Oidc | Sender::Saml => return Err(MakeError::OnlyItself),
        Sender::ForwardAuth => one("Remote-User", person.to_owned()),
        Sender::StandardWebhooks => {
            let secret = needed()?;
            if secret.starts_with("whpk_") {
                return Err(MakeError::OnlyItself);
            }
            let key = key_bytes(secret.trim_start_matches("whsec_")).ok_or(MakeError::NoKey)?;
            let signature = hmac_sign(&key, &[id.as_bytes(), b".", time, b".", body]);
            vec![
                ("webhook-id".to_owned(), id.to_owned()),
                ("webhook-timestamp".to_owned(), seconds.clone()),
                ("webhook-signature".to_owned(), format!("v1,{}", STANDARD.encode(signature))),
            ]
        }
        Sender::Hmac => {
            let key = needed()?.as_bytes();
            match &hook.timestamp_header {
                None => one(header(hook), format!("sha256={}", hex(&hmac_sign(key, &[body])))),
                Some(name) => {
                    let signature = hex(&hmac_sign(key, &[time, b".", body]));
                    vec![(name.clone(), seconds.clone()), (header(hook).to_owned(), format!("sha256={signature}"))]
                }
            }
        }
        Sender::Keycloak => one(KEYCLOAK_SIGNATURE, hex(&hmac_sign(needed()?.as_bytes(), &[body]))),
        Sender::Zitadel => {
            let signature = hex(&hmac_sign(needed()?.as_bytes(), &[time, b".", body]));
            one(ZITADEL_SIGNATURE, format!("t={seconds},v1={signature}"))
        }
        Sender::Bearer | Sender::Authentik => one(header(hook), bearing(hook, needed()?)),
        // As it was written into the sender's own form.
        Sender::Okta | Sender::Auth0 | Sender::Kratos => one(header(hook), needed()?.to_owned()),
    })
}

/// Behind `Bearer`, where that is what stands in the header.
fn bearing(hook: &Hook, secret: &str) -> String {
    if header(hook).eq_ignore_ascii_case("authorization") { format!("Bearer {secret}") } else { secret.to_owned() }
}

fn body(sender: Sender, person: &str, id: &str, now: Timestamp) -> Value {
    let at = jiff::Timestamp::from_millisecond(now.0).map(|at| at.to_string()).unwrap_or_default();
    match sender {
        Sender::Okta => json!({ "eventType": "com.okta.event_hook", "eventId": id, "data": { "events": [{
            "uuid": id, "published": at, "eventType": "user.session.start",
            "actor": { "type": "User", "id": id, "alternateId": person },
        }] } }),
        Sender::Keycloak => json!({
            "uid": id, "type": "access.LOGIN", "time": now.0, "realmId": "example",
            "authDetails": { "userId": id, "username": person },
        }),
        Sender::Entra => json!({ "data": { "authenticationContext": { "user": { "userPrincipalName": person } } } }),
        Sender::Kratos => json!({
            "flow": { "type": "browser" }, "identity": { "id": id, "traits": { "email": person } },
        }),
        Sender::Zitadel => json!({
            "function": "function/preuserinfo", "user": { "id": id, "username": person }, "event_id": id,
        }),
        Sender::Authentik => json!({
            "body": "login", "severity": "notice", "event_id": id, "event_user_username": person,
        }),
        Sender::Auth0 => json!({ "log_id": id, "user": { "user_id": id, "email": person } }),
        Sender::StandardWebhooks
        | Sender::Bearer
        | Sender::Hmac
        | Sender::ForwardAuth
        | Sender::Oidc
        | Sender::Saml => {
            json!({ "type": "login", "timestamp": at })
        }
    }
}

/// Writes a text at the pointer, with whatever tables lead to it.
fn put(root: &mut Value, pointer: &Pointer, text: &str) {
    let mut at = root;
    for part in pointer.as_str().split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(object) = at.as_object_mut() else { return };
        at = object.entry(part).or_insert(Value::Null);
    }
    *at = text.into();
}
