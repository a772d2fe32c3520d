//! Why an event is not taken, in our words and in those of RFC 8935 §2.4.

use crate::jose::Refused;
use axum::http::StatusCode;

/// See the module's text. Nothing that the transmitter sent stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// A stable word.
    pub(super) code: &'static str,
    /// What the transmitter is told.
    pub(super) err: &'static str,
    pub(super) status: StatusCode,
}

impl Refusal {
    /// The same event will not be taken later.
    pub(super) const fn never(code: &'static str, err: &'static str) -> Self {
        Self { code, err, status: StatusCode::BAD_REQUEST }
    }

    /// It is no event that can be read.
    pub(super) const fn request(code: &'static str) -> Self {
        Self::never(code, "invalid_request")
    }

    /// It may be taken later.
    pub(super) const fn later(code: &'static str) -> Self {
        Self { code, err: "unavailable", status: StatusCode::SERVICE_UNAVAILABLE }
    }

    pub(super) const fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Whether it may be taken later.
    pub(super) fn passes(&self) -> bool {
        matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let err = match refused {
            Refused::Algorithm | Refused::Key | Refused::Signature => "invalid_key",
            Refused::Issuer => "invalid_issuer",
            Refused::Audience => "invalid_audience",
            Refused::Size
            | Refused::Form
            | Refused::Header
            | Refused::Type
            | Refused::Time
            | Refused::Nonce
            | Refused::Hash
            | Refused::Subject => "invalid_request",
        };
        Self::never(refused.code(), err)
    }
}
