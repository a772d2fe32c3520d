//! The UserInfo endpoint (OpenID Connect Core §5.3): what the provider says now of whoever the access token is of.

use super::OidcLogin;
use super::metadata::Metadata;
use crate::fetch::Url;
use crate::jose::{self, Claims, Kind, open};
use serde_json::Value;

/// The largest answer: 100,000 names of groups are some megabytes.
const LARGEST: usize = 8 << 20;

/// The claims, as JSON or signed. An error says why there are none.
pub(super) async fn ask(login: &OidcLogin, metadata: &Metadata, url: &Url, token: &str) -> Result<Claims, String> {
    let answer = login.client.get(url, Some(token), LARGEST).await.map_err(|error| error.to_string())?;
    if !answer.good() {
        return Err(format!("UserInfo answered {}", answer.status));
    }
    match answer.media_type().as_str() {
        "application/json" => match jose::parse(&answer.body, jose::MANY) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err("UserInfo did not answer a JSON object".to_owned()),
        },
        "application/jwt" => signed(login, metadata, &answer.body).await,
        other => Err(format!("UserInfo answered {other:.100?} instead of JSON")),
    }
}

/// A signed answer (§5.3.2) names issuer and audience, where it names them, and need not end.
async fn signed(login: &OidcLogin, metadata: &Metadata, body: &[u8]) -> Result<Claims, String> {
    let text = std::str::from_utf8(body).map_err(|_| "UserInfo answered no token".to_owned())?;
    let wrong = |error: &dyn std::fmt::Display| format!("UserInfo's answer is not believed: {error}");
    let opened = open(text.trim(), Kind::Id, &login.config.algorithms).map_err(|error| wrong(&error))?;
    let claims = login.signed(&opened, metadata).await.map_err(|error| wrong(&error))?;
    let ours = |said: &Value| match said {
        Value::String(one) => *one == login.config.client_id,
        Value::Array(several) => several.iter().any(|one| one.as_str() == Some(&login.config.client_id)),
        _ => false,
    };
    let issuer = claims.get("iss").is_none_or(|iss| iss.as_str() == Some(&login.config.issuer));
    if !issuer || !claims.get("aud").is_none_or(ours) {
        return Err("UserInfo's answer is another issuer's, or for somebody else".to_owned());
    }
    Ok(claims)
}
