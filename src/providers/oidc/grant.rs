//! The token endpoint (RFC 6749 §3.2): tokens for a code, and newer ones for what a login is renewed with.

use super::super::LoginError;
use super::OidcLogin;
use super::metadata::Metadata;
use crate::config::{ClientAuthentication, CodeFlow, Secret};
use crate::fetch::{self, FetchError, Url};
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenType};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, StandardRevocableToken,
    StandardTokenIntrospectionResponse, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// The largest answer.
const LARGEST: usize = 8 << 20;

/// What OpenID Connect adds to an answer (Core §3.1.3.3).
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct WithIdToken {
    id_token: Option<String>,
}

impl fmt::Debug for WithIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithIdToken")
    }
}

impl oauth2::ExtraTokenFields for WithIdToken {}

type Answer = StandardTokenResponse<WithIdToken, BasicTokenType>;
/// A client of which both endpoints are known.
pub(super) type OauthClient = Client<
    BasicErrorResponse,
    Answer,
    StandardTokenIntrospectionResponse<WithIdToken, BasicTokenType>,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What the provider gave.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) id: Option<String>,
    pub(super) refresh: Option<String>,
}

/// Why it gave nothing.
#[derive(Debug)]
pub(super) enum NoTokens {
    /// It takes the code, or the token, for none (`invalid_grant`, RFC 6749 §5.2).
    Refused,
    Unknown(LoginError),
}

impl OidcLogin {
    /// A client for the code flow. `callback`: where browsers come back.
    pub(super) async fn oauth(
        &self,
        metadata: &Metadata,
        flow: &CodeFlow,
        callback: Option<&str>,
    ) -> Result<OauthClient, LoginError> {
        let missing = |name: &str| LoginError::Unreachable(format!("{} does not say its {name}", self.config.issuer));
        let authorization = metadata.authorization.clone().ok_or_else(|| missing("authorization_endpoint"))?;
        let token = metadata.token.clone().ok_or_else(|| missing("token_endpoint"))?;
        let mut client = Client::new(ClientId::new(self.config.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(authorization))
            .set_token_uri(TokenUrl::from_url(token))
            .set_auth_type(match flow.authentication {
                ClientAuthentication::Basic => AuthType::BasicAuth,
                ClientAuthentication::Post => AuthType::RequestBody,
            });
        if let Some(reference) = self.config.client_secret.clone() {
            let secret = tokio::task::spawn_blocking(move || reference.resolve()).await;
            let secret = secret.map_err(|error| LoginError::Unreachable(error.to_string()))?;
            let secret = secret.map_err(|error| LoginError::Unreachable(error.to_string()))?;
            client = client.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
        }
        if let Some(callback) = callback {
            let callback = RedirectUrl::new(callback.to_owned());
            let callback = callback.map_err(|error| LoginError::Unreachable(format!("http.public_url: {error}")))?;
            client = client.set_redirect_uri(callback);
        }
        Ok(client)
    }

    /// Tokens for a code (§4.1.3, RFC 7636 §4.5).
    pub(super) async fn redeem(&self, client: &OauthClient, code: &str, verifier: &str) -> Result<Tokens, NoTokens> {
        let ask = asking(self.client.clone());
        let asked = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&ask)
            .await;
        asked.map(Tokens::from).map_err(no_tokens)
    }

    /// Newer tokens (§6).
    pub(super) async fn refresh(&self, client: &OauthClient, token: &Secret) -> Result<Tokens, NoTokens> {
        let ask = asking(self.client.clone());
        let token = RefreshToken::new(token.expose().to_owned());
        client.exchange_refresh_token(&token).request_async(&ask).await.map(Tokens::from).map_err(no_tokens)
    }
}

/// How the library asks: as everybody here.
fn asking(
    client: fetch::Client,
) -> impl Fn(HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send>> {
    move |request| {
        let client = client.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let url = Url::parse(&head.uri.to_string()).map_err(|error| FetchError::Settings(error.to_string()))?;
            let answer = client.post(&url, head.headers, body, LARGEST).await?;
            let mut response = HttpResponse::new(answer.body);
            *response.status_mut() = answer.status.try_into().unwrap_or_default();
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

impl From<Answer> for Tokens {
    fn from(answer: Answer) -> Self {
        Self {
            access: answer.access_token().secret().clone(),
            id: answer.extra_fields().id_token.clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
        }
    }
}

/// Without a word of the answer: it may hold tokens.
fn no_tokens(error: RequestTokenError<FetchError, BasicErrorResponse>) -> NoTokens {
    use BasicErrorResponseType::{InvalidClient, InvalidGrant, UnauthorizedClient};
    let unknown = |why: &str| NoTokens::Unknown(LoginError::Unreachable(format!("the token endpoint {why}")));
    match error {
        RequestTokenError::ServerResponse(said) => match said.error() {
            InvalidGrant => NoTokens::Refused,
            InvalidClient | UnauthorizedClient => {
                unknown("does not take us for the client: see client_id, client_secret and code_flow.authentication")
            }
            _ => unknown("refused"),
        },
        RequestTokenError::Request(error) => NoTokens::Unknown(LoginError::Unreachable(error.to_string())),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unknown("answered what is no answer"),
    }
}
