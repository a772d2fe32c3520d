//! From `tracing` to lines.

use super::super::names;
use super::event::{Event, Fields, Value};
use super::queue::Queue;
use super::repeats::{Repeats, Verdict};
use super::{Form, journald, json, text};
use crate::clock::{Clock, Stopwatch};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The layer that writes lines. Cheap to clone; every clone is the same log's.
#[derive(Debug, Clone)]
pub struct Log {
    queue: Queue,
    form: Arc<AtomicU8>,
    clock: Arc<dyn Clock>,
    repeats: Arc<Mutex<Repeats>>,
    since: Stopwatch,
}

impl Log {
    #[must_use]
    pub fn new(queue: Queue, form: Form, clock: Arc<dyn Clock>) -> Self {
        let log = Self { queue, form: Arc::default(), clock, repeats: Arc::default(), since: Stopwatch::start() };
        log.set(form);
        log
    }

    /// From the next event on in this form.
    pub(in super::super) fn set(&self, form: Form) {
        self.form.store(form as u8, Ordering::Relaxed);
    }

    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    fn form(&self) -> Form {
        match self.form.load(Ordering::Relaxed) {
            form if form == Form::Json as u8 => Form::Json,
            form if form == Form::Journald as u8 => Form::Journald,
            _ => Form::Text,
        }
    }

    fn line(&self, event: &Event) -> Vec<u8> {
        let line = match self.form() {
            Form::Text => text::line(event),
            Form::Json => json::line(event),
            Form::Journald => journald::datagram(event),
        };
        line.into_bytes()
    }

    fn write(&self, event: &Event) {
        if self.queue.put(self.line(event)) {
            metrics::counter!(names::LOG_LINES, "level" => level(event.level)).increment(1);
        }
    }

    /// Whether it is told; with how many like it were not.
    fn verdict(&self, metadata: &Metadata<'_>, fields: &Fields) -> Verdict {
        // What is asked for by `debug` is wanted whole, and what is normal is not repeated.
        if *metadata.level() > Level::WARN {
            return Verdict::Tell(0);
        }
        let place = hash(&(metadata.file(), metadata.line(), metadata.target()));
        let mut words = DefaultHasher::new();
        (place, &fields.message).hash(&mut words);
        for (name, value) in &fields.named {
            // Numbers differ where the complaint is the same.
            if let Value::Text(value) = value {
                (name, value).hash(&mut words);
            }
        }
        let now = self.since.elapsed();
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner).verdict(place, words.finish(), now)
    }
}

fn hash(what: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

impl<S> Layer<S> for Log
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let left_out = match self.verdict(metadata, &fields) {
            Verdict::Tell(left_out) => left_out,
            Verdict::Hush => {
                metrics::counter!(names::LOG_SUPPRESSED).increment(1);
                return;
            }
        };
        if left_out > 0 {
            fields.put("left_out", Value::Plain(left_out.to_string()));
        }
        let mut spans = Vec::new();
        for span in context.event_scope(event).into_iter().flatten() {
            spans.push(span.name());
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.inherit(outer);
            }
        }
        spans.reverse();
        let (at, level) = (self.clock.now(), *metadata.level());
        let target = fields.log_target.take().unwrap_or_else(|| metadata.target().to_owned());
        self.queue.own_up(|lines| {
            let mut fields = Fields { message: "lines of the log were lost".to_owned(), ..Fields::default() };
            fields.put("lines", Value::Plain(lines.to_string()));
            let target = "rosterd::telemetry".to_owned();
            self.line(&Event { at, level: Level::WARN, target, fields, spans: Vec::new() })
        });
        self.write(&Event { at, level, target, fields, spans });
    }
}
