//! People who cannot be listed: what their logins said ends by itself.
//!
//! A run of such a provider asks nobody. Its reading says nothing of anybody, and the plan ends the leases that are
//! over, by what the database holds: see [`rosterd_core::renewal`].

use super::engine::{Engine, RunError};
use super::look::Asked;
use super::measure;
use crate::config::Duration;
use crate::store::{Held, Leased};
use rosterd_core::ids::Timestamp;
use rosterd_core::renewal::Renewal;
use rosterd_core::snapshot::{Reading, SnapshotBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How long nobody need be gone through while no lease ends: besides, people are archived, whoever was known
/// before gets a lease, and what was withheld may be due.
const EVERY: i64 = 3_600_000;

/// When the people of each provider were last gone through, and when last no lease was over that no re-check held.
#[derive(Debug, Default)]
pub struct Passes(Mutex<BTreeMap<String, Pass>>);

#[derive(Debug, Clone, Copy, Default)]
struct Pass {
    last: Option<Timestamp>,
    held: Option<Held>,
}

impl Passes {
    /// Everybody is gone through now.
    pub(super) fn note(&self, provider: &str, now: Timestamp) {
        self.of(provider, |pass| pass.last = Some(now));
    }

    /// No lease is over but those that a re-check holds: whoever ends next is found among the others.
    fn hold(&self, provider: &str, held: Held) {
        self.of(provider, |pass| pass.held = Some(held));
    }

    fn held(&self, provider: &str) -> Option<Held> {
        self.of(provider, |pass| pass.held)
    }

    fn of<T>(&self, provider: &str, act: impl FnOnce(&mut Pass) -> T) -> T {
        let mut passes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(passes.entry(provider.to_owned()).or_default())
    }

    /// Whether that was so lately that only leases that end count. A clock that was set back counts as long ago.
    fn lately(&self, provider: &str, now: Timestamp) -> bool {
        let last = self.of(provider, |pass| pass.last);
        last.is_some_and(|last| (0..EVERY).contains(&now.0.saturating_sub(last.0)))
    }
}

impl Engine {
    /// How long what a login at the provider said holds, in milliseconds; `None` where people are listed.
    #[must_use]
    pub fn lease(&self, provider: &str) -> Option<i64> {
        self.config.providers.get(provider)?.lease().map(Duration::millis)
    }

    /// The provider that re-checks people of this one.
    #[must_use]
    pub fn recheck(&self, provider: &str) -> Option<&str> {
        self.config.providers.get(provider)?.recheck.as_deref()
    }

    /// The providers that have runs: those that can be listed, and those whose leases end.
    #[must_use]
    pub fn with_runs(&self) -> BTreeSet<String> {
        let leased = self.config.providers.iter().filter(|(_, section)| section.lease().is_some());
        self.providers.keys().chain(leased.map(|(name, _)| name)).cloned().collect()
    }

    /// Whether a run by schedule would find nothing to do. Reads no more than the leases that end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn every_lease_holds(&self, provider: &str) -> Result<bool, RunError> {
        let Some(lease) = self.lease(provider) else { return Ok(false) };
        let now = self.clock.now();
        let (recheck, held) = (self.recheck(provider).map(str::to_owned), self.passes.held(provider));
        let ending = self.store.ending(&Leased { provider: provider.to_owned(), lease, recheck, held }, now).await?;
        measure::ending(provider, &ending);
        if ending.now == 0 {
            self.passes.hold(provider, Held { at: now, generation: ending.generation });
        }
        Ok(ending.now == 0 && self.passes.lately(provider, now))
    }

    /// What a login renews.
    pub(super) fn login(&self, asked: &[Asked]) -> Option<Renewal> {
        let [Asked::Said(said)] = asked else { return None };
        let now = self.clock.now();
        Some(Renewal { at: said.at.map_or(now, |at| at.min(now)), until: said.until })
    }
}

/// A reading that says of nobody that they are there or gone.
pub(super) fn nothing_said(seed: u128) -> Reading {
    let mut nothing = SnapshotBuilder::new(seed);
    let part = nothing.begin("what nobody was asked for");
    nothing.end(part);
    nothing.finish_people()
}
