//! The person waits: looked at within the hook's deadline, else answered from what is known, and the
//! look is finished behind. Nothing is gained from a look that failed.

use super::answer::{Verdict, minimal, render};
use super::count;
use super::hook::Hook;
use super::keeping;
use super::later::{Answer, Work, asked, finish};
use super::looking::{Finding, Looked, PersonNow};
use super::read::Event;
use super::refusal::{Refusal, refuse};
use super::service::Hooks;
use super::shapes::Shape;
use crate::config::OnError;
use crate::store::{Kept, NewDelivery};
use axum::body::Body;
use axum::http::{Response, StatusCode};
use rosterd_core::ids::UserId;
use rosterd_core::lifecycle::Kind;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The part of a deadline that is kept for asking the database, and the most of it.
const RESERVE: u32 = 4;
const MOST_RESERVE: Duration = Duration::from_millis(200);
/// For how long nobody else takes up what is being looked at.
const LEASE: i64 = 60_000;

/// What is answered where the event is not wanted, or names nobody.
pub(super) fn ignored(shape: Shape) -> Response<Body> {
    render(shape, &Verdict::Nothing { finding: "ignored" })
}

/// Looks at the person and answers.
pub(super) async fn answer(
    hooks: &Arc<Hooks>,
    hook: &Arc<Hook>,
    event: Event,
    shape: Shape,
) -> Result<Response<Body>, Refusal> {
    let deadline = Instant::now() + hook.config.deadline.get();
    let reserve = (hook.config.deadline.get() / RESERVE).min(MOST_RESERVE);
    // A proxy asks at each request, about the same people again and again.
    let by_proxy = shape == Shape::ForwardAuth;
    if by_proxy && let Some(person) = hooks.memo.get(&hook.name, &event.login.person()) {
        return Ok(render(shape, &Verdict::person(person, "recent", true)));
    }
    let mut looking = {
        let (hooks, hook, event) = (Arc::clone(hooks), Arc::clone(hook), event.clone());
        // A task of its own: it goes on when nobody waits for it any more.
        tokio::spawn(async move { look(&hooks, hook.source(), event, !by_proxy).await })
    };
    let looked = match timeout_at(deadline - reserve, &mut looking).await {
        Ok(Ok(looked)) => looked?,
        Ok(Err(_)) | Err(_) => Outcome::Late,
    };
    let verdict = match looked {
        Outcome::Looked(looked) => {
            if by_proxy && matches!(looked.finding, Finding::Applied | Finding::Unchanged) && !looked.denied {
                hooks.memo.put(&hook.name, &event.login.person(), looked.person.as_ref());
            }
            said(hook.config.on_error, *looked)
        }
        Outcome::Known => Err("known"),
        Outcome::Failed => Err("failed"),
        Outcome::Late => Err("late"),
    };
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(why) => known(hooks, hook, &event, why, deadline).await,
    };
    if let Verdict::Person { person, .. } = &verdict
        && person.kind == Kind::BreakGlass
    {
        loudly(hooks, hook, person.id).await;
    }
    Ok(render(shape, &verdict))
}

/// Somebody uses an account for emergencies. A proxy asks at each request, which is said once a while by the memo.
async fn loudly(hooks: &Hooks, hook: &Hook, user: UserId) {
    let (name, provider) = hook.source();
    tracing::error!(hook = name, provider, user = user.0, "a break-glass account logs in");
    if let Err(error) = hooks.store.record_sign_in(user, provider, hooks.clock.now()).await {
        tracing::error!(provider, %error, "the login of a break-glass account could not be recorded");
    }
}

/// What came of looking, as far as it is known in time.
pub(super) enum Outcome {
    Looked(Box<Looked>),
    /// Nothing is to be looked at: the tables say it already.
    Known,
    Failed,
    Late,
}

/// `source`: the hook and its provider.
pub(super) async fn look(
    hooks: &Arc<Hooks>,
    source: (&str, &str),
    event: Event,
    kept: bool,
) -> Result<Outcome, Refusal> {
    let now = hooks.clock.now();
    let new = hooks.delivery(source, &event, now, now.plus_millis(LEASE));
    let new = new.map_err(|_| refuse("random", StatusCode::SERVICE_UNAVAILABLE))?;
    let work = Work {
        id: new.id.clone(),
        hook: new.hook.clone(),
        provider: new.provider.clone(),
        received_at: now,
        attempts: 1,
        signed: event.login.said.is_some(),
    };
    if !kept {
        return Ok(outcome(asked(hooks, &work.provider, &event.login, event.at).await));
    }
    // What a signed source says counts once and in order, so that is settled first.
    if event.login.said.is_some() {
        return match keep(hooks, new).await {
            Some(Kept::New) => Ok(worked(hooks, &work, asked(hooks, &work.provider, &event.login, event.at).await)),
            Some(Kept::Again | Kept::Superseded) => Ok(Outcome::Known),
            Some(Kept::OtherBody) => Err(refuse("other-body", StatusCode::CONFLICT)),
            None => Ok(Outcome::Failed),
        };
    }
    let (kept, looked) = tokio::join!(keep(hooks, new), asked(hooks, &work.provider, &event.login, event.at));
    match kept {
        Some(Kept::OtherBody) => Err(refuse("other-body", StatusCode::CONFLICT)),
        Some(Kept::New) => Ok(worked(hooks, &work, looked)),
        // Not kept, or kept before: the look says what it says.
        Some(Kept::Again | Kept::Superseded) | None => Ok(outcome(looked)),
    }
}

