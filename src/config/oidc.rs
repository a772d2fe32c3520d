use super::login::thirty_days;
use super::{CodeFlow, Duration, Overage, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An OpenID Connect provider. It cannot list its people: what it says of somebody is in the tokens of their login,
/// which are verified here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, exactly as tokens name it. Its endpoints and keys are found below it
    /// (`/.well-known/openid-configuration`).
    pub issuer: String,
    /// Who tokens are made for: rosterd's own registration there, or the application's, where that hands its tokens on.
    pub client_id: String,
    /// The registration's secret, where it has one.
    pub client_secret: Option<SecretRef>,
    /// For whom tokens may be besides. Access tokens count only where they are for one of these.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// The algorithms by which tokens may be signed, whatever the provider offers.
    #[serde(default = "algorithms")]
    #[schemars(length(min = 1))]
    pub algorithms: Vec<SigningAlgorithm>,
    /// How old a token may be that is shown.
    #[serde(default = "an_hour")]
    pub max_age: Duration,
    /// How long what a login said holds if no other renews it: then they count as gone. At most a year.
    #[serde(default = "thirty_days")]
    pub lease: Duration,
    /// How far its clock may be from ours.
    #[serde(default = "a_minute")]
    pub clock_skew: Duration,
    /// Whether its UserInfo endpoint is asked too, where an access token comes along.
    #[serde(default)]
    pub userinfo: UserInfo,
    /// The claim that never changes and names nobody else: `sub`, or Entra's `oid`.
    #[serde(default = "sub")]
    pub subject: String,
    /// The claim with the login name.
    #[serde(default = "preferred_username")]
    pub login: String,
    /// The claim with the name for people.
    #[serde(default = "name")]
    pub name: String,
    /// The claim with the e-mail address.
    #[serde(default = "email")]
    pub email: String,
    /// It verifies addresses although it does not say so (`email_verified`). Otherwise one that is not verified links
    /// nobody.
    #[serde(default)]
    pub trust_email: bool,
    /// Logins in a browser that rosterd does itself. Absent: none; an application hands on the tokens of its own.
    pub code_flow: Option<CodeFlow>,
    /// Where groups are asked for that are elsewhere. Absent: nowhere, and they are unknown.
    pub overage: Option<Overage>,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The hosts that its metadata names may be in private networks, as its issuer may.
    #[serde(default)]
    pub private_network: bool,
    /// How long one answer may take.
    #[serde(default = "five_seconds")]
    pub timeout: Duration,
}

/// An algorithm that signs with a private key (RFC 7518 §3.1, RFC 8037). Those that share a secret, and `none`, are
/// not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SigningAlgorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "PS384")]
    Ps384,
    #[serde(rename = "PS512")]
    Ps512,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// As tokens name it. They compare exactly.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserInfo {
    /// It is asked wherever an access token comes along and the provider has such an endpoint.
    #[default]
    Ask,
    /// It is not.
    Never,
}

pub(super) fn algorithms() -> Vec<SigningAlgorithm> {
    SigningAlgorithm::ALL.to_vec()
}

fn an_hour() -> Duration {
    Duration::from_secs(3600)
}

fn a_minute() -> Duration {
    Duration::from_secs(60)
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn sub() -> String {
    "sub".to_owned()
}

fn preferred_username() -> String {
    "preferred_username".to_owned()
}

fn name() -> String {
    "name".to_owned()
}

fn email() -> String {
    "email".to_owned()
}
