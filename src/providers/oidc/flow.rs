//! Logging in with a browser: the authorization code flow (OpenID Connect Core §3.1) with PKCE (RFC 7636), and who may
//! have answered (RFC 9207).

use super::super::{
    Away, Back, Begun, BrowserLogin, Drawn, Finished, Leaving, LoggedOut, LoginError, RenewError, Renewed, Shown,
};
use super::grant::{NoTokens, Tokens};
use super::{OidcLogin, logout, overage, tokens};
use crate::config::{CodeFlow, Secret};
use crate::jose::{Refused, subject};
use async_trait::async_trait;
use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, Scope};
use rosterd_core::ids::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::Ordering;

/// What the answer is held against.
#[derive(Deserialize, Serialize)]
struct Kept {
    nonce: String,
    verifier: String,
}

/// What a login is renewed with, and of whom that must speak.
#[derive(Deserialize, Serialize)]
struct Grant {
    refresh_token: String,
    sub: String,
    /// Of the ID token, which newer ones have to repeat (§12.2).
    azp: Option<String>,
}

/// So many refusals in a row are believed. More look like a provider that cannot see its own directory: some refuse
/// everybody then (LemonLDAP::NG 2.16), one by one as they are due, which no limit would see.
const BELIEVED: u64 = 3;
/// The longest session id that is kept.
const LONGEST_SESSION: usize = 512;

impl OidcLogin {
    fn flow(&self) -> Result<&CodeFlow, LoginError> {
        let none = || LoginError::Wrong("no-code-flow", "the provider has no `code_flow`".to_owned());
        self.config.code_flow.as_ref().ok_or_else(none)
    }

    /// What to renew a login with, where that is wanted and the provider gave something.
    fn grant(&self, refresh: Option<String>, sub: &str, azp: Option<&str>) -> Option<Secret> {
        let wanted = self.config.code_flow.as_ref().is_some_and(|flow| flow.renew.is_some());
        let (sub, azp) = (sub.to_owned(), azp.map(str::to_owned));
        let grant = Grant { refresh_token: refresh.filter(|_| wanted)?, sub, azp };
        serde_json::to_string(&grant).ok().map(Secret::new)
    }
}

