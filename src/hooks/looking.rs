//! What hooks need of the rest of the daemon: somebody who looks at a person, and the last known state.

use crate::store::StoreError;
use crate::sync::Engine;
use crate::worker::Handle;
use async_trait::async_trait;
use rosterd_core::writes::Trigger;
use std::fmt;
use std::sync::Arc;

pub use crate::providers::Said;
pub use crate::store::{OrgNow, PersonNow, TeamNow};
pub use crate::sync::{Asked, Finding, Looked};
pub use crate::worker::LookError;
pub use rosterd_core::snapshot::PersonKey;

/// Looks at people.
#[async_trait]
pub trait Looks: Send + Sync + fmt::Debug {
    /// Asks the provider about somebody, or believes a signed source, and makes the tables say what
    /// the rules give them.
    async fn look(&self, provider: &str, asked: Asked, trigger: Trigger) -> Result<Looked, LookError>;

    /// What the tables say, without asking anybody.
    async fn last_known(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError>;

    /// Asks for a run of everybody, where this process leads the provider.
    fn run(&self, _provider: &str, _trigger: Trigger) {}

    /// Whether what only one replica should do for the provider is this one's to do.
    fn leads(&self, _provider: &str) -> bool {
        true
    }

    /// The engine of the configuration in force; nothing where it never changes.
    fn engine(&self) -> Option<Arc<Engine>> {
        None
    }
}

#[async_trait]
impl Looks for Handle {
    async fn look(&self, provider: &str, asked: Asked, trigger: Trigger) -> Result<Looked, LookError> {
        Self::look(self, provider, asked, trigger).await
    }

    async fn last_known(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError> {
        Self::engine(self).store.person_now(provider, key).await
    }

    fn leads(&self, provider: &str) -> bool {
        self.status().providers.get(provider).is_some_and(|provider| provider.leads)
    }

    fn run(&self, provider: &str, trigger: Trigger) {
        if self.leads(provider) {
            // Without such a provider nobody waits for it.
            let _ = Self::run(self, provider, trigger);
        }
    }

    fn engine(&self) -> Option<Arc<Engine>> {
        Some(Self::engine(self))
    }
}
