//! What a run works with: the configuration, the providers, the store, a clock, a source of seeds.

use super::leases::Passes;
use super::measure;
use super::rules::{policy_for, rules_for};
use crate::clock::Clock;
use crate::config::{Config, Loaded, Places, Provider};
use crate::providers::follow::Cursor;
use crate::providers::{Directory, Progress, ProviderError, ReadRequest};
use crate::random::{Random, RandomError};
use crate::store::{Hold, NewHold, Store, StoreError};
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::mapping::RuleSet;
use rosterd_core::observed::Observed;
use rosterd_core::plan::{self, Input, Plan, Policy, Summary};
use rosterd_core::snapshot::{Reading, SnapshotBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// For a plan that no other reading can be later than: nobody will apply it.
const LATEST: ReadingNumber = ReadingNumber(i64::MAX);

/// See the module's text. Cheap to share: nothing in it changes.
#[derive(Debug)]
pub struct Engine {
    pub config: Config,
    pub config_hash: String,
    /// Where its rules stand.
    pub places: Places,
    pub providers: BTreeMap<String, Arc<dyn Directory>>,
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub progress: Arc<Progress>,
    /// The rules of each provider, once they were needed.
    pub compiled: Compiled,
    /// When the people of each provider that cannot list them were last gone through.
    pub passes: Passes,
    /// Providers that are being retired: read as if they had nobody.
    pub retiring: BTreeSet<String>,
    /// Between full readings the providers' changes are followed: as a daemon does.
    pub following: bool,
}

/// See [`Engine::compiled`].
#[derive(Debug, Default)]
pub struct Compiled(Mutex<BTreeMap<String, Arc<RuleSet>>>);

/// Why a run could not be carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error("{0}")]
    Configuration(String),
}

impl RunError {
    /// Whether the same run can succeed later without anybody's doing.
    #[must_use]
    pub fn retry(&self) -> bool {
        match self {
            Self::Provider(error) => error.kind.retry(),
            Self::Store(error) => error.retry(),
            Self::Random(_) | Self::Configuration(_) => false,
        }
    }
}

/// A plan that was worked out and not carried out.
#[derive(Debug)]
pub struct Prepared {
    pub plan: Plan,
    pub started_at: Timestamp,
    /// Until where the provider's changes are in it, where they are followed.
    pub cursor: Option<Cursor>,
    /// Changes had been followed until then: what it finds was missed, or came while it was read.
    pub verifies: bool,
}

/// What a provider said.
pub(super) struct Read {
    pub(super) reading: Reading,
    /// Until where its changes are in it, where they are followed.
    pub(super) cursor: Option<Cursor>,
    /// Whether they had been followed before.
    pub(super) verifies: bool,
}

impl Prepared {
    /// What the operator should know besides the numbers: gaps, withheld changes, notes.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let mut notices: Vec<String> = self.plan.gaps.iter().map(|gap| format!("incomplete read: {gap}")).collect();
        for change in &self.plan.withheld {
            let change = self.plan.change_json(change);
            let text = |key: &str| change.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            let place =
                if text("org").is_empty() { "server admin".to_owned() } else { format!("Admin of {}", text("org")) };
            notices.push(format!("withheld: {} of {}, who is the last {place}", text("kind"), text("user")));
        }
        notices.extend(self.plan.notes.iter().cloned());
        notices
    }
}

/// What came of a run.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing differs; nothing was written.
    Unchanged {
        prepared: Prepared,
    },
    Applied {
        summary: Summary,
        notices: Vec<String>,
        rows: u64,
        complete: bool,
        people: usize,
        groups: usize,
    },
    /// Over a limit; nothing of it was applied.
    Held {
        hold: Hold,
        prepared: Prepared,
    },
}

impl Engine {
    /// The same with another configuration, to be tried: it asks no provider.
    #[must_use]
    pub fn trying(&self, loaded: Loaded) -> Self {
        Self {
            config: loaded.config,
            config_hash: loaded.hash,
            places: loaded.places,
            providers: BTreeMap::new(),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            progress: Arc::default(),
            compiled: Compiled::default(),
            passes: Passes::default(),
            retiring: BTreeSet::new(),
            following: false,
        }
    }

    /// Makes the accounts that the configuration says so break-glass accounts. Writes only where they are not.
    pub async fn mark_accounts(&self) -> Result<(), RunError> {
        Ok(self.store.mark_break_glass(&self.config.accounts.break_glass, self.clock.now()).await?)
    }

    /// Reads and plans; writes nothing.
    pub async fn prepare(&self, provider: &str) -> Result<Prepared, RunError> {
        let (started_at, window) = self.now();
        let number = self.store.begin_reading().await?;
        let reading = measure::stage(provider, "read", self.read(provider));
        let observed = measure::stage(provider, "observe", self.store.observe(provider, window));
        let (read, observed) = tokio::join!(reading, observed);
        let Read { reading, cursor, verifies } = read?;
        let prepared = self.planned(provider, reading, number, observed?, started_at).await?;
        self.passes.note(provider, started_at);
        // Of what is incomplete something is missing that may not come again.
        let cursor = cursor.filter(|_| prepared.plan.complete);
        Ok(Prepared { cursor, verifies, ..prepared })
    }

