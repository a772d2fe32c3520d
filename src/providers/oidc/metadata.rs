//! Where the provider's endpoints are (OpenID Connect Discovery §4): asked for once and then every hour, and at most
//! every ten seconds while it does not answer.

use super::super::LoginError;
use super::OidcLogin;
use crate::fetch::Url;
use crate::jose;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

const SELDOM: Duration = Duration::from_secs(10);
const FRESH: Duration = Duration::from_secs(3600);
/// The largest answer.
const LARGEST: usize = 256 << 10;
const PLACE: &str = ".well-known/openid-configuration";

/// What is used of the provider's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) keys: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) introspection: Option<Url>,
    pub(super) authorization: Option<Url>,
    pub(super) token: Option<Url>,
    /// Where people log out there (OpenID Connect RP-Initiated Logout §2.1).
    pub(super) end_session: Option<Url>,
    /// Whether it always says who it is when it sends a browser back (RFC 9207 §3).
    pub(super) names_itself: bool,
}

#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: Option<(Arc<Metadata>, Instant)>,
    asked: Option<(Instant, LoginError)>,
}

impl OidcLogin {
    /// What was known, where it is known and the provider does not answer.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, LoginError> {
        let mut state = self.metadata.0.lock().await;
        if let Some((known, at)) = &state.known
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(known));
        }
        let known = state.known.as_ref().map(|(known, _)| Arc::clone(known));
        if let Some((at, error)) = &state.asked
            && at.elapsed() < SELDOM
        {
            return known.ok_or_else(|| error.clone());
        }
        match discover(self).await {
            Ok(found) => {
                let found = Arc::new(found);
                (state.known, state.asked) = (Some((Arc::clone(&found), Instant::now())), None);
                Ok(found)
            }
            Err(error) => {
                tracing::warn!(issuer = self.config.issuer, %error, "an OpenID provider does not say where it is");
                state.asked = Some((Instant::now(), error.clone()));
                known.ok_or(error)
            }
        }
    }
}

async fn discover(login: &OidcLogin) -> Result<Metadata, LoginError> {
    let place = format!("{}/{PLACE}", login.config.issuer.trim_end_matches('/'));
    let wrong = |what: &str| LoginError::Unreachable(format!("{place}: {what}"));
    let url = Url::parse(&place).map_err(|error| wrong(&error.to_string()))?;
    let answer = login.client.get(&url, None, LARGEST).await;
    let answer = answer.map_err(|error| LoginError::Unreachable(error.to_string()))?;
    if !answer.good() {
        return Err(wrong(&format!("it answered {}", answer.status)));
    }
    let root = jose::parse(&answer.body, jose::FEW).map_err(|_| wrong("its answer is not JSON"))?;
    read(&login.config.issuer, &root).map_err(|what| wrong(&what))
}

/// The issuer must be the one that was asked (OpenID Connect Discovery §4.3): another one would vouch for its own
/// people as for these.
fn read(issuer: &str, root: &Value) -> Result<Metadata, String> {
    let said = root.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if said != issuer {
        return Err(format!("it calls its issuer {said:.200?}; `issuer` must be exactly that"));
    }
    let endpoint = |name: &str| match root.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Url::parse(text).map(Some).map_err(|error| format!("{name} is no URL: {error}")),
        Some(_) => Err(format!("{name} is no URL")),
    };
    Ok(Metadata {
        keys: endpoint("jwks_uri")?.ok_or("it does not say where its keys are (jwks_uri)")?,
        userinfo: endpoint("userinfo_endpoint")?,
        introspection: endpoint("introspection_endpoint")?,
        authorization: endpoint("authorization_endpoint")?,
        token: endpoint("token_endpoint")?,
        end_session: endpoint("end_session_endpoint")?,
        names_itself: root.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn o16_the_issuer_is_the_one_that_was_asked() {
        let good = json!({ "issuer": "https://sso.x.org/", "jwks_uri": "https://sso.x.org/keys" });
        assert_eq!(read("https://sso.x.org/", &good).unwrap().userinfo, None);
        for (issuer, root) in [
            ("https://sso.x.org", good.clone()),
            ("https://SSO.x.org/", good),
            ("https://sso.x.org/", json!({ "jwks_uri": "https://sso.x.org/keys" })),
            ("https://sso.x.org/", json!({ "issuer": ["https://sso.x.org/"], "jwks_uri": "https://x.org/keys" })),
            ("https://sso.x.org/", json!({ "issuer": "https://sso.x.org/" })),
            ("https://sso.x.org/", json!({ "issuer": "https://sso.x.org/", "jwks_uri": "/keys" })),
            ("https://sso.x.org/", json!([])),
        ] {
            assert!(read(issuer, &root).is_err(), "{root}");
        }
    }
}
