use super::login::thirty_days;
use super::{Duration, SecretRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A SAML 2.0 identity provider, at which people log in with a browser through rosterd: a service provider. It cannot
/// list its people: what it says of somebody is in the assertion of their login.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Saml {
    /// What rosterd is called there: a URI. What it has to know of rosterd is at `/login/PROVIDER/metadata`, below
    /// `http.public_url`.
    pub entity_id: String,
    /// The identity provider's metadata, as a file. Exactly one of `metadata_file` and `metadata_url`.
    pub metadata_file: Option<PathBuf>,
    /// The identity provider's metadata, where it is served. By HTTPS, or signed.
    pub metadata_url: Option<String>,
    /// PEM files with the certificates of whoever signs the metadata. Empty: it need not be signed.
    #[serde(default)]
    pub metadata_certificate_files: Vec<PathBuf>,
    /// Which identity provider is meant, where its metadata has several.
    pub idp_entity_id: Option<String>,
    /// How often the metadata is read again.
    #[serde(default = "an_hour")]
    pub metadata_every: Duration,
    /// rosterd's own keys. The first signs what rosterd asks; all open what was encrypted for it; all are in its
    /// metadata, so that a new one can be made known before it is used.
    #[serde(default)]
    pub keys: Vec<SamlKey>,
    /// How a browser brings the request there.
    #[serde(default)]
    pub binding: SamlBinding,
    /// What has to be signed.
    #[serde(default)]
    pub signed: SamlSigned,
    /// The algorithms by which it may be signed.
    #[serde(default = "algorithms")]
    #[schemars(length(min = 1))]
    pub algorithms: Vec<SamlAlgorithm>,
    /// Whether assertions may be encrypted by AES-CBC, which protects nothing against being changed on the way. AES-GCM
    /// always may be used; RSA with PKCS #1 1.5 never.
    #[serde(default)]
    pub cbc: bool,
    /// Whether it may log somebody in who did not ask for that here. Whoever can make a browser follow a link can then
    /// log it in as somebody else.
    #[serde(default)]
    pub idp_initiated: bool,
    /// The format that names have to have.
    #[serde(default)]
    pub name_id_format: NameIdFormat,
    /// What never changes and names nobody else: `NameID`, or an attribute's name.
    #[serde(default = "name_id")]
    pub subject: String,
    /// The attribute with the login name, by its name or its friendly name, as those below. Who has none is called by
    /// their address, else by the subject.
    #[serde(default = "uid")]
    pub login: String,
    /// The attribute with the name for people.
    #[serde(default = "display_name")]
    pub name: String,
    /// The attribute with the e-mail address.
    #[serde(default = "mail")]
    pub email: String,
    /// The attribute with the groups. An assertion without it says nothing of groups; one without a value in it, that
    /// there are none.
    #[serde(default = "groups")]
    pub groups: String,
    /// It verifies addresses. Otherwise they link nobody.
    #[serde(default)]
    pub trust_email: bool,
    /// How old an assertion may be.
    #[serde(default = "five_minutes")]
    pub max_age: Duration,
    /// How far its clock may be from ours.
    #[serde(default = "a_minute")]
    pub clock_skew: Duration,
    /// How long what a login said holds if no other renews it: then they count as gone. At most a year. An assertion may
    /// say sooner (`SessionNotOnOrAfter`).
    #[serde(default = "thirty_days")]
    pub lease: Duration,
    /// For whom assertions may be besides: applications that hand theirs on by a hook.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// Where these are sent to: those applications' assertion consumer services.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// The program that verifies signatures. Absent: `rosterd-xmldsig`, beside this one.
    pub verifier: Option<PathBuf>,
    /// PEM file of the authorities to believe besides the system's, for `metadata_url`.
    pub ca_file: Option<PathBuf>,
    /// The host of `metadata_url` may be in a private network.
    #[serde(default)]
    pub private_network: bool,
    /// How long one answer to `metadata_url` may take.
    #[serde(default = "five_seconds")]
    pub timeout: Duration,
}

/// One of rosterd's own keys.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamlKey {
    /// The private key: RSA, PEM (PKCS #8), of 2048 bits or more.
    pub key: SecretRef,
    /// PEM file with its certificate.
    pub certificate_file: PathBuf,
}

/// SAML 2.0 Bindings §3.4, §3.5.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SamlBinding {
    /// In the address.
    #[default]
    Redirect,
    /// In a form.
    Post,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SamlSigned {
    /// The response or the assertion in it, as the identity provider does. What is not signed is not believed.
    #[default]
    Any,
    /// The assertion itself.
    Assertion,
    /// The response, with whatever is in it.
    Response,
    /// Each for itself.
    Both,
}

/// SAML 2.0 Core §8.3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NameIdFormat {
    /// A name that never changes.
    #[default]
    Persistent,
    /// An e-mail address.
    Email,
    /// Whatever the identity provider takes.
    Unspecified,
    /// Another name at each login: only with another `subject`.
    Transient,
}

impl NameIdFormat {
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            Self::Email => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            Self::Unspecified => "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            Self::Transient => "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        }
    }
}

/// A signature's algorithm (RFC 6931 §2.3). With SHA-1 none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SamlAlgorithm {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl SamlAlgorithm {
    pub const ALL: [Self; 6] =
        [Self::RsaSha256, Self::RsaSha384, Self::RsaSha512, Self::EcdsaSha256, Self::EcdsaSha384, Self::EcdsaSha512];

    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Self::EcdsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        }
    }
}

fn algorithms() -> Vec<SamlAlgorithm> {
    SamlAlgorithm::ALL.to_vec()
}

fn name_id() -> String {
    "NameID".to_owned()
}

fn uid() -> String {
    "uid".to_owned()
}

fn display_name() -> String {
    "displayName".to_owned()
}

fn mail() -> String {
    "mail".to_owned()
}

fn groups() -> String {
    "groups".to_owned()
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

fn a_minute() -> Duration {
    Duration::from_secs(60)
}

fn five_minutes() -> Duration {
    Duration::from_secs(300)
}

fn an_hour() -> Duration {
    Duration::from_secs(3600)
}
