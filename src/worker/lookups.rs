//! Looks at people, as many as arrive: who waits for the same person waits for one look, and those
//! that wait together are looked at together.
//!
//! A look that is asked for is answered by a reading that begins afterwards, never by one that is
//! under way: whatever changed before the login shows. So that one person's logins cannot keep a
//! directory busy, the next reading of somebody begins no sooner than [`SPACING`] after the last;
//! whoever asks meanwhile waits for that one.

use crate::sync::{Asked, Engine, Looked, RunError};
use crate::telemetry::names;
use rosterd_core::writes::Trigger;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

/// The least time between the beginnings of two readings of one person.
pub const SPACING: Duration = Duration::from_secs(1);
/// How many people are looked at together at most.
const TOGETHER: usize = 100;
/// How many looks of one provider are under way at once: some ask the provider while one writes.
/// Few, so that in a storm of logins those who wait are looked at by many together: it is a
/// transaction for each look, however many are in it.
const AT_ONCE: usize = 2;
/// The same while the provider is read in full, which must come to its end however many log in. They
/// wait a little longer, and are looked at by more together.
const BESIDE_A_RUN: usize = 1;
/// Between two looks beside a full run there is a pause as long as the look was, and not longer than this:
/// half of the time is the run's.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// How many people may wait for a provider. Beyond it a look is refused, so that memory is bounded.
const WAITING: usize = 20_000;
/// How many waiters one person may have.
const WAITERS: usize = 10_000;

/// Why nobody was looked at.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookError {
    /// Too many wait already. Try again later.
    #[error("too many logins wait for provider {0}")]
    Busy(String),
    /// The run failed; nothing was changed.
    #[error("{0}")]
    Run(Arc<RunError>),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

type Answer = Result<Looked, LookError>;

/// How people are looked at, apart from when.
pub trait Looks: Send + Sync + 'static {
    /// Looks at them, in the order asked.
    fn look(
        &self,
        provider: &str,
        asked: &[Asked],
        trigger: Trigger,
    ) -> impl Future<Output = Result<Vec<Looked>, RunError>> + Send;
}

impl Looks for Engine {
    async fn look(&self, provider: &str, asked: &[Asked], trigger: Trigger) -> Result<Vec<Looked>, RunError> {
        Engine::look(self, provider, asked, trigger).await
    }
}

/// Of all providers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lookups {
    spacing: Duration,
    providers: Arc<Mutex<HashMap<String, Arc<Queue>>>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self { spacing: SPACING, providers: Arc::default() }
    }
}

#[derive(Debug)]
struct Queue {
    provider: String,
    spacing: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Who may be looked at now, in the order asked.
    ready: VecDeque<Asked>,
    /// Everybody who waits, those that may not be looked at yet included.
    waiting: HashMap<Asked, Vec<oneshot::Sender<Answer>>>,
    /// When somebody was looked at last. Forgotten once it does not matter any more.
    last: HashMap<Asked, Instant>,
    under_way: usize,
    /// Full runs that are under way.
    runs: usize,
}

impl State {
    fn at_once(&self) -> usize {
        if self.runs > 0 { BESIDE_A_RUN } else { AT_ONCE }
    }
}

/// A full run of a provider is under way until this is dropped.
#[derive(Debug)]
pub struct FullRun(Arc<Queue>);

impl Drop for FullRun {
    fn drop(&mut self) {
        self.0.state().runs -= 1;
    }
}

impl Lookups {
    /// Looks at somebody by `engine`, together with whoever else waits.
    pub async fn look<L: Looks>(&self, engine: Arc<L>, provider: &str, asked: Asked, trigger: Trigger) -> Answer {
        let queue = self.queue(provider);
        let (answer, answered) = oneshot::channel();
        match queue.join(asked.clone(), answer)? {
            Joined::Waiting => {}
            Joined::Ready => Arc::clone(&queue).start(&engine, trigger),
            Joined::Later(when) => {
                // The wait ends by itself when everybody who waited has gone.
                let (queue, engine) = (Arc::downgrade(&queue), Arc::clone(&engine));
                tokio::spawn(async move {
                    sleep_until(when).await;
                    if let Some(queue) = Weak::upgrade(&queue) {
                        queue.due(asked);
                        queue.start(&engine, trigger);
                    }
                });
            }
        }
        answered.await.unwrap_or(Err(LookError::Stopping))
    }

    /// A full run of the provider begins.
    #[must_use]
    pub fn beside(&self, provider: &str) -> FullRun {
        let queue = self.queue(provider);
        queue.state().runs += 1;
        FullRun(queue)
    }

    /// How many people wait, by provider.
    #[must_use]
    pub fn waiting(&self) -> BTreeMap<String, usize> {
        let providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        providers.iter().map(|(name, queue)| (name.clone(), queue.state().waiting.len())).collect()
    }

