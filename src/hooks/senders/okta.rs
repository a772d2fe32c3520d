//! Okta (developer.okta.com: "Event hooks", "Token inline hook reference", "SAML assertion inline hook
//! reference"). Okta proves itself with a header of the operator's choice. An event hook's address is
//! verified once by GET; one call may bring several events, again and out of order.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, event, one_as, parse, sha256, shared};
use crate::hooks::refusal::{Refusal, unreadable};
use crate::hooks::shapes::Shape;
use axum::http::Method;
use serde_json::Value;

/// The longest challenge that is said back.
const LONGEST_CHALLENGE: usize = 1024;
/// The most events of one call.
const MOST_EVENTS: usize = 1000;

/// Of an event, with the person put under `user`. Okta's own id is no other provider's.
const EVENT: Form = Form {
    subject: Some("/user/id"),
    login: Some("/user/alternateId"),
    email: None,
    name: Some("/user/displayName"),
    id: Some("/uuid"),
    kind: Some("/eventType"),
    time: Some("/published"),
};
const TOKEN: Form = Form {
    subject: Some("/data/context/user/id"),
    login: Some("/data/context/user/profile/login"),
    email: None,
    name: None,
    id: Some("/eventId"),
    kind: Some("/eventType"),
    time: Some("/eventTime"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    shared(call.headers, header(given.hook), given.secrets)?;
    if call.method == Method::GET {
        let challenge = call.headers.get("x-okta-verification-challenge").and_then(|value| value.to_str().ok());
        let challenge = challenge.filter(|text| text.len() <= LONGEST_CHALLENGE).ok_or(unreadable("challenge"))?;
        return Ok(Verified::Challenge(challenge.to_owned()));
    }
    let root = parse(call.body)?;
    let shape = match root.get("eventType").and_then(Value::as_str) {
        Some("com.okta.event_hook") => return events(&root, given),
        Some(kind) if kind.starts_with("com.okta.oauth2.tokens.") => Shape::OktaToken,
        Some(kind) if kind.starts_with("com.okta.saml.tokens.") => Shape::OktaSaml,
        _ => return Err(unreadable("event")),
    };
    Ok(one_as(event(&root, given, &TOKEN, None, sha256(call.body)), shape))
}

fn events(root: &Value, given: &Given<'_>) -> Result<Verified, Refusal> {
    let items = root.pointer("/data/events").and_then(Value::as_array).ok_or(unreadable("event"))?;
    if items.len() > MOST_EVENTS {
        return Err(unreadable("event"));
    }
    let events: Vec<_> = items
        .iter()
        .filter_map(|item| {
            // Of this event alone: a second try may bring it in other company.
            let hash = sha256(item.to_string().as_bytes());
            let mut item = item.clone();
            let user = person(&item)?.clone();
            item.as_object_mut()?.insert("user".to_owned(), user);
            event(&item, given, &EVENT, None, hash)
        })
        .collect();
    Ok(Verified::Events { ignored: items.len() - events.len(), events, shape: Shape::Plain })
}

/// Whom an event is about: the user to whom something was done, else the one who did it.
fn person(event: &Value) -> Option<&Value> {
    let is_user = |who: &&Value| who.get("type").and_then(Value::as_str) == Some("User");
    let targets = event.get("target").and_then(Value::as_array).into_iter().flatten();
    targets.chain(event.get("actor")).find(is_user)
}
