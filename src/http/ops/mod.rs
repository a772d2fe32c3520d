//! The operations listener's routes: `/metrics`, `/livez`, `/readyz`. For machines that watch:
//! without a token, so nothing here may be about a person or hold a secret.
//!
//! Ready says whether this process can serve: the database answers and there is a configuration.
//! It does not say that a directory can be reached: while one is down rosterd has to go on serving
//! what is known, and restarting it or taking it out of service would only make that worse.

mod serve;

pub use serve::{listen, serve};

use crate::telemetry::{CONTENT_TYPE, Metrics};
use async_trait::async_trait;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How old the worker's heartbeat may be. Its loop turns at least every few seconds.
pub const HEARTBEAT_LIMIT: Duration = Duration::from_secs(60);
/// How long the database may take to answer `/readyz`. Probes ask every few seconds.
const DATABASE_LIMIT: Duration = Duration::from_secs(2);

/// What this listener tells of, apart from how it is told.
#[async_trait]
pub trait Vitals: Send + Sync {
    /// How long ago the worker's loop last turned.
    fn since_beat(&self) -> Duration;

    /// Whether the process is being stopped: no longer ready, still alive.
    fn is_stopping(&self) -> bool;

    /// Whether the database answers; else why not, without secrets.
    async fn database(&self) -> Result<(), String>;

    /// More lines for a person: each provider, the leases, the last reload. A name, whether all is
    /// well with it, and a sentence. None of them decides whether the process is ready.
    fn details(&self) -> Vec<Detail>;

    /// Brings gauges up to date that nothing else sets, such as the heartbeat's. Called before each
    /// scrape; must not wait for anything.
    fn measure(&self);
}

/// One line of `/readyz?verbose`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub name: String,
    pub well: bool,
    pub said: String,
}

#[derive(Clone)]
struct Ops {
    vitals: Arc<dyn Vitals>,
    metrics: Metrics,
}

/// The three routes.
pub fn router(vitals: Arc<dyn Vitals>, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
        .with_state(Ops { vitals, metrics })
}

/// A text that no cache keeps and no browser takes for something else.
fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, text).into_response()
}

async fn scrape(State(ops): State<Ops>) -> Response {
    ops.vitals.measure();
    answer(StatusCode::OK, CONTENT_TYPE, ops.metrics.render())
}

/// A line each, in the manner of Kubernetes' own components: `[+]name said` or `[-]name said`.
fn lines(what: &str, passed: bool, details: &[Detail], verbose: bool) -> Response {
    let mut text = String::new();
    // What is wrong is said without being asked for.
    for detail in details.iter().filter(|detail| verbose || (!passed && !detail.well)) {
        let sign = if detail.well { '+' } else { '-' };
        let _ = writeln!(text, "[{sign}]{} {}", detail.name, plain(&detail.said));
    }
    let _ = writeln!(text, "{what} check {}", if passed { "passed" } else { "failed" });
    let status = if passed { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(status, "text/plain; charset=utf-8", text)
}

/// One line: what a server said must not look like another check's line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn is_verbose(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|key| key == "verbose" || key.starts_with("verbose=")))
}

fn heartbeat(ops: &Ops) -> Detail {
    let since = ops.vitals.since_beat();
    let said = format!("the worker's loop turned {} s ago", since.as_secs());
    Detail { name: "heartbeat".to_owned(), well: since < HEARTBEAT_LIMIT, said }
}

async fn alive(State(ops): State<Ops>, RawQuery(query): RawQuery) -> Response {
    let heartbeat = heartbeat(&ops);
    lines("livez", heartbeat.well, &[heartbeat], is_verbose(query.as_deref()))
}

async fn ready(State(ops): State<Ops>, RawQuery(query): RawQuery) -> Response {
    let answered = timeout(DATABASE_LIMIT, ops.vitals.database()).await;
    let answered = answered.unwrap_or_else(|_| Err("it did not answer in time".to_owned()));
    let stopping = ops.vitals.is_stopping();
    let passed = answered.is_ok() && !stopping;
    let said = answered.as_ref().err().cloned().unwrap_or_else(|| "it answers".to_owned());
    let mut details = vec![
        Detail { name: "database".to_owned(), well: answered.is_ok(), said },
        // Without a valid one this process would not be here; reloads keep the last that was valid.
        Detail { name: "configuration".to_owned(), well: true, said: "a valid one is in force".to_owned() },
    ];
    if stopping {
        details.push(Detail { name: "stopping".to_owned(), well: false, said: "no new work is taken".to_owned() });
    }
    if is_verbose(query.as_deref()) {
        details.extend(ops.vitals.details());
    }
    lines("readyz", passed, &details, is_verbose(query.as_deref()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    struct Scripted {
        beat: Duration,
        stopping: bool,
        database: Result<(), String>,
        hangs: bool,
    }

    const WELL: Scripted = Scripted { beat: Duration::ZERO, stopping: false, database: Ok(()), hangs: false };

    #[async_trait]
    impl Vitals for Scripted {
        fn since_beat(&self) -> Duration {
            self.beat
        }

        fn is_stopping(&self) -> bool {
            self.stopping
        }

        async fn database(&self) -> Result<(), String> {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            self.database.clone()
        }

        fn details(&self) -> Vec<Detail> {
            vec![Detail { name: "provider/corp".to_owned(), well: false, said: "down\n[+]fake fine".to_owned() }]
        }

        fn measure(&self) {}
    }

    async fn get(vitals: Scripted, path: &str) -> (u16, String) {
        let (_, metrics) = Metrics::apart().unwrap();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(Arc::new(vitals), metrics).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn alive_as_long_as_the_loop_turns() {
        assert_eq!(get(WELL, "/livez").await, (200, "livez check passed\n".to_owned()));
        let stuck = Scripted { beat: Duration::from_secs(61), ..WELL };
        let said = "[-]heartbeat the worker's loop turned 61 s ago\nlivez check failed\n";
        assert_eq!(get(stuck, "/livez").await, (503, said.to_owned()));
        // Whoever stops is still alive: killing it would undo what it is finishing.
        let stopping = Scripted { stopping: true, database: Err("gone".to_owned()), ..WELL };
        assert_eq!(get(stopping, "/livez").await.0, 200);
    }

    #[tokio::test]
    async fn a_provider_that_is_down_does_not_make_it_unready() {
        let (status, text) = get(WELL, "/readyz?verbose").await;
        assert_eq!(status, 200);
        assert!(text.contains("[-]provider/corp down [+]fake fine\n") && text.contains("[+]database it answers\n"));
        assert_eq!(get(WELL, "/readyz").await, (200, "readyz check passed\n".to_owned()));
    }

    #[tokio::test]
    async fn not_ready_without_its_database_or_while_it_stops() {
        let away = Scripted { database: Err("the database cannot be reached".to_owned()), ..WELL };
        let (status, text) = get(away, "/readyz").await;
        assert_eq!(status, 503);
        assert_eq!(text, "[-]database the database cannot be reached\nreadyz check failed\n");
        let (status, text) = get(Scripted { hangs: true, ..WELL }, "/readyz").await;
        assert!(status == 503 && text.contains("[-]database it did not answer in time\n"), "{text}");
        assert_eq!(get(Scripted { stopping: true, ..WELL }, "/readyz").await.0, 503);
    }

    #[tokio::test]
    async fn metrics_are_texts_that_nobody_keeps() {
        let (status, text) = get(WELL, "/metrics").await;
        assert!(status == 200 && text.contains("# TYPE rosterd_sync_runs_total counter\n"));
        assert_eq!(get(WELL, "/").await.0, 404);
    }
}
