//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6): who has logged out at the provider, by its word.

use super::super::{LoggedOut, LoginError};
use super::OidcLogin;
use crate::jose::{Audience, Kind, Refused, moment, open, subject};
use rosterd_core::ids::Timestamp;
use serde_json::Value;

/// What it has to be about.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The longest id of a message or a session.
const LONGEST: usize = 512;

pub(super) async fn read(login: &OidcLogin, message: &str, now: Timestamp) -> Result<LoggedOut, LoginError> {
    let metadata = login.metadata().await?;
    let opened = open(message, Kind::Logout, &login.config.algorithms)?;
    let claims = login.signed(&opened, &metadata).await?;
    let ours = std::slice::from_ref(&login.config.client_id);
    login.checks(Audience::One(ours), now).hold(&claims)?;
    // One with a nonce could be an ID token (§2.4).
    if claims.contains_key("nonce") {
        return Err(Refused::Type.into());
    }
    let event = claims.get("events").and_then(|events| events.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(Refused::Type.into());
    }
    let text = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= LONGEST => Ok(Some(text.clone())),
        Some(_) => Err(Refused::Subject),
    };
    let session = text("sid")?;
    let sub = if claims.contains_key("sub") { Some(subject(&claims, "sub")?.to_owned()) } else { None };
    if sub.is_none() && session.is_none() {
        return Err(Refused::Subject.into());
    }
    let id = text("jti")?.ok_or(Refused::Form)?;
    let end = moment(&claims, "exp")?.ok_or(Refused::Time)?;
    let until = Timestamp((end * 1000.0) as i64).plus_millis(login.config.clock_skew.millis());
    let subject = claims.get(&login.config.subject).and_then(Value::as_str).map(str::to_owned);
    Ok(LoggedOut { sub, session, subject, id, until })
}
