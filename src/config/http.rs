use super::{Duration, HttpPerson, Network, SecretRef, Sessions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The listener for the API and for login hooks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where it listens: an IP address and a port, such as `127.0.0.1:7171` or `[::]:7171`. Absent:
    /// there is no listener.
    pub listen: Option<String>,
    /// How browsers reach it, such as `https://rosterd.example.org`: scheme, host and port, no path. Logins in a browser
    /// need it.
    pub public_url: Option<String>,
    /// Encryption. Absent: none, for a loopback address or behind a proxy on the same machine.
    pub tls: Option<HttpTls>,
    /// A token with the scope `admin`, for making the first ones. It counts only until there is another
    /// with that scope.
    pub bootstrap_token: Option<SecretRef>,
    /// Who may come with a certificate instead of a token.
    pub clients: Vec<HttpClient>,
    /// What people may do who have logged in with a browser. Who fits several may do what any of them says.
    pub people: Vec<HttpPerson>,
    /// How long they stay logged in.
    pub sessions: Sessions,
    /// Addresses (or networks, such as `10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed
    /// when failed logins are counted.
    pub trusted_proxies: Vec<Network>,
    /// Connections at the same time. More wait in the system's queue.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_connections: u32,
    /// The largest body of a request, in bytes. Hooks with their own limit keep to it.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub max_body: u32,
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long a request may take. Streams of events are not bound by it.
    pub request_timeout: Duration,
    /// How long requests under way may take when rosterd stops.
    pub stop_grace: Duration,
    /// Failed logins a minute from one address. After that it is answered 429 for a while.
    #[schemars(range(min = 1, max = 10_000))]
    pub failed_logins: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: None,
            public_url: None,
            tls: None,
            bootstrap_token: None,
            clients: Vec::new(),
            people: Vec::new(),
            sessions: Sessions::default(),
            trusted_proxies: Vec::new(),
            max_connections: 1000,
            max_body: 1 << 20,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            stop_grace: Duration::from_secs(10),
            failed_logins: 20,
        }
    }
}

/// The listener's certificate. Files are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpTls {
    /// PEM file of the certificate and its chain.
    pub cert_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// PEM file of the authorities whose client certificates are believed. Absent: no client
    /// certificate is asked for.
    pub client_ca_file: Option<PathBuf>,
    /// Whether clients must have a certificate.
    #[serde(default)]
    pub client_certificate: ClientCertificate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificate {
    /// They may have one, or a token.
    #[default]
    Optional,
    /// Without one there is no connection.
    Required,
}

/// A client that is known by its certificate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpClient {
    /// A DNS name, e-mail address or URI of the certificate; if it has none of them, its common name.
    pub name: String,
    /// What it may do.
    #[schemars(length(min = 1))]
    pub scopes: Vec<ApiScope>,
}

/// What somebody may do over the API. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApiScope {
    /// Runs, plans, holds, providers, status: numbers and names of organizations.
    Read,
    /// People: who they are, what they have and why, and the audit trail.
    Explain,
    /// Ask whether somebody may do something: for an application. The answer is yes or no, and never why.
    Check,
    /// Ask for a run; try a provider.
    Run,
    /// Approve or reject what a limit stopped.
    Approve,
    /// Deliveries of login hooks, and having one worked on again.
    Hooks,
    /// Tokens, and reading the configuration again.
    Admin,
}

impl ApiScope {
    /// All of them, in the order of outputs.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::Explain, Self::Check, Self::Run, Self::Approve, Self::Hooks, Self::Admin];

    /// The word that tokens and the configuration use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Explain => "explain",
            Self::Check => "check",
            Self::Run => "run",
            Self::Approve => "approve",
            Self::Hooks => "hooks",
            Self::Admin => "admin",
        }
    }

    /// The scope of that exact word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == word)
    }
}
