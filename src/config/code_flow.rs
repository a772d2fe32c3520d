use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Logins in a browser that rosterd does itself, by the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636),
/// at `/login/PROVIDER`. The provider sends browsers back to `/login/PROVIDER/callback` below `http.public_url`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CodeFlow {
    /// What is asked for. `openid` is always among it. `offline_access` makes most providers give a token with which
    /// a login can be renewed.
    pub scopes: Vec<String>,
    /// What the provider is told besides when a browser is sent there, such as `prompt`, `acr_values`, or Google's
    /// `access_type = "offline"`. With `offline_access` among `scopes`, `prompt` is `consent` unless it stands here
    /// (OpenID Connect Core §11); empty leaves it out.
    pub parameters: BTreeMap<String, String>,
    /// How rosterd proves to the provider who it is.
    pub authentication: ClientAuthentication,
    /// How often what a login said is renewed behind, where the provider gave a token for that. Absent: never, and no
    /// such token is kept.
    pub renew: Option<Duration>,
    /// What it means that the provider refuses that token.
    pub refused: OnRefused,
}

impl Default for CodeFlow {
    fn default() -> Self {
        Self {
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            parameters: BTreeMap::new(),
            authentication: ClientAuthentication::Basic,
            renew: None,
            refused: OnRefused::End,
        }
    }
}

/// RFC 6749 §2.3.1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthentication {
    /// In a header.
    #[default]
    Basic,
    /// In the form, where the provider wants that.
    Post,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnRefused {
    /// Somebody is gone at the provider, or was locked: what their login said ends at once, under the limits as
    /// everything that is taken away.
    #[default]
    End,
    /// Nothing: what it said holds until its lease ends. For providers whose tokens end with a session there.
    Keep,
}