    /// As [`Self::prepare`], from what the provider said last. It is not asked.
    pub async fn prepare_again(&self, provider: &str) -> Result<Prepared, RunError> {
        let (started_at, window) = self.now();
        let seed = self.random.seed()?;
        let (reading, observed) =
            tokio::join!(self.store.last_reading(provider, seed), self.store.observe(provider, window));
        self.planned(provider, reading?, LATEST, observed?, started_at).await
    }

    /// The rules of a provider. Compiled once: a login must not pay for all of them.
    pub(super) fn rules(&self, provider: &str) -> Result<Arc<RuleSet>, RunError> {
        let mut compiled = self.compiled.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = compiled.get(provider) {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(rules_for(&self.config, provider).map_err(RunError::Configuration)?);
        compiled.insert(provider.to_owned(), Arc::clone(&rules));
        Ok(rules)
    }

    /// What the operator allows a plan to do.
    pub(super) fn policy(&self, provider: &str) -> Policy {
        Policy { follow: self.follows(provider), ..policy_for(&self.config, provider) }
    }

    /// Whether changes of the provider are followed.
    #[must_use]
    pub fn follows(&self, provider: &str) -> bool {
        let every = self.config.providers.get(provider).and_then(Provider::follow_every);
        self.following && every.is_some()
    }

    /// Now, and since when removals count.
    pub(super) fn now(&self) -> (Timestamp, Timestamp) {
        let now = self.clock.now();
        (now, now.plus_millis(-self.config.limits.window.millis()))
    }

    async fn planned(
        &self,
        provider: &str,
        reading: Reading,
        number: ReadingNumber,
        observed: Observed,
        started_at: Timestamp,
    ) -> Result<Prepared, RunError> {
        let policy = self.policy(provider);
        let rules = self.rules(provider)?;
        let given = if Input::needs_given(&observed, &reading, number, &rules) {
            self.store.given(provider).await?
        } else {
            Vec::new()
        };
        let (named, provider) = (provider.to_owned(), provider.to_owned());
        let work = move || {
            let (provider, rules, policy) = (&provider, &rules, &policy);
            plan::plan(Input {
                provider,
                observed,
                reading,
                rules,
                policy,
                number,
                given,
                login: None,
                now: started_at,
            })
        };
        // On a thread of its own: a hundred thousand people take a tenth of a second or more.
        let plan = measure::stage(&named, "plan", tokio::task::spawn_blocking(work))
            .await
            .map_err(|_| RunError::Configuration("planning failed unexpectedly; please report it".to_owned()))?;
        measure::planned(&plan);
        Ok(Prepared { plan, started_at, cursor: None, verifies: false })
    }

    pub(super) async fn read(&self, provider: &str) -> Result<Read, RunError> {
        let seed = self.random.seed()?;
        if self.retiring.contains(provider) {
            let mut nobody = SnapshotBuilder::new(seed);
            let part = nobody.begin("a retired provider");
            nobody.end(part);
            return Ok(Read { reading: nobody.finish(), cursor: None, verifies: false });
        }
        if self.lease(provider).is_some() {
            return Ok(Read { reading: super::leases::nothing_said(seed), cursor: None, verifies: false });
        }
        let directory = self
            .providers
            .get(provider)
            .ok_or_else(|| RunError::Configuration(format!("there is no provider {provider} in the configuration")))?;
        let request = ReadRequest { seed, now: self.clock.now(), progress: Arc::clone(&self.progress) };
        let before = self.store.cursor(provider).await?.map(Cursor);
        let read = match (self.follows(provider), &before) {
            (true, before) => directory.read_to(&request, before.as_ref()).await,
            // Whether it is older than what was read is asked by whoever reads.
            (false, Some(before)) => {
                directory.read_to(&request, Some(before)).await.map(|(reading, _)| (reading, None))
            }
            (false, None) => directory.read(&request).await.map(|reading| (reading, None)),
        };
        let (reading, cursor) = measure::read(provider, read.map_err(RunError::from))?;
        Ok(Read { reading, cursor, verifies: before.is_some() && self.follows(provider) })
    }

    pub(super) fn new_hold(
        &self,
        prepared: &Prepared,
        plan_hash: String,
        epoch: Option<i64>,
        now: Timestamp,
    ) -> NewHold {
        let plan = &prepared.plan;
        NewHold {
            provider: plan.provider.clone(),
            plan_hash,
            reasons: plan.exceeded.iter().map(|exceeded| plan.sentence(exceeded)).collect(),
            plan: plan.to_json().to_string(),
            expires_at: now.plus_millis(self.config.limits.hold_expires.millis()),
            epoch,
        }
    }
}
