//! One run of one provider, within its deadline, and what came of it.

use super::breaker::Blame;
use super::credentials::{self, Print};
use super::event::{RunEvent, What};
use super::handle::Shared;
use super::requests;
use crate::providers::ProviderErrorKind;
use crate::sync::{Cause, Engine, Outcome, RunError};
use rosterd_core::writes::Trigger;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::timeout;

/// What a run is given.
pub(super) struct Run {
    pub(super) shared: Arc<Shared>,
    /// Of the configuration in force when it begins; a reload meanwhile is the next run's.
    pub(super) engine: Arc<Engine>,
    pub(super) provider: String,
    pub(super) cause: Cause,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) what: What,
    /// Where it failed.
    pub(super) blame: Blame,
    /// Of what the provider was shown.
    pub(super) print: Option<Print>,
}

impl Ended {
    /// A failure that is nobody's answer: a deadline, a panic.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        let what = What::Failed { message: message.into(), retry: true };
        Self { what, blame: Blame::Provider, print: None }
    }
}

impl Run {
    /// Also says so to whoever asked for it over the API, at whichever replica.
    pub(super) async fn carry_out(self) -> Ended {
        let requests = requests::start(&self.engine, &self.provider).await;
        let ended = self.within_deadline().await;
        requests::finish(&self.engine, &requests, &ended.what).await;
        ended
    }

    async fn within_deadline(&self) -> Ended {
        let section = self.engine.config.providers.get(&self.provider).cloned();
        let deadline = section.as_ref().map_or(std::time::Duration::MAX, |section| section.deadline.get());
        let print = credentials::print(section.clone()).await;
        let writing = AtomicBool::new(false);
        let _logins_yield = self.shared.lookups.beside(&self.provider);
        match timeout(deadline, self.once(&writing)).await {
            Ok(Ok(what)) => Ended { what, blame: Blame::Provider, print },
            Ok(Err(error)) => {
                let blame = match &error {
                    RunError::Provider(error) if error.kind == ProviderErrorKind::Credentials => Blame::Credentials,
                    RunError::Store(_) => Blame::Database,
                    _ => Blame::Provider,
                };
                let what = What::Failed { message: error.to_string(), retry: error.retry() };
                Ended { what, blame, print }
            }
            Err(_) => {
                let deadline = section.map(|section| section.deadline.to_string()).unwrap_or_default();
                let written = if writing.load(Ordering::Relaxed) {
                    "whether its one transaction was written is not known; the next run sees it"
                } else {
                    "nothing was changed"
                };
                Ended { print, ..Ended::failed(format!("it took longer than its deadline of {deadline}: {written}")) }
            }
        }
    }

    async fn once(&self, writing: &AtomicBool) -> Result<What, RunError> {
        if self.cause.trigger == Trigger::Lease && self.engine.every_lease_holds(&self.provider).await? {
            return Ok(What::Unchanged { complete: true });
        }
        self.engine.mark_accounts().await?;
        let prepared = self.engine.prepare(&self.provider).await?;
        let (people, groups) = prepared.plan.read();
        let (complete, planned) = (prepared.plan.complete, prepared.plan.summary());
        self.say(What::Read { people, groups, complete });
        let (added, changed, removed, withheld) = (planned.added, planned.changed, planned.removed, planned.withheld);
        self.say(What::Planned { added, changed, removed, withheld });
        // They name people, and a log must not.
        let notices = prepared.notices().len();
        if notices > 0 {
            let provider = &self.provider;
            tracing::warn!(provider, notices, "something was incomplete, withheld or noted; `rosterd plan` says what");
        }
        writing.store(true, Ordering::Relaxed);
        Ok(match self.engine.finish(prepared, self.cause).await? {
            Outcome::Unchanged { prepared } => What::Unchanged { complete: prepared.plan.complete },
            Outcome::Applied { summary: s, rows, complete, .. } => What::Applied {
                added: s.added,
                changed: s.changed,
                removed: s.removed,
                withheld: s.withheld,
                rows,
                complete,
            },
            Outcome::Held { hold, .. } => What::Held { hold: hold.id, state: hold.state },
        })
    }

    fn say(&self, what: What) {
        let at = self.engine.clock.now();
        let event = RunEvent { provider: self.provider.clone(), trigger: self.cause.trigger, at, what };
        // Nobody need listen.
        let _ = self.shared.events.send(event);
    }
}
