//! Microsoft Entra's custom authentication extension (learn.microsoft.com: "Custom claims provider
//! reference"): the event onTokenIssuanceStart, by the token of Entra's own service principal. Whoever
//! can get a token for our audience from the tenant is not yet Entra: `azp` says who asks.

use crate::hooks::read::{Call, Form, Given, Verified, bearer, event, one_as, parse, sha256, verify_token};
use crate::hooks::refusal::{Refusal, unproved, unreadable};
use crate::hooks::shapes::Shape;
use serde_json::Value;

/// The application that calls custom authentication extensions, in every tenant.
const CALLER: &str = "99045fe1-7639-4a75-9d4a-577b6ca3810f";
const KIND: &str = "microsoft.graph.authenticationEvent.tokenIssuanceStart";

const FORM: Form = Form {
    subject: Some("/data/authenticationContext/user/id"),
    login: Some("/data/authenticationContext/user/userPrincipalName"),
    email: None,
    name: Some("/data/authenticationContext/user/displayName"),
    // One login can ask for several tokens, each of which has to be answered.
    id: None,
    kind: Some("/type"),
    time: None,
};

pub(super) fn read(call: &Call<'_>, given: &Given<'_>) -> Result<Verified, Refusal> {
    let issuer = given.hook.issuer.as_ref().ok_or(unproved("token"))?;
    let claims = verify_token(bearer(call.headers)?, issuer, given)?;
    // Tokens of version 1 say `appid` instead.
    let caller = claims.get("azp").or(claims.get("appid")).and_then(Value::as_str);
    if caller != Some(CALLER) {
        return Err(unproved("token-caller"));
    }
    let root = parse(call.body)?;
    if root.get("type").and_then(Value::as_str) != Some(KIND) {
        return Err(unreadable("event"));
    }
    Ok(one_as(event(&root, given, &FORM, None, sha256(call.body)), Shape::Entra))
}
