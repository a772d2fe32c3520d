//! What requests come to, in metrics and traces. Of a path only the route is told: it may hold
//! somebody's name.

use crate::clock::Stopwatch;
use crate::telemetry::{self, names};
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, gauge, histogram};
use tracing::Instrument as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Around every request.
pub(super) async fn request(request: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", otel.name = route, otel.kind = "server", route);
    telemetry::accept(&span, request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
    let response = next.run(request).instrument(span).await;
    let status = response.status();
    let class = match status.as_u16() {
        0..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    counter!(names::HTTP_REQUESTS, "route" => route.clone(), "status" => class).increment(1);
    histogram!(names::HTTP_DURATION, "route" => route).record(watch.elapsed().as_secs_f64());
    let refused = match status {
        StatusCode::UNAUTHORIZED => Some("token"),
        StatusCode::FORBIDDEN => Some("scope"),
        StatusCode::REQUEST_TIMEOUT => Some("time"),
        StatusCode::PAYLOAD_TOO_LARGE => Some("size"),
        StatusCode::TOO_MANY_REQUESTS => Some("rate"),
        _ => None,
    };
    if let Some(reason) = refused {
        counter!(names::HTTP_REFUSED, "reason" => reason).increment(1);
    }
    response
}

/// A connection, as long as this lives.
pub(super) struct Open;

impl Open {
    pub(super) fn new() -> Self {
        gauge!(names::HTTP_CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(names::HTTP_CONNECTIONS).decrement(1.0);
    }
}

/// When the listener's certificate, or one it is sent with, ends.
pub(super) fn certificates<'a>(chain: impl Iterator<Item = &'a [u8]>) {
    let ends = |der: &[u8]| Some(X509Certificate::from_der(der).ok()?.1.validity().not_after.timestamp());
    if let Some(seconds) = chain.filter_map(ends).min() {
        gauge!(names::CERTIFICATE_EXPIRY, "where" => "http").set(seconds as f64);
    }
}
