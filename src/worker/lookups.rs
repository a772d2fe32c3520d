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
use tokio::time::{Instant, sleep_until};

/// The least time between the beginnings of two readings of one person.
pub const SPACING: Duration = Duration::from_secs(1);
/// How many people are looked at together at most.
const TOGETHER: usize = 100;
/// How many looks of one provider are under way at once: some ask the provider while one writes.
const AT_ONCE: usize = 4;
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

    /// Somebody may be looked at now.
    fn due(&self, asked: Asked) {
        self.state().ready.push_back(asked);
    }

    /// Begins a look at those who wait, unless enough are under way: those take the next.
    fn start<L: Looks>(self: Arc<Self>, engine: &Arc<L>, trigger: Trigger) {
        let mut state = self.state();
        if state.under_way >= AT_ONCE || state.ready.is_empty() {
            return;
        }
        state.under_way += 1;
        drop(state);
        let engine = Arc::clone(engine);
        tokio::spawn(async move {
            let mut turn = Turn { queue: self, over: false };
            while let Some(batch) = turn.queue.take() {
                batch.run(&*engine, &turn.queue.provider, trigger).await;
            }
            turn.over = true;
        });
    }

    /// The next who are looked at together; `None` when nobody waits, and then one look less is under
    /// way: under the same lock, so that nobody comes in between who counts on it.
    fn take(&self) -> Option<Batch> {
        let mut state = self.state();
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
mod tests {
    use super::*;
    use crate::sync::Finding;
    use rosterd_core::snapshot::PersonKey;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::task::JoinSet;
    use tokio::time::sleep;

    /// Takes a while; remembers how many it was asked for together, and how many times at once.
    #[derive(Debug, Default)]
    struct Slow {
        takes: Duration,
        batches: Mutex<Vec<usize>>,
        now: AtomicUsize,
        most: AtomicUsize,
    }

    impl Slow {
        fn taking(takes: Duration) -> Arc<Self> {
            Arc::new(Self { takes, ..Self::default() })
        }

        fn batches(&self) -> Vec<usize> {
            self.batches.lock().unwrap().clone()
        }
    }

    impl Looks for Slow {
        async fn look(&self, _: &str, asked: &[Asked], _: Trigger) -> Result<Vec<Looked>, RunError> {
            self.batches.lock().unwrap().push(asked.len());
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
            sleep(self.takes).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            let one = Looked { finding: Finding::Unchanged, denied: false, person: None };
            Ok(asked.iter().map(|_| one.clone()).collect())
        }
    }

    fn login(name: impl ToString) -> Asked {
        Asked::Key(PersonKey::Login(name.to_string()))
    }

    async fn ask(lookups: &Lookups, slow: &Arc<Slow>, who: &Asked) -> Answer {
        lookups.look(Arc::clone(slow), "corp", who.clone(), Trigger::Login).await
    }

    #[tokio::test]
    async fn r27_w10_a_thousand_logins_of_one_person_are_a_few_readings() {
        let spacing = Duration::from_millis(500);
        let (lookups, slow) = (Lookups { spacing, ..Lookups::default() }, Slow::taking(Duration::from_millis(5)));
        let mut waiting = JoinSet::new();
        for _ in 0..1000 {
            let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
            waiting.spawn(async move { ask(&lookups, &slow, &login("ana")).await });
            tokio::task::yield_now().await;
        }
        while let Some(answer) = waiting.join_next().await {
            assert!(answer.unwrap().is_ok());
        }
        // One at once, one for all who came meanwhile; more only where asking itself took longer.
        assert!((1..=4).contains(&slow.batches().len()), "{:?}", slow.batches());
    }

    #[tokio::test]
    async fn a_look_never_answers_with_a_reading_that_began_before_it_was_asked_for() {
        let spacing = Duration::ZERO;
        let (lookups, slow) = (Lookups { spacing, ..Lookups::default() }, Slow::taking(Duration::from_millis(200)));
        let first = { (lookups.clone(), Arc::clone(&slow)) };
        let first = tokio::spawn(async move { ask(&first.0, &first.1, &login("ana")).await });
        sleep(Duration::from_millis(1)).await;
        let begun = Instant::now();
        ask(&lookups, &slow, &login("ana")).await.unwrap();
        assert!(begun.elapsed() >= slow.takes, "it was answered by the one under way");
        first.await.unwrap().unwrap();
        assert_eq!(slow.batches().len(), 2);
    }

    #[tokio::test]
    async fn r47_many_people_wait_together_and_few_looks_are_under_way() {
        let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_millis(10)));
        let mut waiting = JoinSet::new();
        for n in 0..10_000 {
            let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
            waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
        }
        while let Some(answer) = waiting.join_next().await {
            assert!(answer.unwrap().is_ok());
        }
        let batches = slow.batches();
        assert_eq!(batches.iter().sum::<usize>(), 10_000);
        assert!(batches.iter().all(|batch| *batch <= TOGETHER) && batches.len() < 200, "{}", batches.len());
        assert!(slow.most.load(Ordering::Relaxed) <= AT_ONCE);
        assert_eq!(lookups.waiting()["corp"], 0);
    }

    #[tokio::test]
    async fn beyond_what_is_bounded_a_look_is_refused() {
        let (lookups, slow) = (Lookups::default(), Slow::taking(Duration::from_secs(1000)));
        let mut waiting = JoinSet::new();
        for n in 0..WAITING + AT_ONCE {
            let (lookups, slow) = (lookups.clone(), Arc::clone(&slow));
            waiting.spawn(async move { ask(&lookups, &slow, &login(n)).await });
            tokio::task::yield_now().await;
        }
        sleep(Duration::from_millis(1)).await;
        assert!(matches!(ask(&lookups, &slow, &login("one more")).await, Err(LookError::Busy(_))));
    }
}
