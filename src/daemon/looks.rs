//! What login hooks ask, asked of the worker.

use crate::hooks::{Asked, LookError, Looked, Looks, PersonKey, PersonNow};
use crate::store::StoreError;
use crate::worker::Handle;
use async_trait::async_trait;
use rosterd_core::writes::Trigger;

/// See the module's text.
#[derive(Debug)]
pub(super) struct Looking(pub(super) Handle);

#[async_trait]
impl Looks for Looking {
    async fn look(&self, provider: &str, asked: Asked, trigger: Trigger) -> Result<Looked, LookError> {
        self.0.look(provider, asked, trigger).await
    }

    async fn last_known(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError> {
        self.0.engine().store.person_now(provider, key).await
    }
}
