use super::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// People who come with a login. The provider cannot list them: what it says of somebody is known
/// when they log in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// How they log in.
    pub protocol: LoginProtocol,
    /// How long what a login said holds if no other renews it: then they count as gone. At most 366 days.
    #[serde(default = "thirty_days")]
    pub lease: Duration,
}

/// The longest lease: a leaver must lose access some day.
pub(super) const LONGEST_LEASE: Duration = Duration::from_secs(366 * 86_400);

pub(super) fn thirty_days() -> Duration {
    Duration::from_secs(30 * 86_400)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoginProtocol {
    /// OpenID Connect.
    Oidc,
    /// OAuth 2.0 with an API that says who somebody is.
    Oauth,
    /// SAML 2.0.
    Saml,
    /// A signed token from somewhere else.
    Jwt,
    /// A proxy that says it in headers.
    Proxy,
}
