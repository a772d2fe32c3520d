//! Events that are polled for (RFC 8936), by the replica that leads the provider. What was carried out is acknowledged
//! with the next question, which is asked at once; what is not believed is reported there; what could not be kept comes
//! again. No question stays open: `every` says how late an event is noticed.

use super::refusal::Refusal;
use super::service::Signals;
use super::stream::Stream;
use crate::config::{Secret, SignalsPoll};
use crate::fetch::{Answer, FetchError, Url};
use crate::jose;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use rosterd_core::ids::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How often it is looked which streams are due.
const EVERY: Duration = Duration::from_millis(250);
/// How many events are asked for at once, and how often in a row.
const MOST: usize = 100;
const ROUNDS: usize = 100;
/// The largest answer.
const LARGEST: usize = 8 << 20;
/// The longest pause after failures, and the longest that is believed where the transmitter says one.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// The pause after our token was refused.
const CREDENTIALS: Duration = Duration::from_secs(300);

/// How far one stream is.
#[derive(Debug)]
struct Polling {
    due: Instant,
    failures: u32,
    /// How many events are asked for: fewer, where so many were too large.
    most: usize,
    acknowledged: Vec<String>,
    refused: Map<String, Value>,
}

impl Default for Polling {
    fn default() -> Self {
        let (acknowledged, refused) = (Vec::new(), Map::new());
        Self { due: Instant::now(), failures: 0, most: MOST, acknowledged, refused }
    }
}

/// Why there was no answer, and for how long not to ask again where that is known.
#[derive(Debug)]
struct Failure {
    why: String,
    pause: Option<Duration>,
    too_large: bool,
}

impl Failure {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), pause: None, too_large: false }
    }
}

