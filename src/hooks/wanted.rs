//! Somebody else has verified that a person is to be looked at: kept before it is acknowledged, looked at behind, among
//! what hooks say of them. Nothing of what was said is believed here; the provider is asked.

use super::keeping;
use super::later::{Answer, asked_by};
use super::looking::{Finding, Looked, PersonKey};
use super::read::{Event, Login};
use super::service::Hooks;
use crate::random::RandomError;
use crate::store::{Delivery, Kept, StoreError};
use rosterd_core::ids::Timestamp;
use rosterd_core::observed::UserState;
use rosterd_core::writes::Trigger;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// What such names of sources begin with. No hook can be called so.
const SOURCES: &str = "/signals/";
/// Between two times that everybody of a provider is asked for because somebody is missed, in milliseconds.
const SPACING: i64 = 60_000;

/// Somebody who is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Unique for its source.
    pub id: String,
    /// What has happened, in a word of ours.
    pub kind: &'static str,
    pub key: PersonKey,
    /// SHA-256 of what it was read from.
    pub hash: [u8; 32],
}

/// Why it was not kept. Later it may be.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    #[error("too many deliveries wait")]
    Full,
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

/// Whether one of these deliveries, all about one person, came from such a source.
pub(super) fn is_wanted(deliveries: &[Delivery]) -> bool {
    deliveries.iter().any(|one| one.hook.starts_with(SOURCES))
}

/// Looks at somebody whom such a source named: that they are not found means something then.
pub(super) async fn named(hooks: &Hooks, deliveries: &[Delivery], login: &Login) -> Answer {
    let Some(first) = deliveries.first() else { return Err("damaged") };
    let looked = asked_by(hooks, &first.provider, login, None, Trigger::Feed).await;
    let nobody = matches!(&looked, Ok(Looked { finding: Finding::Nobody, .. }));
    // Of many about one person, the last.
    let Some(at) = deliveries.iter().map(|one| one.received_at).max().filter(|_| nobody) else { return looked };
    match hooks.is_missed(&first.provider, &login.key, at).await {
        Ok(true) => looked,
        Ok(false) => Err("busy"),
        Err(error) => {
            tracing::warn!(provider = first.provider, %error, "everybody could not be asked for");
            Err("unreachable")
        }
    }
}

impl Hooks {
    /// Keeps it; `source`: in place of a hook's name.
    ///
    /// # Errors
    /// When it was not kept.
    pub async fn want(self: &Arc<Self>, source: &str, provider: &str, wanted: Wanted) -> Result<Kept, NotKept> {
        if !self.has_room(1) {
            return Err(NotKept::Full);
        }
        let Wanted { id, kind, key, hash } = wanted;
        let login = Login { key, said: None };
        let event = Event { id: Some(id), kind: kind.to_owned(), at: None, login, hash };
        let now = self.now();
        let new = self.delivery((source, provider), &event, now, now)?;
        let kept = keeping::keep(self, vec![new]).await?.first().copied().unwrap_or(Kept::Again);
        if kept == Kept::New {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            self.wake.notify_one();
        }
        Ok(kept)
    }

    /// Whether there is room for so many more.
    #[must_use]
    pub fn takes(&self, more: usize) -> bool {
        self.has_room(more)
    }

    /// A provider does not find somebody whom it was named. A look says nothing then: where the tables have them,
    /// everybody is read, under the limits. `at`: since when that is known. False where it is too soon to ask for that.
    pub(super) async fn is_missed(&self, provider: &str, key: &PersonKey, at: Timestamp) -> Result<bool, StoreError> {
        let known = self.looks.last_known(provider, key).await?;
        if known.is_none_or(|person| person.state != UserState::Active) {
            return Ok(true);
        }
        let now = self.now();
        {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            match missed.get(provider) {
                // That one has seen it, or will.
                Some(asked) if *asked >= at => return Ok(true),
                // A clock that was set back keeps nobody waiting.
                Some(asked) if (0..SPACING).contains(&now.0.saturating_sub(asked.0)) => return Ok(false),
                _ => missed.insert(provider.to_owned(), now),
            };
        }
        tracing::info!(provider, "somebody is named whom the provider does not find; everybody is read");
        self.run_of(provider, Trigger::Feed, "signals").await?;
        Ok(true)
    }
}
