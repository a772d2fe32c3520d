//! Each step of a login, tried without anybody who logs in.

use super::super::CheckStep;
use super::OidcLogin;

pub(super) async fn run(login: &OidcLogin) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    let metadata = login.metadata().await;
    let said = match &metadata {
        Ok(metadata) => {
            let has = |url: &Option<crate::fetch::Url>, name: &str| match url {
                Some(url) => format!("{name} at {url}"),
                None => format!("no {name}"),
            };
            let (userinfo, other) =
                (has(&metadata.userinfo, "UserInfo"), has(&metadata.introspection, "introspection"));
            Ok(format!("keys at {}, {userinfo}, {other}", metadata.keys))
        }
        Err(error) => Err(error.to_string()),
    };
    steps.push(CheckStep { what: format!("metadata of {}", login.issuer), result: said });
    let Ok(metadata) = metadata else { return steps };
    let keys = login.keys.known(&login.client, &metadata.keys).await;
    let result = match keys {
        Some(keys) => Ok(format!("{} that can verify a signature", keys.len())),
        None => Err("there are none that can verify a signature; the log says why".to_owned()),
    };
    steps.push(CheckStep { what: format!("keys at {}", metadata.keys), result });
    if login.config.code_flow.is_some() {
        let result = match (&metadata.authorization, &metadata.token) {
            (Some(authorization), Some(token)) => {
                let (authorization, token, out) = (authorization.as_str(), token.as_str(), &metadata.end_session);
                let out = out.as_ref().map_or("nowhere", |url| url.as_str());
                Ok(format!("people go to {authorization}, tokens come from {token}, logout is at {out}"))
            }
            _ => Err("it names no authorization_endpoint and token_endpoint".to_owned()),
        };
        steps.push(CheckStep { what: "logins in a browser".to_owned(), result });
    }
    if let Some(secret) = &login.config.client_secret {
        let result = secret.resolve().map(|_| "it can be read".to_owned()).map_err(|error| error.to_string());
        steps.push(CheckStep { what: "the client's secret".to_owned(), result });
    }
    steps
}