    fn queue(&self, provider: &str) -> Arc<Queue> {
        let mut providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Queue { provider: provider.to_owned(), spacing: self.spacing, state: Mutex::default() });
        Arc::clone(providers.entry(provider.to_owned()).or_insert_with(new))
    }
}

/// Where somebody stands who was asked for.
enum Joined {
    /// Somebody asked for the same person before.
    Waiting,
    Ready,
    Later(Instant),
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, asked: Asked, answer: oneshot::Sender<Answer>) -> Result<Joined, LookError> {
        let mut state = self.state();
        if let Some(waiters) = state.waiting.get_mut(&asked) {
            waiters.retain(|waiter| !waiter.is_closed());
            if waiters.len() >= WAITERS {
                return Err(LookError::Busy(self.provider.clone()));
            }
            waiters.push(answer);
            return Ok(Joined::Waiting);
        }
        if state.waiting.len() >= WAITING {
            return Err(LookError::Busy(self.provider.clone()));
        }
        state.waiting.insert(asked.clone(), vec![answer]);
        self.tell(&state);
        // What a signed source says is not asked for again: there is nobody to spare.
        let key = matches!(asked, Asked::Key(_));
        match state.last.get(&asked).map(|last| *last + self.spacing) {
            Some(when) if key && when > Instant::now() => Ok(Joined::Later(when)),
            _ => {
                state.ready.push_back(asked);
                Ok(Joined::Ready)
            }
        }
    }

    fn tell(&self, state: &State) {
        metrics::gauge!(names::LOOKS_WAITING, "provider" => self.provider.clone()).set(state.waiting.len() as f64);
    }

    fn beside_a_run(&self) -> bool {
        self.state().runs > 0
    }

    /// Somebody may be looked at now.
    fn due(&self, asked: Asked) {
        self.state().ready.push_back(asked);
    }

    /// Begins a look at those who wait, unless enough are under way: those take the next.
    fn start<L: Looks>(self: Arc<Self>, engine: &Arc<L>, trigger: Trigger) {
        let mut state = self.state();
        if state.under_way >= state.at_once() || state.ready.is_empty() {
            return;
        }
        state.under_way += 1;
        drop(state);
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut turn = Turn { queue: self, over: false };
            while let Some(batch) = turn.queue.take() {
                let begun = Instant::now();
                batch.run(&*engine, &turn.queue.provider, trigger).await;
                if turn.queue.beside_a_run() {
                    sleep(begun.elapsed().min(LONGEST_PAUSE)).await;
                }
            }
            turn.over = true;
        });
    }

    /// The next who are looked at together; `None` when nobody waits, and then one look less is under
    /// way: under the same lock, so that nobody comes in between who counts on it.
    fn take(&self) -> Option<Batch> {
        let mut state = self.state();
        if state.under_way > state.at_once() {
            // Another one goes on with who is left.
            state.under_way -= 1;
            return None;
        }
        let now = Instant::now();
        state.last.retain(|_, last| *last + self.spacing > now);
        let mut batch = Batch { asked: Vec::new(), waiters: Vec::new() };
        while let Some(asked) = state.ready.front() {
            // What a source said is an observation of its own.
            let alone = matches!(asked, Asked::Said(_));
            if batch.asked.len() >= TOGETHER || alone && !batch.asked.is_empty() {
                break;
            }
            let Some(asked) = state.ready.pop_front() else { break };
            let waiters = state.waiting.remove(&asked).unwrap_or_default();
            state.last.insert(asked.clone(), now);
            batch.asked.push(asked);
            batch.waiters.push(waiters);
            if alone {
                break;
            }
        }
        self.tell(&state);
        if batch.asked.is_empty() {
            state.under_way -= 1;
            return None;
        }
        Some(batch)
    }
}

/// Looks that are under way one after the other.
struct Turn {
    queue: Arc<Queue>,
    over: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // It was cut short.
        if !self.over {
            self.queue.state().under_way -= 1;
        }
    }
}

struct Batch {
    asked: Vec<Asked>,
    waiters: Vec<Vec<oneshot::Sender<Answer>>>,
}

impl Batch {
    async fn run<L: Looks>(self, engine: &L, provider: &str, trigger: Trigger) {
        let outcome = engine.look(provider, &self.asked, trigger).await.map_err(Arc::new);
        for (at, waiters) in self.waiters.into_iter().enumerate() {
            let answer = match &outcome {
                Ok(looked) => looked.get(at).cloned().ok_or(LookError::Stopping),
                Err(error) => Err(LookError::Run(Arc::clone(error))),
            };
            for waiter in waiters {
                // Whoever has stopped waiting has an answer from what was known.
                let _ = waiter.send(answer.clone());
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests;
