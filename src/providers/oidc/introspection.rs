//! Introspection (RFC 7662): what an access token says that only the provider can read.

use super::super::LoginError;
use super::OidcLogin;
use crate::fetch::Url;
use crate::jose::{self, Claims, Refused, moment};
use rosterd_core::ids::Timestamp;
use serde_json::Value;

/// The largest answer.
const LARGEST: usize = 8 << 20;

pub(super) async fn ask(login: &OidcLogin, url: &Url, token: &str, now: Timestamp) -> Result<Claims, LoginError> {
    let secret = login.config.client_secret.as_ref().map(|secret| secret.resolve());
    let secret = secret.transpose().map_err(|error| LoginError::Unreachable(error.to_string()))?;
    let basic = secret.as_ref().map(|secret| (login.config.client_id.as_str(), secret.expose()));
    let form = [("token", token), ("token_type_hint", "access_token")];
    let answer = login.client.post_form(url, &form, basic, LARGEST).await;
    let answer = answer.map_err(|error| LoginError::Unreachable(error.to_string()))?;
    if !answer.good() {
        return Err(LoginError::Unreachable(format!("introspection answered {}", answer.status)));
    }
    match jose::parse(&answer.body, jose::MANY) {
        Ok(Value::Object(mut claims)) => {
            active(login, &claims, now)?;
            // It need not say when the token was made (RFC 7662 §2.2). It was asked now, and says what is so now.
            claims.entry("iat").or_insert_with(|| (now.0 / 1000).into());
            Ok(claims)
        }
        _ => Err(LoginError::Unreachable("introspection did not answer a JSON object".to_owned())),
    }
}

/// Only `true` is active (§2.2). What else it says has to fit; what it does not say is not held against it, but for
/// whom the token is: one that was made for another application says nothing of who uses ours.
fn active(login: &OidcLogin, claims: &Claims, now: Timestamp) -> Result<(), Refused> {
    if claims.get("active") != Some(&Value::Bool(true)) {
        return Err(Refused::Time);
    }
    if claims.get("iss").is_some_and(|iss| iss.as_str() != Some(&login.config.issuer)) {
        return Err(Refused::Issuer);
    }
    let ours = |name: &str| login.audiences.iter().any(|our| our == name);
    let for_us = match claims.get("aud") {
        None | Some(Value::Null) => claims.get("client_id").and_then(Value::as_str).is_some_and(ours),
        Some(Value::String(one)) => ours(one),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).any(ours),
        Some(_) => false,
    };
    if !for_us {
        return Err(Refused::Audience);
    }
    let skew = login.config.clock_skew.get().as_secs_f64();
    let over = |exp: f64| exp + skew <= now.0 as f64 / 1000.0;
    if moment(claims, "exp")?.is_some_and(over) { Err(Refused::Time) } else { Ok(()) }
}
