//! What can go wrong between a service and us, in words that say what to do.

use super::super::{ProviderError, ProviderErrorKind};
use crate::fetch::{FetchError, Url};

/// Why a question has no answer that can be used. Never holds a secret, nor anything of a body.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(in crate::providers) struct Failure {
    /// The gap's code.
    pub(in crate::providers) code: &'static str,
    pub(in crate::providers) kind: ProviderErrorKind,
    pub(in crate::providers) message: String,
    /// What the service answered instead.
    pub(in crate::providers) status: Option<u16>,
    /// Something was changed while it was read, as it seems: reading all of it again can help.
    pub(in crate::providers) moved: bool,
}

impl Failure {
    pub(in crate::providers) fn new(code: &'static str, kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { code, kind, message: message.into(), status: None, moved: false }
    }

    pub(in crate::providers) fn configuration(message: impl Into<String>) -> Self {
        Self::new("configuration", ProviderErrorKind::Configuration, message)
    }

    pub(in crate::providers) fn protocol(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, ProviderErrorKind::Protocol, message)
    }

    pub(in crate::providers) fn moved(code: &'static str, message: impl Into<String>) -> Self {
        Self { moved: true, ..Self::protocol(code, message) }
    }

    /// What a status other than of success means (RFC 9110 §15).
    pub(super) fn status(url: &Url, status: u16) -> Self {
        use ProviderErrorKind::{Configuration, Credentials, Protocol, Unreachable};
        let (code, kind, hint) = match status {
            401 => ("credentials", Credentials, "the token is not accepted"),
            403 => ("credentials", Credentials, "the token may not read this"),
            404 => ("not_found", Configuration, "there is nothing; is `url` the address that the service documents?"),
            300..=399 => {
                ("redirect", Configuration, "it is elsewhere; set `url` to where it is: nothing follows there")
            }
            400 => ("bad_request", Protocol, "the service does not understand the question"),
            429 => ("throttled", Unreachable, "the service wants to be asked less often"),
            501 => ("not_implemented", Protocol, "the service cannot do this"),
            500..=599 => ("server_error", Unreachable, "the service has trouble of its own"),
            _ => ("status", Protocol, "the service refuses the question"),
        };
        let message = format!("{} answered {status}: {hint}", shown(url));
        Self { status: Some(status), ..Self::new(code, kind, message) }
    }

    /// Whether the service says that it cannot answer such a question at all.
    pub(in crate::providers) fn cannot(&self) -> bool {
        matches!(self.status, Some(400 | 404 | 405 | 413 | 414 | 501))
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let (code, kind) = match &error {
            FetchError::Refused(..) | FetchError::Settings(_) => ("configuration", ProviderErrorKind::Configuration),
            FetchError::Unreachable(..) => ("unreachable", ProviderErrorKind::Unreachable),
            FetchError::TooLarge(..) => ("too_large", ProviderErrorKind::Protocol),
        };
        Self::new(code, kind, error.to_string())
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        Self { kind: failure.kind, message: failure.message }
    }
}

/// A URL without its query, which names people.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}
