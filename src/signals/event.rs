//! From the claims of a token that was verified to what has happened, to whom and when. Pure.

use super::refusal::Refusal;
use super::signal::Signal;
use super::subject::{Names, Whom, whom};
use crate::config;
use crate::hooks::sha256;
use crate::jose::{Audience, Checks, Claims, Refused, moment};
use rosterd_core::ids::Timestamp;
use rosterd_core::text::hex;
use serde_json::Value;

/// The longest id that is kept as it is; of a longer one its hash.
const LONGEST_ID: usize = 200;

/// Something has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// As the issuer calls it (`jti`).
    pub(super) id: String,
    pub(super) signal: Signal,
    pub(super) whom: Whom,
    /// The latest moment by our clock at which it can have happened.
    pub(super) at: Timestamp,
    /// After which it would be too old anyhow.
    pub(super) until: Timestamp,
    /// Of a verification.
    pub(super) state: Option<String>,
}

impl Event {
    /// As it is kept and shown: without what a terminal obeys, and not without end.
    pub(super) fn kept_id(&self) -> String {
        if self.id.len() <= LONGEST_ID && !self.id.chars().any(char::is_control) {
            return self.id.clone();
        }
        format!("sha256:{}", hex(&self.hash()))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        sha256(self.id.as_bytes())
    }
}

/// What the claims say, if they are an event for us that counts now.
pub(super) fn read(claims: &Claims, stream: &config::Signals, names: &Names, now: Timestamp) -> Result<Event, Refusal> {
    let (age, skew) = (stream.max_age.get(), stream.clock_skew.get());
    let audience = Audience::One(std::slice::from_ref(&stream.audience));
    Checks { issuer: &stream.issuer, audience, now, skew, max_age: Some(age) }.hold_event(claims)?;
    // It could be an ID token, or be taken for one (RFC 8417 §4.5; SSF 1.0 has `sub_id` instead).
    if claims.contains_key("sub") || claims.contains_key("nonce") {
        return Err(Refusal::request("event-sub"));
    }
    let id = match claims.get("jti") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        _ => return Err(Refusal::request("event-id")),
    };
    // One event, whatever further claims say of it (CAEP Interoperability Profile 1.0, `events`).
    let mut events = claims.get("events").and_then(Value::as_object).into_iter().flatten();
    let (Some((uri, Value::Object(said))), None) = (events.next(), events.next()) else {
        return Err(Refusal::request("event-number"));
    };
    let signal = Signal::of(uri);
    let made = moment(claims, "iat")?.ok_or(Refused::Time)?;
    // When it was: by the token (RFC 8417 §2.2), or by the event (CAEP 1.0 §2).
    let happened = [moment(claims, "toe"), moment(said, "event_timestamp")];
    let happened = happened.into_iter().find_map(|at| at.ok().flatten()).unwrap_or(made);
    let millis = |seconds: f64| Timestamp((seconds * 1000.0) as i64);
    let state = said.get("state").and_then(Value::as_str).map(str::to_owned);
    let skew = stream.clock_skew.millis();
    Ok(Event {
        id,
        signal,
        whom: whom(claims.get("sub_id"), said, names),
        at: millis(happened).plus_millis(skew).min(now),
        until: millis(made).plus_millis(stream.max_age.millis()).plus_millis(2 * skew),
        state,
    })
}
