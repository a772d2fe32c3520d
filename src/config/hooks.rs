use super::{Duration, SecretRef};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::net::IpAddr;

/// A login hook: somebody who tells rosterd that a person logs in, at `/hooks/v1/NAME` and, where the
/// person waits for the answer, at `/hooks/v1/NAME/inline`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Who calls, and so how a call is verified and read.
    pub sender: Sender,
    /// The provider whose people it speaks of. It can speak of nobody else.
    pub provider: String,
    /// What the sender proves itself with. Several while one is being changed: each counts.
    #[serde(default)]
    pub secrets: Vec<SecretRef>,
    /// Where the person stands in the event. Default: where this sender puts it.
    pub person: Option<HookPerson>,
    /// Where the event's own id stands, if not where this sender puts it. Events with an id that was
    /// seen before do nothing.
    pub id: Option<Pointer>,
    /// Where the kind of the event stands, if not where this sender puts it.
    pub event: Option<Pointer>,
    /// Where the time of the event stands, if not where this sender puts it: RFC 3339, or Unix time in
    /// seconds or milliseconds.
    pub time: Option<Pointer>,
    /// Only these kinds of events do something; `*` at the end stands for any rest. Default: all.
    #[serde(default)]
    pub events: Vec<String>,
    /// Where the person's groups stand. Believed only of a provider with `login`.
    pub groups: Option<Pointer>,
    /// Where an object with the person's claims stands. Believed only of a provider with `login`.
    pub claims: Option<Pointer>,
    /// The header with the secret or signature, for senders that can be told which. Default:
    /// `X-Signature-256` for `hmac`, `Authorization` for the others.
    pub header: Option<String>,
    /// For `hmac`: the header with the Unix time that is signed before the body, with a `.` between.
    pub timestamp_header: Option<String>,
    /// Whose tokens count: for `entra`, and for `keycloak` where it signs with a token.
    pub issuer: Option<TokenIssuer>,
    /// How long the sender waits for an inline answer, less the way there and back.
    #[serde(default = "deadline")]
    pub deadline: Duration,
    /// What is answered inline when the provider could not say everything in time.
    #[serde(default)]
    pub on_error: OnError,
    /// How many calls are taken. More are answered 429.
    #[serde(default = "per_hook")]
    pub rate: Rate,
    /// How far the time of a signed call may be from now, either way.
    #[serde(default = "tolerance")]
    pub tolerance: Duration,
    /// From where calls may come. Needed for `forward-auth`, whose only proof this is.
    #[serde(default)]
    pub allow_from: Vec<Network>,
}

fn deadline() -> Duration {
    Duration::from_millis(800)
}

fn tolerance() -> Duration {
    Duration::from_secs(300)
}

fn per_hook() -> Rate {
    Rate { calls: 2000, per: Unit::Second }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sender {
    /// Standard Webhooks 1.0: `whsec_…` secrets, or `whpk_…` public keys.
    StandardWebhooks,
    /// Anything that can send JSON and a secret in a header.
    Bearer,
    /// Anything that can send JSON and its HMAC-SHA256 in a header.
    Hmac,
    /// Okta: event hooks; token and SAML inline hooks.
    Okta,
    /// Keycloak with the extension keycloak-events of Phase Two.
    Keycloak,
    /// A proxy that asks about each request: nginx, Traefik, Caddy, Envoy, oauth2-proxy.
    ForwardAuth,
    /// Microsoft Entra: a custom authentication extension for the event onTokenIssuanceStart.
    Entra,
    /// Ory Kratos: the action `web_hook`.
    Kratos,
    /// Zitadel: Actions v2 with signed JSON.
    Zitadel,
    /// authentik: a webhook notification transport.
    Authentik,
    /// Auth0: a post-login Action, or a custom log stream.
    Auth0,
    /// The application, which hands on the tokens of a login, for a provider with `oidc`.
    Oidc,
    /// The application, which hands on the response of a login, for a provider with `saml`.
    Saml,
}

/// Where the person stands, as JSON pointers (RFC 6901) into the event. Of several, the first in
/// this order that the event has is used.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct HookPerson {
    /// The id that never changes.
    pub subject: Option<Pointer>,
    /// The login name.
    pub login: Option<Pointer>,
    /// The e-mail address.
    pub email: Option<Pointer>,
    /// The name for people; only used for a provider with `login`.
    pub name: Option<Pointer>,
}

/// Whose signed tokens count.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenIssuer {
    /// `iss`, exactly.
    pub name: String,
    /// `aud`: one of the token's must be this.
    pub audience: String,
    /// Where its public keys are (RFC 7517). Asked at most once a minute.
    pub keys_url: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// What the database says: what the person had.
    #[default]
    LastKnown,
    /// That the login is refused, where the sender can be told so.
    Deny,
    /// What the database says, but in no organization more than Viewer, no teams, no server admin.
    MinimalRole,
    /// That there is nothing to say.
    Pass,
}

macro_rules! written {
    ($name:ident, $pattern:literal, $what:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom($what))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $what })
            }
        }
    };
}

/// A place in a JSON text (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.starts_with('/').then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

written!(Pointer, "^/", "a JSON pointer, such as /data/user/name");

/// So many in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub calls: u32,
    pub per: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Second,
    Minute,
    Hour,
}

impl Rate {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (calls, per) = text.split_once('/')?;
        let per = match per {
            "s" => Unit::Second,
            "m" => Unit::Minute,
            "h" => Unit::Hour,
            _ => return None,
        };
        let digits = calls.bytes().all(|b| b.is_ascii_digit());
        calls.parse().ok().filter(|calls| digits && *calls > 0).map(|calls| Self { calls, per })
    }

    /// How long one of them takes, in nanoseconds.
    #[must_use]
    pub fn nanos(self) -> u64 {
        let per: u64 = match self.per {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3600,
        };
        (per * 1_000_000_000 / u64::from(self.calls.max(1))).max(1)
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let per = match self.per {
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
        };
        write!(f, "{}/{per}", self.calls)
    }
}

written!(Rate, "^[0-9]+/(s|m|h)$", "a number above 0 and a time (s, m, h), such as 100/s");

/// An address, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
        };
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether the address is in it. An IPv4 address in IPv6's clothes (RFC 4291, 2.5.5.2) is an IPv4
    /// address: a listener on both sees such.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let cut = |bits: u128, width: u8| if self.bits == 0 { 0 } else { bits >> (width - self.bits) };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                cut(u128::from(own.to_bits()), 32) == cut(u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => cut(own.to_bits(), 128) == cut(other.to_bits(), 128),
            _ => false,
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

written!(Network, "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$", "an address or a network, such as 10.0.0.0/8");

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let holds = |network: &str, address: &str| Network::parse(network).unwrap().holds(address.parse().unwrap());
        for (network, address, expected) in [
            ("10.1.0.0/16", "10.1.255.9", true),
            ("10.1.0.0/16", "10.2.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "::1", false),
            ("127.0.0.0/8", "::ffff:127.0.0.1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
        ] {
            assert_eq!(holds(network, address), expected, "{network} {address}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/+8", "all"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_is_a_number_and_a_time() {
        for (text, nanos) in [("100/s", 10_000_000), ("60/m", 1_000_000_000), ("1/h", 3_600_000_000_000)] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.nanos(), rate.to_string().as_str()), (nanos, text));
        }
        for text in ["", "0/s", "+1/s", "1/d", "1", "/s", "99999999999/s"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
    }
}
