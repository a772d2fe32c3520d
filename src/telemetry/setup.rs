//! Once a process: where events and spans go. It begins before the configuration is known, so that
//! whatever is wrong with that can be told, and follows it from then on.

use super::log::{Form, Log, Queue, Sink, Surroundings};
use super::names;
use super::traces::Traces;
use crate::clock::SystemClock;
use crate::config::{Config, LogSection};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing_subscriber::filter::{EnvFilter, dynamic_filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How long the end of the program waits for the last lines to be taken.
const LAST_LINES: Duration = Duration::from_secs(2);

static CONTROL: OnceLock<Control> = OnceLock::new();

#[derive(Debug)]
struct Control {
    surroundings: Surroundings,
    log: Log,
    filter: reload::Handle<EnvFilter, Registry>,
    traces: Traces,
}

/// While it lives, the process logs. At its end the last lines are written.
#[derive(Debug)]
#[must_use]
pub struct Telling(Queue);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.flush(LAST_LINES);
    }
}

/// Begins to log, as text to standard error.
///
/// # Errors
/// For a person: the system gives no thread, or it was begun before.
pub fn start(surroundings: Surroundings) -> Result<Telling, String> {
    let directives = surroundings.directives(&LogSection::default());
    let queue = Queue::start(Sink::StandardError).map_err(|error| error.to_string())?;
    let log = Log::new(queue.clone(), Form::Text, Arc::new(SystemClock));
    let (filter, handle) = reload::Layer::new(EnvFilter::new(directives));
    let traces = Traces::default();
    let provider = SdkTracerProvider::builder().with_span_processor(traces.clone()).build();
    let (on, ours) = (traces.clone(), module_path!().split("::").next().unwrap_or_default());
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("rosterd"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(dynamic_filter_fn(move |what, _| {
            what.is_span() && what.target().starts_with(ours) && *what.level() <= tracing::Level::INFO && on.is_on()
        }));
    tracing_subscriber::registry()
        .with(log.clone().with_filter(filter))
        .with(spans)
        .try_init()
        .map_err(|error| error.to_string())?;
    std::panic::set_hook(Box::new(|panic| {
        metrics::counter!(names::TASK_PANICS).increment(1);
        let at = panic.location().map(ToString::to_string);
        let what = panic.payload_as_str().unwrap_or("something that is no text");
        tracing::error!(at, what, "a fault of the program; please report it");
    }));
    let _ = CONTROL.set(Control { surroundings, log, filter: handle, traces });
    Ok(Telling(queue))
}

/// Follows the configuration: at the start of the daemon and after each reload. To be called on
/// the runtime. What can't be done is logged and leaves that part as it was: no work stops because
/// it can't be told of.
pub fn follow(config: &Config) {
    let Some(control) = CONTROL.get() else { return };
    let directives = control.surroundings.directives(&config.log);
    if let Err(error) = control.filter.reload(EnvFilter::new(directives)) {
        tracing::warn!(%error, "the log's filter stays as it was");
    }
    let form = control.surroundings.form(config.log.format);
    let sink = match form {
        Form::Journald => Sink::journal(),
        Form::Text | Form::Json => Ok(Sink::StandardError),
    };
    match sink {
        Ok(sink) => {
            if control.log.queue().redirect(sink) {
                control.log.set(form);
            }
        }
        Err(error) => {
            control.log.set(Form::Text);
            tracing::warn!(%error, "systemd's journal cannot be reached; the log goes to standard error as text");
        }
    }
    if let Err(error) = control.traces.to(config.telemetry.otlp_endpoint.as_deref()) {
        tracing::warn!(%error, "traces stay as they were");
    }
    // Whether a span is wanted is asked anew.
    tracing::callsite::rebuild_interest_cache();
}
