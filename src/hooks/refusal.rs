//! Why a call was not taken.

use axum::http::StatusCode;

/// A call that was not taken. The code is a word of ours: nothing that the caller sent stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) status: StatusCode,
}

/// The refusal with this code.
pub(crate) const fn refuse(code: &'static str, status: StatusCode) -> Refusal {
    Refusal { code, status }
}

/// It does not prove who sent it. One status for all such reasons: a caller learns nothing by trying.
pub(crate) const fn unproved(code: &'static str) -> Refusal {
    refuse(code, StatusCode::UNAUTHORIZED)
}

/// It proves who sent it and cannot be read.
pub(crate) const fn unreadable(code: &'static str) -> Refusal {
    refuse(code, StatusCode::BAD_REQUEST)
}