#[async_trait]
impl BrowserLogin for OidcLogin {
    async fn begin(
        &self,
        callback: &str,
        drawn: &Drawn,
        hint: Option<&str>,
        _now: Timestamp,
    ) -> Result<Begun, LoginError> {
        let (flow, metadata) = (self.flow()?, self.metadata().await?);
        let client = self.oauth(&metadata, flow, Some(callback)).await?;
        let verifier = PkceCodeVerifier::new(drawn.verifier.expose().to_owned());
        let asked = client
            .authorize_url(|| CsrfToken::new(drawn.state.expose().to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scope(Scope::new("openid".to_owned()))
            .add_scopes(flow.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            .add_extra_param("nonce", drawn.nonce.expose());
        // Core §11: without it, a provider may leave out the token.
        let offline = flow.scopes.iter().any(|scope| scope == "offline_access");
        let consent = (offline && !flow.parameters.contains_key("prompt")).then_some(("prompt", "consent"));
        let own = flow.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let more =
            own.filter(|(_, value)| !value.is_empty()).chain(consent).chain(hint.map(|hint| ("login_hint", hint)));
        let asked = more.fold(asked, |asked, (name, value)| asked.add_extra_param(name, value));
        let kept = Kept { nonce: drawn.nonce.expose().to_owned(), verifier: verifier.secret().clone() };
        let kept = serde_json::to_string(&kept).map_err(|error| LoginError::Unreachable(error.to_string()))?;
        Ok(Begun { away: Away::Address(asked.url().0.into()), kept })
    }

    async fn finish(
        &self,
        callback: &str,
        back: &Back,
        kept: Option<&str>,
        now: Timestamp,
    ) -> Result<Finished, LoginError> {
        let (flow, metadata) = (self.flow()?, self.metadata().await?);
        match back.get("iss") {
            Some(issuer) if issuer == self.config.issuer => {}
            None if !metadata.names_itself => {}
            // Another provider's answer, to a login at this one (RFC 9207 §2.4).
            Some(_) | None => return Err(Refused::Issuer.into()),
        }
        if let Some(error) = back.get("error") {
            return Err(refused(error));
        }
        let code = back.get("code").filter(|code| !code.is_empty());
        let code =
            code.ok_or_else(|| LoginError::Wrong("callback-form", "the provider's answer has no code".to_owned()))?;
        let damaged = |_| LoginError::Wrong("callback-form", "what was kept of the login is damaged".to_owned());
        let kept: Kept = serde_json::from_str(kept.unwrap_or_default()).map_err(damaged)?;
        let client = self.oauth(&metadata, flow, Some(callback)).await?;
        let Tokens { access, id, refresh } =
            self.redeem(&client, code, &kept.verifier).await.map_err(|error| match error {
                NoTokens::Refused => {
                    LoginError::Wrong("code-refused", "the provider does not know the code".to_owned())
                }
                NoTokens::Unknown(error) => error,
            })?;
        let none = || LoginError::Wrong("token-missing", "the provider gave no ID token".to_owned());
        let hint = Secret::new(id.clone().ok_or_else(none)?);
        let shown = Shown { id_token: id, access_token: Some(access), nonce: Some(kept.nonce), saml_response: None };
        let sources = tokens::believed(self, &shown, now).await?;
        let claims = sources.id_token.as_ref().ok_or_else(none)?;
        let sub = subject(claims, "sub")?.to_owned();
        let session = claims.get("sid").and_then(Value::as_str).filter(|sid| sid.len() <= LONGEST_SESSION);
        let session = session.map(str::to_owned);
        let grant = self.grant(refresh, &sub, claims.get("azp").and_then(Value::as_str));
        let said = overage::said(self, sources).await?;
        Ok(Finished { said, sub, session, hint: Some(hint), grant, once: None })
    }

    async fn renew(&self, grant: &Secret, now: Timestamp) -> Result<Renewed, RenewError> {
        let (flow, metadata) = (self.flow()?, self.metadata().await?);
        let damaged = |_| LoginError::Wrong("grant-form", "what the login is renewed with is damaged".to_owned());
        let Grant { refresh_token, sub, azp } = serde_json::from_str(grant.expose()).map_err(damaged)?;
        let client = self.oauth(&metadata, flow, None).await?;
        let refresh = Secret::new(refresh_token.clone());
        let tokens = match self.refresh(&client, &refresh).await {
            Ok(tokens) => tokens,
            Err(NoTokens::Refused) if self.refusals.fetch_add(1, Ordering::Relaxed) < BELIEVED => {
                return Err(RenewError::Over);
            }
            Err(NoTokens::Refused) => {
                let why = "it refuses everybody since it last renewed somebody: is its directory down?";
                return Err(LoginError::Unreachable(why.to_owned()).into());
            }
            Err(NoTokens::Unknown(error)) => return Err(error.into()),
        };
        self.refusals.store(0, Ordering::Relaxed);
        // It may give another, and then this one is used up (§6).
        let next = tokens.refresh.clone().unwrap_or(refresh_token);
        let grant = self.grant(Some(next), &sub, azp.as_deref()).ok_or(RenewError::Over)?;
        let sources = tokens::renewed(self, &tokens, &sub, azp.as_deref(), now).await;
        let said = match sources {
            Ok(sources) => overage::said(self, sources).await,
            Err(error) => Err(error),
        };
        Ok(Renewed { said, grant })
    }

    async fn logout(&self, hint: Option<&Secret>, leaving: &Leaving<'_>) -> Option<String> {
        let metadata = self.metadata().await.ok()?;
        let mut url = metadata.end_session.clone()?;
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", &self.config.client_id).append_pair("post_logout_redirect_uri", leaving.after);
        if let Some(hint) = hint {
            query.append_pair("id_token_hint", hint.expose());
        }
        drop(query);
        Some(url.into())
    }

    async fn logs_out_at(&self, _now: Timestamp) -> Option<String> {
        self.metadata().await.ok()?.end_session.clone().map(Into::into)
    }

    async fn logged_out(&self, message: &str, now: Timestamp) -> Result<LoggedOut, LoginError> {
        logout::read(self, message, now).await
    }
}

/// The codes that a provider may answer with (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6); any other word is its
/// own, and is not repeated.
fn refused(error: &str) -> LoginError {
    const KNOWN: [&str; 11] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ];
    let word = KNOWN.into_iter().find(|known| *known == error).unwrap_or("an error");
    LoginError::Wrong("login-refused", format!("the provider answered {word}"))
}
