use super::SecretRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A client that gets its access tokens from an authorization server (RFC 6749 §4.4).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthClient {
    /// The address of the token endpoint.
    pub token_url: String,
    /// The client's id there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretRef,
    /// What is asked for, where the server wants it said.
    pub scope: Option<String>,
    /// How id and secret are shown.
    #[serde(default)]
    pub client_auth: ClientAuth,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// In the header, as every server must take it (RFC 6749 §2.3.1).
    #[default]
    Basic,
    /// In the form, for servers that take it there only.
    Post,
}
