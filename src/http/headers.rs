//! What holds for every request and every answer: no token in the URL, no compressed body, a limit
//! of time, and headers that keep browsers from making more of an answer than it is.

use super::api::Api;
use super::caller;
use super::problem::{Kind, Problem};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Response as HttpResponse};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use std::any::Any;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;

/// On every answer. Whatever sets one of these by itself keeps it.
const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// In whose name an application asks: a login, or `#` and a number.
pub(super) const ACTING_FOR: HeaderName = HeaderName::from_static("acting-for");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts it around all routes.
pub(super) fn around(router: Router, api: &Arc<Api>) -> Router {
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(api), limits))
        .layer(axum::middleware::map_response(headers))
        .layer(axum::middleware::from_fn(identified))
        .layer(axum::middleware::from_fn(super::measure::request))
}

/// Says by which identifier an evaluation was asked for (OpenID Authorization API 1.0, 10.1.9), whatever came of it.
async fn identified(request: Request, next: Next) -> Response {
    let named = request.uri().path().starts_with("/access/v1/");
    let id = request.headers().get(&REQUEST_ID).filter(|_| named).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn headers(mut response: Response) -> Response {
    for (name, value) in ALWAYS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn limits(State(api): State<Arc<Api>>, request: Request, next: Next) -> Result<Response, Problem> {
    caller::refuse_token_in_url(request.uri())?;
    // A small body that unpacks to a large one would pass every limit.
    if request.headers().get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(Problem::new(Kind::UnsupportedMediaType, "bodies must not be compressed"));
    }
    let longest = api.engine().config.http.request_timeout.get();
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => Ok(response),
        Err(_) => Err(Problem::new(Kind::Unavailable, "this took too long; see http.request_timeout").retry_after(5)),
    }
}

/// R50: a mistake in one handler costs one answer.
fn panicked(what: Box<dyn Any + Send + 'static>) -> HttpResponse<axum::body::Body> {
    let text = what.downcast_ref::<String>().map(String::as_str).or_else(|| what.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without words"), "a request panicked; please report it");
    Problem::new(Kind::Internal, "the log of rosterd says what").into_response()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong, and one panics on purpose")]
mod tests {
    use super::*;
    use axum::routing::get;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn r50_a_panic_is_a_problem_and_the_next_request_is_answered() {
        async fn bad() -> &'static str {
            panic!("on purpose")
        }
        let app = Router::new()
            .route("/bad", get(bad))
            .route("/good", get(|| async { "good" }))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(axum::middleware::map_response(headers));
        let ask = |path: &str| app.clone().oneshot(Request::get(path).body(axum::body::Body::empty()).unwrap());
        let answer = ask("/bad").await.unwrap();
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(ask("/good").await.unwrap().status(), 200);
    }
}
