//! Keycloak with keycloak-events of Phase Two (github.com/p2-inc/keycloak-events): the body's
//! HMAC-SHA256 in hex in `X-Keycloak-Signature`; or a token whose claim `request_body_sha256` is the
//! body's hash. A failed call is repeated for up to 15 minutes, so that no time is asked for; what was
//! seen is known by `uid`.

use crate::hooks::read::{
    Call, Form, Given, Verified, bearer, event, hmac_of_all, one_as, only, parse, sha256, signature_bytes, verify_token,
};
use crate::hooks::refusal::{Refusal, unproved};
use crate::hooks::shapes::Shape;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

pub(crate) const SIGNATURE: &str = "X-Keycloak-Signature";

/// With the person put under `user`.
const FORM: Form = Form {
    subject: Some("/user/id"),
    login: Some("/user/username"),
    email: None,
    name: None,
    id: Some("/uid"),
    kind: Some("/type"),
    time: Some("/time"),
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    match (only(call.headers, SIGNATURE)?, &given.hook.issuer) {
        (Some(signature), _) if !given.secrets.is_empty() => {
            let signature = signature_bytes(signature).ok_or(unproved("signature"))?;
            let keys: Vec<&[u8]> = given.secrets.iter().map(|secret| secret.expose().as_bytes()).collect();
            if !bool::from(hmac_of_all(&keys, &[call.body], &[signature])) {
                return Err(unproved("signature"));
            }
        }
        (_, Some(issuer)) => {
            let claims = verify_token(bearer(call.headers)?, issuer, given)?;
            let said = claims.get("request_body_sha256").and_then(Value::as_str).unwrap_or_default();
            let said = signature_bytes(said.as_bytes()).ok_or(unproved("signature"))?;
            if !bool::from(sha256(call.body).as_slice().ct_eq(&said)) {
                return Err(unproved("signature"));
            }
        }
        _ => return Err(unproved("signature-missing")),
    }
    let mut root = parse(call.body)?;
    let user = person(&root);
    if let Some(root) = root.as_object_mut() {
        root.insert("user".to_owned(), user);
    }
    Ok(one_as(event(&root, given, &FORM, None, sha256(call.body)), Shape::Plain))
}

/// Whom the event is about. Of an administrator's event, `authDetails` is the administrator; the user
/// is the one in the path of what was changed, by id alone.
fn person(root: &Value) -> Value {
    let text = |pointer: &str| root.pointer(pointer).and_then(Value::as_str);
    if text("/type").is_some_and(|kind| kind.starts_with("admin.")) {
        let id = text("/resourcePath").and_then(|path| path.strip_prefix("users/")?.split('/').next());
        let username = text("/details/username");
        return json!({ "id": id, "username": username });
    }
    let id = text("/authDetails/userId").or(text("/userId"));
    json!({ "id": id, "username": text("/authDetails/username").or(text("/details/username")) })
}
