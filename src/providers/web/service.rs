//! A service and the questions of one reading: with a secret that is read anew, within bounds of bytes, values and
//! patience, and all of them waiting where one was told to wait.

use super::access::Access;
use super::failure::{Failure, shown};
use super::throttle::Trouble;
use crate::config::Secret;
use crate::fetch::{Answer, BadLink, Client, FetchError, Links, Url};
use crate::jose;
use crate::providers::ProviderErrorKind;
use rosterd_core::ids::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The largest answer in bytes, and the most values in it.
const LARGEST: usize = 32 << 20;
const VALUES: usize = 2_000_000;
/// The largest answer of a token endpoint.
const TOKEN: usize = 256 << 10;
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

/// A service, and who asks it.
#[derive(Debug)]
pub(in crate::providers) struct Service {
    client: Client,
    access: Access,
    /// The media types that it answers, and what else it wants to be told.
    headers: Vec<(&'static str, &'static str)>,
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
    /// What proves who asks.
    pub(super) secret: Secret,
    /// Of the secret.
    pub(super) print: [u8; 32],
    began: (Timestamp, Instant),
    /// For numbers that are used once.
    seed: u128,
    used: AtomicU64,
    state: Mutex<Waiting>,
}

/// An answer that is JSON, and what else is to be seen of it.
#[derive(Debug)]
pub(in crate::providers) struct Reply {
    pub(in crate::providers) body: Value,
    pub(in crate::providers) links: Result<Links, BadLink>,
    /// How many entries a list has in all, where a header says it.
    pub(in crate::providers) total: Option<usize>,
}

/// One question.
#[derive(Debug, Clone, Copy)]
enum Question<'q> {
    Get { header: &'q str, shown: &'q Secret },
    Form { form: &'q [(&'q str, &'q str)], basic: Option<(&'q str, &'q Secret)> },
}

#[derive(Debug)]
struct Waiting {
    /// How long may still be waited.
    left: Duration,
    /// Nothing is asked before.
    until: Instant,
}

impl Service {
    pub(in crate::providers) fn new(client: Client, access: Access, accept: &'static str) -> Self {
        Self { client, access, headers: vec![("accept", accept)], refused: Mutex::default() }
    }

    /// Each question has these headers.
    pub(in crate::providers) fn with(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    /// `now` is for a service that says until when to wait, and for what is signed; `seed` for what is used once.
    pub(in crate::providers) fn session(
        &self,
        purpose: Purpose,
        now: Timestamp,
        seed: u128,
    ) -> Result<Session<'_>, Failure> {
        let secret = self.access.secret()?;
        let print = Sha256::digest(secret.expose()).into();
        let now = (now, Instant::now());
        let state = Mutex::new(Waiting { left: purpose.patience(), until: now.1 });
        Ok(Session { service: self, purpose, secret, print, began: now, seed, used: AtomicU64::new(0), state })
    }

    async fn send(&self, url: &Url, question: Question<'_>) -> Result<Answer, FetchError> {
        match question {
            Question::Get { header, shown } => {
                self.client.get_with(url, &self.headers, Some((header, shown.expose())), LARGEST).await
            }
            Question::Form { form, basic } => {
                let basic = basic.map(|(id, secret)| (id, secret.expose()));
                self.client.post_form(url, form, basic, TOKEN).await
            }
        }
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
        Ok(self.ask(url).await?.body)
    }

    /// The same with what is to be seen of the answer besides.
    pub(in crate::providers) async fn ask(&self, url: &Url) -> Result<Reply, Failure> {
        let mut renewed = false;
        loop {
            let (header, shown, number) = self.shown().await?;
            let failure = match self.tried(url, Question::Get { header, shown: &shown }).await {
                Ok(answer) => {
                    *lock(&self.service.refused) = None;
                    return reply(url, &answer);
                }
                Err((_, failure)) => failure,
            };
            // A token may have ended before its time: one more is asked for, once.
            if let (Access::Granted(grant), Some(401), false) = (&self.service.access, failure.status, renewed) {
                grant.forget(number).await;
                renewed = true;
                continue;
            }
            return Err(self.kept(failure));
        }
    }

    /// Asks for a token, where the service is asked with one that is given: so that a check says what went wrong.
    pub(in crate::providers) async fn sign_in(&self) -> Result<(), Failure> {
        self.shown().await.map(|_| ())
    }

    /// A header that says who asks, and the number of the token in it.
    async fn shown(&self) -> Result<(&'static str, Secret, u64), Failure> {
        let (header, word, (secret, number)) = match &self.service.access {
            Access::Shown { header, word, .. } => (*header, *word, (self.secret.clone(), 0)),
            Access::Granted(grant) => {
                let token = grant.token(self).await.map_err(|failure| self.kept(failure))?;
                ("authorization", "Bearer ", token)
            }
        };
        Ok((header, Secret::new(format!("{word}{}", secret.expose())), number))
    }

    /// A POST of a form, asked again where that can help. A failure comes with the answer that it is.
    pub(super) async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &Secret)>,
    ) -> Result<Answer, (Option<Answer>, Failure)> {
        self.tried(url, Question::Form { form, basic }).await
    }

    /// When it is.
    pub(super) fn now(&self) -> Timestamp {
        let (at, began) = self.began;
        Timestamp(at.0.saturating_add(i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX)))
    }

    /// A text that no other session has, and this one once.
    pub(super) fn unique(&self) -> String {
        format!("{:032x}-{}", self.seed, self.used.fetch_add(1, Ordering::Relaxed))
    }

    async fn tried(&self, url: &Url, question: Question<'_>) -> Result<Answer, (Option<Answer>, Failure)> {
        let mut tries = 0;
        loop {
            tries += 1;
            let until = lock(&self.state).until;
            sleep_until(until).await;
            if self.purpose == Purpose::AFew
                && let Some(refusal) = self.service.refusal(&self.print)
            {
                return Err((None, refusal));
            }
            let (trouble, failure, answer) = match self.service.send(url, question).await {
                Ok(answer) if answer.good() => return Ok(answer),
                Ok(answer) => {
                    let trouble = Trouble::of(&answer, self.now());
                    // Busy, whatever the number says.
                    let status =
                        if matches!(trouble, Trouble::Busy(_)) { answer.status.max(429) } else { answer.status };
                    (trouble, Failure::status(url, status), Some(answer))
                }
                Err(error @ FetchError::Unreachable(..)) => (Trouble::Broken, error.into(), None),
                Err(error) => (Trouble::Lasting, error.into(), None),
            };
            let Some(pause) = self.pause(trouble, tries) else {
                return Err((answer, patience(failure, trouble, tries)));
            };
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

    /// Remembers a refusal, for whoever logs in meanwhile.
    fn kept(&self, failure: Failure) -> Failure {
        if failure.kind == ProviderErrorKind::Credentials {
            let refused = Refused { print: self.print, until: Instant::now() + REFUSED, failure: failure.clone() };
            *lock(&self.service.refused) = Some(refused);
        }
        failure
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

fn reply(url: &Url, answer: &Answer) -> Result<Reply, Failure> {
    let kind = answer.media_type();
    let named = kind.is_empty() || kind == "application/json" || kind.ends_with("+json");
    let value = if named { jose::parse(&answer.body, VALUES).ok() } else { None };
    let body = value.ok_or_else(|| {
        let message = format!("{} answered something that is not JSON within bounds; is `url` right?", shown(url));
        Failure::protocol("not_json", message)
    })?;
    let links = answer.links();
    Ok(Reply { body, links, total: answer.number("x-total").and_then(|total| usize::try_from(total).ok()) })
}
