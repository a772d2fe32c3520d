//! Providers that cannot list their people: somebody shows what they logged in with, and it is verified here.

use super::CheckStep;
use super::browser::BrowserLogin;
use crate::jose;
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use std::fmt;

/// A provider that can verify one login.
#[async_trait]
pub trait Login: Send + Sync + fmt::Debug {
    /// What the provider says of whoever shows this. Nothing is believed that it has not signed for us, or answered
    /// itself.
    async fn verify(&self, shown: &Shown, now: Timestamp) -> Result<Said, LoginError>;

    /// How people log in there with a browser, through rosterd itself; `None` where they do not.
    fn browser(&self) -> Option<&dyn BrowserLogin> {
        None
    }

    /// Reads again what is known of the provider, where that is due. Called again and again while the daemon runs.
    async fn tend(&self, _now: Timestamp) {}

    /// How long what is known of the provider is good; `None` where that is not said.
    fn dates(&self) -> Option<Dates> {
        None
    }

    /// Tries each step of a login for `rosterd check provider`, in order, up to the first failure.
    async fn check(&self) -> Vec<CheckStep>;
}

/// When what is known of a provider was read, and how long it is good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    /// `None`: never.
    pub read_at: Option<Timestamp>,
    /// `None`: it does not say.
    pub valid_until: Option<Timestamp>,
    /// The first end among the certificates that count. Past that they still do.
    pub certificates_until: Option<Timestamp>,
}

/// What somebody shows.
#[derive(Clone, Default)]
pub struct Shown {
    pub id_token: Option<String>,
    pub access_token: Option<String>,
    /// What the login was begun with, where whoever shows the token knows it.
    pub nonce: Option<String>,
    /// A SAML response, as a form has it.
    pub saml_response: Option<String>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |token: &Option<String>| token.as_ref().map(|_| "***");
        let (id, access) = (shown(&self.id_token), shown(&self.access_token));
        let saml = shown(&self.saml_response);
        f.debug_struct("Shown")
            .field("id_token", &id)
            .field("access_token", &access)
            .field("saml_response", &saml)
            .finish_non_exhaustive()
    }
}

/// What a source that may be believed says of somebody who logs in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Said {
    /// The immutable id.
    pub subject: String,
    pub login: String,
    pub name: Option<String>,
    pub email: Option<String>,
    /// DNs or names; `None` where it says nothing of groups: the claims may.
    pub groups: Option<Vec<String>>,
    /// A JSON object with a member for each source, as [`rosterd_core::mapping::Document`] reads it.
    pub claims: Option<String>,
    /// When it was said; `None`: now.
    pub at: Option<Timestamp>,
    /// Until when it holds, where it says so itself and that is sooner than the provider's `lease`.
    pub until: Option<Timestamp>,
    /// What it does not say although there is more, and why. Nothing is taken away then.
    pub missing: Vec<(String, String)>,
}

/// Why a login is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    #[error("the token is not believed: {0}")]
    Refused(#[from] jose::Refused),
    /// Another login may be. The code is a word of ours.
    #[error("{1}")]
    Wrong(&'static str, String),
    /// It could not be found out. Later it may.
    #[error("{0}")]
    Unreachable(String),
}

impl LoginError {
    /// A stable word for outputs, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::Wrong(code, _) => code,
            Self::Unreachable(_) => "provider-unreachable",
        }
    }
}
