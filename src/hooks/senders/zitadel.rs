//! Zitadel, Actions v2 (zitadel.com/docs: "Using Actions", "Verify payload integrity"): the header
//! `ZITADEL-Signature: t=TIME,v1=HEX[,v1=HEX]`, HMAC-SHA256 over `TIME.body`; three kinds of bodies, of
//! requests and responses, of functions, of events.

use crate::hooks::read::signature_bytes;
use crate::hooks::read::{Call, Form, Given, Verified, event, hmac_of_all, is_recent, one_as, only, parse, sha256};
use crate::hooks::refusal::{Refusal, unproved};
use crate::hooks::shapes::Shape;
use serde_json::{Value, json};

pub(crate) const SIGNATURE: &str = "ZITADEL-Signature";
/// How many signatures are looked at: two while the key is being changed.
const MOST_SIGNATURES: usize = 8;

/// With the person put under `user`.
const FORM: Form = Form {
    subject: Some("/user/id"),
    login: Some("/user/username"),
    email: None,
    name: None,
    id: Some("/event_id"),
    kind: Some("/kind"),
    time: Some("/created_at"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    let value = only(call.headers, SIGNATURE)?.ok_or(unproved("signature-missing"))?;
    let (mut time, mut signatures) = (None, Vec::new());
    for part in value.split(|byte| *byte == b',').take(MOST_SIGNATURES + 1) {
        match part {
            [b't', b'=', rest @ ..] if time.is_none() => time = Some(rest),
            [b'v', b'1', b'=', rest @ ..] => signatures.extend(signature_bytes(rest)),
            _ => {}
        }
    }
    let time = time.filter(|time| is_recent(time, given.now, given.hook.tolerance.millis()));
    let time = time.ok_or(unproved("timestamp"))?;
    let keys: Vec<&[u8]> = given.secrets.iter().map(|secret| secret.expose().as_bytes()).collect();
    if !bool::from(hmac_of_all(&keys, &[time, b".", call.body], &signatures)) {
        return Err(unproved("signature"));
    }
    let mut root = parse(call.body)?;
    let (kind, user, shape) = about(&root);
    if let Some(root) = root.as_object_mut() {
        root.insert("kind".to_owned(), kind.into());
        // An event is known by what it happened to and its number there.
        let part = |key: &str| root.get(key).filter(|part| part.is_string() || part.is_number()).map(Value::to_string);
        if let (Some(aggregate), Some(sequence)) = (part("aggregateID"), part("sequence")) {
            root.insert("event_id".to_owned(), format!("{aggregate}:{sequence}").replace('"', "").into());
        }
        root.insert("user".to_owned(), user);
    }
    Ok(one_as(event(&root, given, &FORM, None, sha256(call.body)), shape))
}

/// The kind of the event, the person, and how it is answered.
fn about(root: &Value) -> (String, Value, Shape) {
    let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str);
    if let Some(function) = text("/function") {
        let user = json!({ "id": text("/user/id"), "username": text("/user/username") });
        return (function.to_owned(), user, Shape::ZitadelClaims);
    }
    if let Some(kind) = text("/event_type") {
        let own = text("/aggregateType") == Some("user");
        let id = if own { text("/aggregateID") } else { text("/userID") };
        let username = text("/event_payload/userName").filter(|_| own);
        return (kind.to_owned(), json!({ "id": id, "username": username }), Shape::Plain);
    }
    // Of a request or response, `userID` is whoever calls Zitadel: at a login, the login page's own
    // account. Who logs in stands in the checks of the session.
    let id = text("/request/checks/user/userId").or(text("/request/checks/user/userID")).or(text("/userID"));
    let user = json!({ "id": id, "username": text("/request/checks/user/loginName") });
    (text("/fullMethod").unwrap_or_default().to_owned(), user, Shape::ZitadelPass)
}
