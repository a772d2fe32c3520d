//! How a service is told who asks: a secret that is shown as it is, or an access token that is asked for first.

use super::failure::Failure;
use super::grant::Grant;
use crate::config::{Secret, SecretRef};
use crate::fetch::Url;

/// Who asks.
#[derive(Debug)]
pub(in crate::providers) enum Access {
    /// A secret in a header, behind a word: RFC 6750, and what looks like it.
    Shown { header: &'static str, word: &'static str, secret: SecretRef },
    /// A token that the service's authorization server gives (RFC 6749).
    Granted(Box<Grant>),
}

impl Access {
    /// A bearer token (RFC 6750).
    pub(in crate::providers) fn bearer(secret: SecretRef) -> Self {
        Self::Shown { header: "authorization", word: "Bearer ", secret }
    }

    /// Where tokens are given.
    pub(in crate::providers) fn url(&self) -> Option<&Url> {
        match self {
            Self::Shown { .. } => None,
            Self::Granted(grant) => Some(grant.url()),
        }
    }

    /// A token that this grants.
    pub(in crate::providers) fn granted(grant: Grant) -> Self {
        Self::Granted(Box::new(grant))
    }

    /// What proves it, read anew, so that a rotated one is found.
    pub(super) fn secret(&self) -> Result<Secret, Failure> {
        let secret = match self {
            Self::Shown { secret, .. } => secret,
            Self::Granted(grant) => grant.secret(),
        };
        secret.resolve().map_err(|error| Failure::configuration(error.to_string()))
    }
}
