use super::oidc::algorithms;
use super::{Duration, Network, Rate, SecretRef, SigningAlgorithm, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A stream of security events (OpenID Shared Signals Framework 1.0: CAEP, RISC), pushed to `/signals/v1/NAME`
/// (RFC 8935) or polled for (RFC 8936). An event makes rosterd ask the provider again, ends sessions, or ends what a
/// login gave; it never gives anything.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// The provider whose people it speaks of. It can speak of nobody else.
    pub provider: String,
    /// Who makes the events: `iss` of each, exactly.
    pub issuer: String,
    /// For whom they are: `aud` of each, or one of several there, must be this.
    pub audience: String,
    /// Where the issuer's public keys are (RFC 7517). Default: found by its metadata
    /// (`/.well-known/ssf-configuration`).
    pub keys_url: Option<String>,
    /// The algorithms by which events may be signed.
    #[serde(default = "algorithms")]
    #[schemars(length(min = 1))]
    pub algorithms: Vec<SigningAlgorithm>,
    /// What whoever pushes sends in `Authorization`, besides that the events are signed. Several while one is being
    /// changed: each counts.
    #[serde(default)]
    pub secrets: Vec<SecretRef>,
    /// From where events may be pushed. Default: from anywhere.
    #[serde(default)]
    pub allow_from: Vec<Network>,
    /// Events are polled for instead of pushed.
    pub poll: Option<SignalsPoll>,
    /// Who is meant by the subject of an event (RFC 9493).
    #[serde(default)]
    pub subjects: SignalsSubjects,
    /// What `account-disabled` and `account-purged` do where people are known by their logins only.
    #[serde(default)]
    pub on_disabled: OnDisabled,
    /// The `state` that an event of the kind `verification` must have, if it has one.
    pub verification_state: Option<String>,
    /// How old an event may be.
    #[serde(default = "a_day")]
    pub max_age: Duration,
    /// How far the issuer's clock may be from ours.
    #[serde(default = "a_minute")]
    pub clock_skew: Duration,
    /// How many events are taken that are pushed. More are answered 429.
    #[serde(default = "per_stream")]
    pub rate: Rate,
    /// PEM file of the authorities to believe besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The host that its metadata names for the keys may be in a private network, as its issuer may.
    #[serde(default)]
    pub private_network: bool,
    /// How long one answer may take.
    #[serde(default = "five_seconds")]
    pub timeout: Duration,
}

/// How events are polled for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalsPoll {
    /// The address of the stream.
    pub url: String,
    /// The token that lets rosterd read there.
    pub bearer: SecretRef,
    /// How often it is asked.
    #[serde(default = "ten_seconds")]
    pub every: Duration,
}

/// Who is meant by the subject of an event, by its format. Several in `aliases` and the `user` of a complex subject are
/// read by these, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignalsSubjects {
    /// Who `iss` of the format `iss_sub` has to be. Default: `oidc.issuer` of the provider, else the issuer of the
    /// events.
    pub issuer: Option<String>,
    /// What `sub` of the format `iss_sub` is here.
    pub iss_sub: NamedBy,
    /// What `id` of the format `opaque` is here.
    pub opaque: NamedBy,
    /// What the account of the format `account` is here (`acct:ann@example.org`): as an e-mail address all of it, else
    /// what stands before the `@`.
    pub account: NamedBy,
    /// What the address of the format `email` is here.
    pub email: NamedBy,
}

impl Default for SignalsSubjects {
    fn default() -> Self {
        Self {
            issuer: None,
            iss_sub: NamedBy::Subject,
            opaque: NamedBy::Subject,
            account: NamedBy::Nothing,
            email: NamedBy::Email,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NamedBy {
    /// The provider's immutable id of somebody.
    Subject,
    /// Their login.
    Login,
    /// Their e-mail address, where exactly one person of the provider has it. Where people are known by their logins
    /// only, it counts if the provider is believed with addresses (`link.by`, `trust_email`).
    Email,
    /// It names nobody.
    Nothing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDisabled {
    /// What their login said ends now, under the limits, and so do their sessions.
    #[default]
    End,
    /// The provider is asked again, where that is possible without them.
    Check,
}

fn a_day() -> Duration {
    Duration::from_secs(86_400)
}

fn a_minute() -> Duration {
    Duration::from_secs(60)
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn per_stream() -> Rate {
    Rate { calls: 100, per: Unit::Second }
}
