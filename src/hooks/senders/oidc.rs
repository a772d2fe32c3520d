//! The application, or the gateway before it, that hands on what somebody has just logged in with: the tokens of OpenID
//! Connect, or a SAML response. They prove themselves; a secret can say besides who may hand them on.

use crate::config::Secret;
use crate::hooks::looking::PersonKey;
use crate::hooks::read::{Call, Event, Login, Verified, one_as, parse, sha256, shared};
use crate::hooks::refusal::{Refusal, refuse, unreadable};
use crate::hooks::shapes::Shape;
use crate::providers::{Said, Shown};
use axum::http::{Method, StatusCode};
use rosterd_core::ids::Timestamp;
use rosterd_core::text::hex;
use serde_json::Value;

/// What a call shows. The body is a JSON object with `id_token`, `access_token` or both, and perhaps `nonce`; or with
/// `saml_response`, as the form had it.
pub(crate) fn shown(call: &Call<'_>, secrets: &[Secret]) -> Result<Shown, Refusal> {
    if call.method != Method::POST {
        return Err(refuse("method", StatusCode::METHOD_NOT_ALLOWED));
    }
    if !secrets.is_empty() {
        shared(call.headers, "authorization", secrets)?;
    }
    let root = parse(call.body)?;
    let text = |name: &str| match root.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(unreadable("body")),
    };
    let shown = Shown {
        id_token: text("id_token")?,
        access_token: text("access_token")?,
        nonce: text("nonce")?,
        saml_response: text("saml_response")?,
    };
    if shown.id_token.is_none() && shown.access_token.is_none() && shown.saml_response.is_none() {
        Err(unreadable("token-missing"))
    } else {
        Ok(shown)
    }
}

/// The login that it was. One token is one event, however often it is handed on.
pub(crate) fn event(shown: &Shown, said: Said, now: Timestamp) -> Verified {
    let tokens =
        [&shown.id_token, &shown.access_token, &shown.saml_response].map(|token| token.as_deref().unwrap_or_default());
    let hash = sha256(tokens.join("\n").as_bytes());
    let id = Some(format!("sha256:{}", hex(&hash)));
    // A provider whose clock is ahead must not shut out what comes after.
    let at = said.at.map(|at| at.min(now));
    let login = Login { key: PersonKey::Subject(said.subject.clone()), said: Some(said) };
    one_as(Some(Event { id, kind: "login".to_owned(), at, login, hash }), Shape::Plain)
}
