//! What is said when something is not done: problem details (RFC 9457), the same shape everywhere.
//!
//! `docs/api.md` has a section for each type. Nothing here prints a secret, and nothing of an error
//! inside goes out: that is logged.

use crate::store::StoreError;
use crate::sync::RunError;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What kind of thing went wrong. Each is a section of `docs/api.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    TokenInUrl,
    Unauthenticated,
    Forbidden,
    OtherOrigin,
    NotFound,
    MethodNotAllowed,
    Conflict,
    Changed,
    StillRunning,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    KeyReused,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Kind {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 17] = [
        Self::BadRequest,
        Self::TokenInUrl,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::OtherOrigin,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::Changed,
        Self::StillRunning,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::KeyReused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Status, last part of the type's URI, title.
    pub(crate) fn said(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read"),
            Self::TokenInUrl => (StatusCode::BAD_REQUEST, "token-in-url", "A token must not stand in a URL"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Nobody known asks"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Whoever asks may not do this"),
            Self::OtherOrigin => (StatusCode::FORBIDDEN, "other-origin", "A page of another origin asks"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This can be done in other ways only")
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not as things stand"),
            Self::Changed => (StatusCode::PRECONDITION_FAILED, "changed", "It has changed meanwhile"),
            Self::StillRunning => (StatusCode::CONFLICT, "still-running", "The same request is under way"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body is not plain JSON")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A field is not as it must be"),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key-reused", "The key belongs to another request"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many failed logins"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed here"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not now"),
        }
    }
}

/// A field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Field {
    /// The way to it, such as `rules[0].role`; empty for the whole body.
    field: String,
    message: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Said {
    /// Which kind of problem; a path that does not change, such as `/problems/not-found`.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// What happened, and what to do.
    detail: String,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Field>,
}

/// An answer that says why something was not done.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(crate) kind: Kind,
    detail: String,
    errors: Vec<Field>,
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// A field of a body that can be read is not as it must be.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, "see `errors`").and_field(field, message)
    }

    pub(crate) fn and_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(Field { field: field.into(), message: message.into() });
        self
    }

    /// The same as what cannot be read, for callers whose specification knows no other status.
    pub(crate) fn into_bad_request(mut self) -> Self {
        if self.kind == Kind::Invalid {
            self.kind = Kind::BadRequest;
        }
        self
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, what)
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Something that nobody outside can mend or must see; it is in the log.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Kind::Internal, "the log of rosterd says what")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(why) => Self::new(Kind::Conflict, why),
            StoreError::NotAllowed(why) => Self::new(Kind::Forbidden, why),
            StoreError::Moved => {
                Self::new(Kind::Unavailable, "the database has changed meanwhile; try again").retry_after(1)
            }
            StoreError::Unreachable(_) | StoreError::Locked(_) | StoreError::Schema(_) => {
                tracing::warn!(%error, "a request was not answered");
                Self::new(Kind::Unavailable, "the database cannot be used now; try again").retry_after(5)
            }
            other => Self::internal(&other),
        }
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            RunError::Provider(error) if error.kind.retry() => {
                Self::new(Kind::Unavailable, error.to_string()).retry_after(30)
            }
            RunError::Provider(_) | RunError::Configuration(_) => Self::new(Kind::Conflict, error.to_string()),
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, slug, title) = self.kind.said();
        let said = Said {
            kind: format!("/problems/{slug}"),
            title,
            status: status.as_u16(),
            detail: self.detail,
            errors: self.errors,
        };
        let body = serde_json::to_string(&said).unwrap_or_else(|_| "{}".to_owned());
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.kind == Kind::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rosterd\""));
        }
        response
    }
}

/// The schema of every problem, for the description of the API.
pub(super) fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    <Said as utoipa::PartialSchema>::schema()
}

/// The schema of [`Field`].
pub(super) fn field_schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    <Field as utoipa::PartialSchema>::schema()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever gets one can look it up.
    #[test]
    fn every_kind_is_described_in_the_page_of_the_api() {
        let page = include_str!("../../docs/api.md");
        for kind in Kind::ALL {
            let (status, slug, _) = kind.said();
            assert!(page.contains(&format!("| `/problems/{slug}` | {} |", status.as_u16())), "{slug}");
        }
    }
}