impl Signals {
    /// Polls until `stop`; a question that is under way then is finished first.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (stopping, stopped) = watch::channel(false);
        let working = tokio::spawn(self.work(stopped));
        stop.await;
        // The receiver is gone only when the task has ended by itself.
        let _ = stopping.send(true);
        let _ = working.await;
    }

    async fn work(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut all: BTreeMap<String, Polling> = BTreeMap::new();
        let mut under_way: JoinSet<(String, Polling)> = JoinSet::new();
        // In `all` nobody is of whom a question is under way.
        let mut busy: Vec<String> = Vec::new();
        while !*stopped.borrow() {
            while let Some(ended) = under_way.try_join_next() {
                match ended {
                    Ok((name, polling)) => {
                        busy.retain(|other| *other != name);
                        all.insert(name, polling);
                    }
                    // It has been reported. What was not acknowledged comes again.
                    Err(_) if under_way.is_empty() => busy.clear(),
                    Err(_) => {}
                }
            }
            let set = self.set();
            all.retain(|name, _| set.streams.contains_key(name));
            for (name, stream) in &set.streams {
                let polls = stream.config.poll.is_some() && self.hooks.leads(&stream.config.provider);
                let due = all.get(name).is_none_or(|polling| polling.due <= Instant::now());
                if !polls || !due || busy.contains(name) {
                    continue;
                }
                let polling = all.remove(name).unwrap_or_default();
                busy.push(name.clone());
                let (signals, stream, stopped) = (Arc::clone(&self), Arc::clone(stream), stopped.clone());
                under_way.spawn(async move { signals.turn(&stream, polling, &stopped).await });
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stopped.changed() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Asks until there is nothing more.
    async fn turn(&self, stream: &Stream, mut polling: Polling, stopped: &watch::Receiver<bool>) -> (String, Polling) {
        let Some(poll) = &stream.config.poll else { return (stream.name.clone(), polling) };
        let mut pause = poll.every.get();
        for _ in 0..ROUNDS {
            // What would find no room stays where it is.
            if *stopped.borrow() || !self.hooks.takes(polling.most) {
                break;
            }
            match self.question(stream, poll, &mut polling).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(failure) => {
                    pause = self.failed(stream, poll, &mut polling, &failure);
                    break;
                }
            }
        }
        polling.due = Instant::now() + pause;
        (stream.name.clone(), polling)
    }

    /// One question and its answer. Whether to ask again at once.
    async fn question(&self, stream: &Stream, poll: &SignalsPoll, polling: &mut Polling) -> Result<bool, Failure> {
        let body = json!({
            "maxEvents": polling.most,
            "returnImmediately": true,
            "ack": polling.acknowledged,
            "setErrs": polling.refused,
        });
        let answer = asked(stream, poll, &body, self.hooks.now()).await?;
        polling.failures = 0;
        polling.acknowledged.clear();
        polling.refused.clear();
        let sets = match answer.get("sets") {
            Some(Value::Object(sets)) => sets,
            // RFC 8936 §2.3: where there are none, it is empty.
            None | Some(Value::Null) => return Ok(false),
            Some(_) => return Err(Failure::new("its answer has no `sets`")),
        };
        for (id, token) in sets.iter().take(polling.most) {
            match self.one(stream, id, token).await {
                Ok(()) => polling.acknowledged.push(id.clone()),
                Err(refusal) => {
                    self.refused(&stream.name, refusal);
                    if refusal.passes() {
                        // It comes again, and the rest with it; what was carried out is acknowledged by then.
                        return Ok(false);
                    }
                    let said = json!({ "err": refusal.err, "description": refusal.code });
                    polling.refused.insert(id.clone(), said);
                }
            }
        }
        Ok(!sets.is_empty())
    }

    async fn one(&self, stream: &Stream, id: &str, token: &Value) -> Result<(), Refusal> {
        let token = token.as_str().ok_or(Refusal::request("body"))?;
        let event = stream.read(token.trim_ascii(), self.hooks.now()).await?;
        // It is acknowledged by the name under which it came (RFC 8936 §2.3).
        if event.id != id {
            return Err(Refusal::request("event-id"));
        }
        self.carry(stream, &event).await
    }

    /// For how long not to ask again.
    fn failed(&self, stream: &Stream, poll: &SignalsPoll, polling: &mut Polling, failure: &Failure) -> Duration {
        polling.failures = polling.failures.saturating_add(1);
        if failure.too_large {
            polling.most = (polling.most / 2).max(1);
        }
        if let Some(more) = self.said.more(&stream.name, "poll") {
            tracing::warn!(signal = stream.name, error = failure.why, more, "events could not be polled for");
        }
        let doubled = poll.every.get().saturating_mul(1 << polling.failures.min(16));
        failure.pause.unwrap_or_else(|| doubled.min(LONGEST_PAUSE)).max(poll.every.get())
    }
}

async fn asked(stream: &Stream, poll: &SignalsPoll, body: &Value, now: Timestamp) -> Result<Value, Failure> {
    let client = stream.client.as_ref().ok_or_else(|| Failure::new("its client cannot be made"))?;
    let url = Url::parse(&poll.url).map_err(|error| Failure::new(error.to_string()))?;
    let reference = poll.bearer.clone();
    let bearer = tokio::task::spawn_blocking(move || reference.resolve().map_err(|error| error.to_string())).await;
    let bearer = bearer.unwrap_or_else(|error| Err(error.to_string())).map_err(Failure::new)?;
    let headers = headers(&bearer).ok_or_else(|| Failure::new("the token cannot stand in a header"))?;
    let answer = client.post(&url, headers, body.to_string().into_bytes(), LARGEST).await;
    let answer = answer.map_err(|error| Failure {
        too_large: matches!(error, FetchError::TooLarge(..)),
        ..Failure::new(error.to_string())
    })?;
    if !answer.good() {
        return Err(unwanted(&url, &answer, now));
    }
    jose::parse(&answer.body, jose::FEW).map_err(|_| Failure::new(format!("{url}: its answer is not JSON")))
}

fn headers(bearer: &Secret) -> Option<HeaderMap> {
    let mut secret = HeaderValue::from_str(&format!("Bearer {}", bearer.expose())).ok()?;
    secret.set_sensitive(true);
    let json = HeaderValue::from_static("application/json");
    Some(HeaderMap::from_iter([(ACCEPT, json.clone()), (CONTENT_TYPE, json), (AUTHORIZATION, secret)]))
}

fn unwanted(url: &Url, answer: &Answer, now: Timestamp) -> Failure {
    let credentials = matches!(answer.status, 401 | 403).then_some(CREDENTIALS);
    let pause = answer.retry_after(now).map(|wait| wait.min(LONGEST_WAIT)).or(credentials);
    Failure { pause, ..Failure::new(format!("{url} answered {}", answer.status)) }
}
