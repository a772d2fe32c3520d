//! Bodies, queries and paths as types, and what is said when they are not of that type. Unknown
//! fields are refused by the types themselves.

use super::api::Api;
use super::problem::{Kind, Problem};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::sync::Arc;

/// A body in JSON.
pub(super) struct Sent<T>(pub(super) T);

/// The query.
pub(super) struct Asked<T>(pub(super) T);

/// The one part of the path that varies. What cannot be one is not found.
pub(super) struct Named<T>(pub(super) T);

/// The whole body, up to `most` bytes.
pub(super) async fn whole(body: Body, most: u32) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, most as usize).await.map_err(|error| {
        let too_large = error.source().is_some_and(|cause| cause.is::<LengthLimitError>());
        if too_large {
            Problem::new(Kind::TooLarge, format!("the body is larger than {most} bytes (http.max_body)"))
        } else {
            Problem::new(Kind::BadRequest, "the body did not arrive whole")
        }
    })
}

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Kind::UnsupportedMediaType, "send `Content-Type: application/json`"));
        }
        let bytes = whole(request.into_body(), api.engine().config.http.max_body).await?;
        match Json::<T>::from_bytes(&bytes) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(error)) => {
                let told = error.source().map(ToString::to_string).unwrap_or_default();
                let (field, message) = told.split_once(": ").unwrap_or(("", &told));
                Err(Problem::field(field.trim_start_matches('.'), message))
            }
            Err(JsonRejection::JsonSyntaxError(error)) => {
                let told = error.source().map(ToString::to_string).unwrap_or_default();
                Err(Problem::new(Kind::BadRequest, format!("the body is not JSON: {told}")))
            }
            Err(error) => Err(Problem::new(Kind::BadRequest, error.body_text())),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => {
                let told = error.source().map(ToString::to_string).unwrap_or_else(|| error.body_text());
                Err(Problem::field("query", told))
            }
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // PostgreSQL takes no text with a NUL in it.
        let no_name = parts.uri.path().contains("%00");
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) if !no_name => Ok(Self(value)),
            _ => Err(Problem::not_found("nothing has such a name")),
        }
    }
}
