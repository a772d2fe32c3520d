//! Auth0 (auth0.com/docs: "Custom log streams", "Log event type codes", "Actions"). A log stream brings
//! records as JSON lines, an array or one object, each `{log_id, data: {type, date, user_id,
//! user_name}}`; an Action sends what the operator writes, here `{user: {…}}`. Both bring a token.

use super::header;
use crate::hooks::read::{Call, Form, Given, Verified, event, parse, sha256, shared};
use crate::hooks::refusal::{Refusal, unreadable};
use crate::hooks::shapes::Shape;
use serde_json::{Value, json};

/// The most records of one call.
const MOST_RECORDS: usize = 1000;

/// With the person put under `user`.
const FORM: Form = Form {
    subject: Some("/user/user_id"),
    login: None,
    email: Some("/user/email"),
    name: Some("/user/name"),
    id: Some("/log_id"),
    kind: Some("/data/type"),
    time: Some("/data/date"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    shared(call.headers, header(given.hook), given.secrets)?;
    let records = records(call.body)?;
    let count = records.len();
    let events: Vec<_> = records
        .into_iter()
        .filter_map(|mut record| {
            let hash = sha256(record.to_string().as_bytes());
            if let Some(data) = record.get("data").filter(|data| data.get("user_id").is_some()) {
                let email = data.get("user_name").filter(|name| name.as_str().is_some_and(|name| name.contains('@')));
                let user = json!({ "user_id": data.get("user_id"), "email": email });
                record.as_object_mut()?.insert("user".to_owned(), user);
            }
            event(&record, given, &FORM, None, hash)
        })
        .collect();
    Ok(Verified::Events { ignored: count - events.len(), events, shape: Shape::Plain })
}

fn records(body: &[u8]) -> Result<Vec<Value>, Refusal> {
    let records = match parse(body) {
        Ok(Value::Array(records)) => records,
        Ok(record) => vec![record],
        // One record a line.
        Err(refusal) => {
            let lines: Vec<&[u8]> =
                body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
            if lines.len() < 2 || lines.len() > MOST_RECORDS {
                return Err(refusal);
            }
            lines.into_iter().map(parse).collect::<Result<_, _>>()?
        }
    };
    if records.len() > MOST_RECORDS || !records.iter().all(Value::is_object) {
        return Err(unreadable("event"));
    }
    Ok(records)
}
