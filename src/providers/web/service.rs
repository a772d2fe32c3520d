//! A service and the questions of one reading: with a token that is read anew, within bounds of bytes, values and
//! patience, and all of them waiting where one was told to wait.

use super::failure::{Failure, shown};
use super::throttle::Trouble;
use crate::config::{Secret, SecretRef};
use crate::fetch::{Answer, Client, FetchError, Url};
use crate::jose;
use crate::providers::ProviderErrorKind;
use rosterd_core::ids::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The largest answer in bytes, and the most values in it.
const LARGEST: usize = 32 << 20;
const VALUES: usize = 2_000_000;
/// For so long a token that was refused is not shown again because somebody logs in.
const REFUSED: Duration = Duration::from_secs(60);

/// For what a service is asked, and so how long it may keep us waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers) enum Purpose {
    /// All that it has. Nobody waits for it.
    Everything,
    /// A few people, who may be logging in.
    AFew,
}

impl Purpose {
    /// All pauses together.
    fn patience(self) -> Duration {
        match self {
            Self::Everything => Duration::from_secs(300),
            Self::AFew => Duration::from_secs(5),
        }
    }
}

/// A service that is asked with a bearer token (RFC 6750).
#[derive(Debug)]
pub(in crate::providers) struct Service {
    client: Client,
    bearer: SecretRef,
    /// The media types that it answers.
    accept: &'static str,
    refused: Mutex<Option<Refused>>,
}

/// A token that was refused.
#[derive(Debug)]
struct Refused {
    print: [u8; 32],
    until: Instant,
    failure: Failure,
}

/// The questions of one reading.
#[derive(Debug)]
pub(in crate::providers) struct Session<'a> {
    service: &'a Service,
    purpose: Purpose,
    bearer: Secret,
    /// Of the token.
    print: [u8; 32],
    now: Timestamp,
    state: Mutex<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    /// How long may still be waited.
    left: Duration,
    /// Nothing is asked before.
    until: Instant,
}

impl Service {
    pub(in crate::providers) fn new(client: Client, bearer: SecretRef, accept: &'static str) -> Self {
        Self { client, bearer, accept, refused: Mutex::default() }
    }

    /// `now` is for a service that says until when to wait.
    pub(in crate::providers) fn session(&self, purpose: Purpose, now: Timestamp) -> Result<Session<'_>, Failure> {
        let bearer = self.bearer.resolve().map_err(|error| Failure::configuration(error.to_string()))?;
        let print = Sha256::digest(bearer.expose()).into();
        let state = Mutex::new(Waiting { left: purpose.patience(), until: Instant::now() });
        Ok(Session { service: self, purpose, bearer, print, now, state })
    }

    /// The refusal of that token, where it was not long ago.
    fn refusal(&self, print: &[u8; 32]) -> Option<Failure> {
        let refused = lock(&self.refused);
        let refused = refused.as_ref()?;
        (refused.print == *print && Instant::now() < refused.until).then(|| refused.failure.clone())
    }
}

impl Session<'_> {
    /// A GET of JSON, asked again where that can help.
    pub(in crate::providers) async fn get(&self, url: &Url) -> Result<Value, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let until = lock(&self.state).until;
            sleep_until(until).await;
            if self.purpose == Purpose::AFew
                && let Some(refusal) = self.service.refusal(&self.print)
            {
                return Err(refusal);
            }
            let asked = self.service.client.get_as(url, self.service.accept, Some(self.bearer.expose()), LARGEST).await;
            let (trouble, failure) = match asked {
                Ok(answer) if answer.good() => {
                    *lock(&self.service.refused) = None;
                    return json(url, &answer);
                }
                Ok(answer) => {
                    let trouble = Trouble::of_status(answer.status, answer.retry_after(self.now));
                    (trouble, Failure::status(url, answer.status))
                }
                Err(error @ FetchError::Unreachable(..)) => (Trouble::Broken, error.into()),
                Err(error) => (Trouble::Lasting, error.into()),
            };
            if failure.kind == ProviderErrorKind::Credentials {
                self.refused(&failure);
            }
            let Some(pause) = self.pause(trouble, tries) else { return Err(patience(failure, trouble, tries)) };
            tracing::debug!(reason = failure.code, tries, ?pause, "a service is asked again later");
            sleep(pause).await;
        }
    }

    /// Takes a pause off what may be waited. Where the service is busy, it is everybody's.
    fn pause(&self, trouble: Trouble, tries: u32) -> Option<Duration> {
        let mut state = lock(&self.state);
        let pause = trouble.pause(tries, state.left)?;
        let now = Instant::now();
        // Who waits at the same time as another does not wait longer than that.
        let longer = (now + pause).saturating_duration_since(state.until.max(now));
        state.left = state.left.saturating_sub(longer);
        if matches!(trouble, Trouble::Busy(_)) {
            state.until = state.until.max(now + pause);
        }
        Some(pause)
    }

    fn refused(&self, failure: &Failure) {
        let refused = Refused { print: self.print, until: Instant::now() + REFUSED, failure: failure.clone() };
        *lock(&self.service.refused) = Some(refused);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// With why it is not asked again.
fn patience(failure: Failure, trouble: Trouble, tries: u32) -> Failure {
    let more = match trouble {
        Trouble::Busy(Some(asked)) => format!(", and to be left alone for {} s", asked.as_secs()),
        Trouble::Busy(None) | Trouble::Broken if tries > 1 => format!(" ({tries} times)"),
        Trouble::Busy(None) | Trouble::Broken | Trouble::Lasting => return failure,
    };
    Failure { message: failure.message + &more, ..failure }
}

fn json(url: &Url, answer: &Answer) -> Result<Value, Failure> {
    let kind = answer.media_type();
    let named = kind.is_empty() || kind == "application/json" || kind.ends_with("+json");
    let value = if named { jose::parse(&answer.body, VALUES).ok() } else { None };
    value.ok_or_else(|| {
        let message = format!("{} answered something that is not JSON within bounds; is `url` right?", shown(url));
        Failure::protocol("not_json", message)
    })
}
