//! Deliveries that arrive together are kept in one transaction: what a commit costs the disk, it costs
//! once for all of them. While one is written, the next gather.

use super::service::Hooks;
use crate::store::{Kept, NewDelivery, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How many deliveries are kept at once, about: a call may bring several.
const TOGETHER: usize = 256;

type Answer = Result<Vec<Kept>, Arc<StoreError>>;

/// Deliveries that are still to be kept.
#[derive(Debug, Default)]
pub(super) struct Keeping(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Call>,
    under_way: bool,
}

/// What one call brought.
#[derive(Debug)]
struct Call {
    new: Vec<NewDelivery>,
    answer: oneshot::Sender<Answer>,
}

impl Keeping {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next that are kept together; `None` when nobody waits, and then whoever comes begins anew.
    fn take(&self) -> Option<Vec<Call>> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.under_way = false;
            return None;
        }
        let mut count = 0;
        let fits = |call: &&Call| {
            count += call.new.len();
            count <= TOGETHER
        };
        let many = state.waiting.iter().take_while(fits).count().max(1);
        Some(state.waiting.drain(..many).collect())
    }
}

/// Keeps them; says of each, in order, what became of it.
pub(super) async fn keep(hooks: &Arc<Hooks>, new: Vec<NewDelivery>) -> Answer {
    let (answer, answered) = oneshot::channel();
    let begin = {
        let mut state = hooks.keeping.state();
        state.waiting.push(Call { new, answer });
        !std::mem::replace(&mut state.under_way, true)
    };
    if begin {
        // A task of its own: it goes on for the others when this call's sender hangs up.
        tokio::spawn(Turn(Some(Arc::clone(hooks))).work());
    }
    answered
        .await
        .unwrap_or_else(|_| Err(Arc::new(StoreError::Database("keeping a delivery was cut short".to_owned()))))
}

/// Whoever keeps what waits; nothing in it once nobody waits any more.
struct Turn(Option<Arc<Hooks>>);

impl Turn {
    async fn work(mut self) {
        let mut next = self.0.as_ref().and_then(|hooks| hooks.keeping.take());
        while let (Some(calls), Some(hooks)) = (next.take(), self.0.clone()) {
            let answers = write(&hooks, calls).await;
            next = hooks.keeping.take();
            if next.is_none() {
                // Before they have their answers: whoever has one may count on nothing being under way.
                self.0 = None;
            }
            drop(hooks);
            for (sender, answer) in answers {
                // Whoever has hung up has still delivered.
                let _ = sender.send(answer);
            }
        }
        self.0 = None;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // It was cut short: the next call takes over.
        if let Some(hooks) = &self.0 {
            hooks.keeping.state().under_way = false;
        }
    }
}

async fn write(hooks: &Hooks, calls: Vec<Call>) -> Vec<(oneshot::Sender<Answer>, Answer)> {
    let all = calls.iter().flat_map(|call| call.new.iter().cloned()).collect();
    let mut answers = Vec::with_capacity(calls.len());
    match hooks.store.keep_deliveries(all, hooks.clock.now()).await {
        Ok(kept) => {
            let mut kept = kept.into_iter();
            for call in calls {
                let of_call = kept.by_ref().take(call.new.len()).collect();
                answers.push((call.answer, Ok(of_call)));
            }
        }
        // What the database refuses of one must not cost the others. Where it cannot be reached, each would
        // wait for all before it to find that out.
        Err(error) if calls.len() > 1 && !matches!(error, StoreError::Unreachable(_)) => {
            for call in calls {
                let kept = hooks.store.keep_deliveries(call.new, hooks.clock.now()).await;
                answers.push((call.answer, kept.map_err(Arc::new)));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            answers.extend(calls.into_iter().map(|call| (call.answer, Err(Arc::clone(&error)))));
        }
    }
    answers
}
