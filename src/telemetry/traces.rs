//! Traces: spans of runs, looks, deliveries and requests, sent to a collector by OTLP over HTTP.
//!
//! Whoever ends a span never waits: spans go into a bounded channel, a task of its own sends them
//! in batches, each with a deadline, and what does not fit or cannot be sent is counted and
//! forgotten. Only spans are sent, with the fields they have; what is logged in them is not.

use super::names;
use arc_swap::ArcSwapOption;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The most spans that wait to be sent.
const WAITING: usize = 4096;
/// The most spans of one request to the collector.
const BATCH: usize = 512;
/// How long a batch is gathered.
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where ended spans go; nowhere until [`Traces::to`].
#[derive(Debug, Clone, Default)]
pub(super) struct Traces(Arc<ArcSwapOption<Target>>);

#[derive(Debug)]
struct Target {
    endpoint: String,
    spans: mpsc::Sender<SpanData>,
}

impl Traces {
    pub(super) fn is_on(&self) -> bool {
        self.0.load().is_some()
    }

    /// From now on to this collector, or nowhere. Spans of before are still sent to the one before.
    /// To be called on the runtime.
    ///
    /// # Errors
    /// For a person: the address can't be used.
    pub(super) fn to(&self, endpoint: Option<&str>) -> Result<(), String> {
        let Some(endpoint) = endpoint else {
            self.0.store(None);
            return Ok(());
        };
        if self.0.load().as_ref().is_some_and(|target| target.endpoint == endpoint) {
            return Ok(());
        }
        let exporter = exporter(endpoint)?;
        let (spans, ended) = mpsc::channel(WAITING);
        tokio::spawn(send(ended, exporter));
        self.0.store(Some(Arc::new(Target { endpoint: endpoint.to_owned(), spans })));
        Ok(())
    }
}

impl SpanProcessor for Traces {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if let Some(target) = &*self.0.load()
            && target.spans.try_send(span).is_err()
        {
            lost(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn exporter(endpoint: &str) -> Result<SpanExporter, String> {
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(url(endpoint))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(DEADLINE)
        .build()
        .map_err(|error| format!("telemetry.otlp_endpoint: {error}"))?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    exporter.set_resource(&Resource::builder().with_service_name("rosterd").with_attribute(version).build());
    Ok(exporter)
}

/// The signal's own path, where none is given (OTLP specification, "OTLP/HTTP Request").
fn url(endpoint: &str) -> String {
    let (_, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
    match rest.split_once('/') {
        Some((_, path)) if !path.is_empty() => endpoint.to_owned(),
        _ => format!("{}/v1/traces", endpoint.trim_end_matches('/')),
    }
}

async fn send(mut ended: mpsc::Receiver<SpanData>, exporter: SpanExporter) {
    let mut batch = Vec::new();
    while ended.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(span) = ended.try_recv()
            {
                batch.push(span);
            }
        }
        let spans = batch.len();
        let error = match tokio::time::timeout(DEADLINE, exporter.export(std::mem::take(&mut batch))).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the collector did not answer in time".to_owned(),
        };
        lost(spans);
        tracing::warn!(spans, error, "traces could not be sent; nothing else is touched by that");
    }
}

fn lost(spans: usize) {
    metrics::counter!(names::SPANS_DROPPED).increment(spans as u64);
}

/// Makes `span` part of the trace that a request names in its `traceparent`. What is not one is
/// passed over, as W3C Trace Context (§4.3) says.
pub fn accept(span: &tracing::Span, traceparent: Option<&str>) {
    if let Some(parent) = traceparent.and_then(parse) {
        // Fails where spans are not sent: then there is nothing to be part of.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// W3C Trace Context, §3.2.2: `00-{32 hex}-{16 hex}-{2 hex}`, in lower case.
fn parse(header: &str) -> Option<SpanContext> {
    let header = header.trim();
    let hex = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let mut parts = header.split('-');
    let mut part = |length: usize| parts.next().filter(|text| text.len() == length).filter(hex);
    let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    // A later version may have more behind these; this one may not.
    if version == "ff" || (version == "00" && header.len() != 55) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_strictly() {
        let context = parse(GOOD);
        assert!(context.as_ref().is_some_and(|context| context.is_sampled() && context.is_remote()));
        assert!(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes").is_some());
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-1",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn n8_no_header_is_too_odd(header in any::<String>()) {
            let _ = parse(&header);
        }
    }

    #[test]
    fn the_path_is_added_where_there_is_none() {
        assert_eq!(url("http://127.0.0.1:4318"), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(url("http://127.0.0.1:4318/"), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(url("https://x/otlp/v1/traces"), "https://x/otlp/v1/traces");
    }
}