/// Nothing where the database did not keep it.
async fn keep(hooks: &Arc<Hooks>, new: NewDelivery) -> Option<Kept> {
    let hook = new.hook.clone();
    let kept = match keeping::keep(hooks, vec![new]).await {
        Ok(kept) => kept.first().copied()?,
        Err(error) => {
            tracing::error!(hook, %error, "a delivery could not be kept");
            return None;
        }
    };
    match kept {
        Kept::New | Kept::Superseded => count::delivery(&hook, "accepted"),
        Kept::Again => count::delivery(&hook, "duplicate"),
        Kept::OtherBody => {}
    }
    Some(kept)
}

fn worked(hooks: &Hooks, work: &Work, looked: Answer) -> Outcome {
    finish(hooks, work, &looked);
    outcome(looked)
}

fn outcome(looked: Answer) -> Outcome {
    looked.map_or(Outcome::Failed, |looked| Outcome::Looked(Box::new(looked)))
}

/// What a look says; `Err` where it does not say what somebody has.
fn said(on_error: OnError, looked: Looked) -> Result<Verdict, &'static str> {
    if looked.denied {
        return Ok(Verdict::Deny { reason: "rules" });
    }
    let nothing = |finding| Ok(Verdict::Nothing { finding });
    let person = |person: Option<PersonNow>, finding, complete| match person {
        Some(person) => Ok(Verdict::person(person, finding, complete)),
        None => Ok(Verdict::Nothing { finding }),
    };
    match looked.finding {
        Finding::Applied => person(looked.person, "applied", true),
        Finding::Unchanged => person(looked.person, "unchanged", true),
        Finding::Nobody => nothing("nobody"),
        Finding::Several => nothing("several"),
        // What is held is not there yet: the tables say what was.
        Finding::Held(_) => person(looked.person, "held", false),
        Finding::Incomplete(_) if on_error == OnError::LastKnown => person(looked.person, "incomplete", false),
        Finding::Incomplete(_) => Err("incomplete"),
        Finding::NotYet => Err("not_yet"),
    }
}

/// What is answered without the provider.
async fn known(hooks: &Hooks, hook: &Hook, event: &Event, why: &'static str, deadline: Instant) -> Verdict {
    let on_error = if why == "known" { OnError::LastKnown } else { hook.config.on_error };
    let person = match on_error {
        OnError::Deny => return Verdict::Deny { reason: why },
        OnError::Pass => return Verdict::Nothing { finding: why },
        OnError::LastKnown | OnError::MinimalRole => {
            let known = hooks.looks.last_known(&hook.config.provider, &event.login.key);
            timeout_at(deadline, known).await.ok().and_then(Result::ok).flatten()
        }
    };
    match person {
        Some(person) if on_error == OnError::MinimalRole => Verdict::person(minimal(person), why, false),
        Some(person) => Verdict::person(person, why, why == "known"),
        None => Verdict::Nothing { finding: why },
    }
}

/// People about whom a proxy asked a moment ago.
#[derive(Debug, Default)]
pub(super) struct Memo(Mutex<BTreeMap<(String, String), (Instant, PersonNow)>>);

/// For how long a look counts for a proxy's next question.
const RECENT: Duration = Duration::from_secs(5);
/// How many people are remembered.
const MOST_RECENT: usize = 10_000;

impl Memo {
    fn get(&self, hook: &str, person: &str) -> Option<PersonNow> {
        let memo = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, known) = memo.get(&(hook.to_owned(), person.to_owned()))?;
        (at.elapsed() < RECENT).then(|| known.clone())
    }

    fn put(&self, hook: &str, person: &str, known: Option<&PersonNow>) {
        let Some(known) = known else { return };
        let mut memo = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memo.len() >= MOST_RECENT {
            memo.retain(|_, (at, _)| at.elapsed() < RECENT);
        }
        if memo.len() < MOST_RECENT {
            memo.insert((hook.to_owned(), person.to_owned()), (Instant::now(), known.clone()));
        }
    }
}
