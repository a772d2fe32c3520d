//! Trying a provider of the configuration in force.

use super::engine::{Engine, RunError};
use crate::providers::{self, CheckStep};

impl Engine {
    /// Tries each step of asking a provider, up to the first failure; `None` where nobody can be asked.
    ///
    /// # Errors
    /// Where its section cannot work at all.
    pub async fn check(&self, provider: &str) -> Result<Option<Vec<CheckStep>>, RunError> {
        // What is in use knows more: a connection that is open, a password that was refused.
        if let Some(directory) = self.providers.get(provider) {
            return Ok(Some(directory.check().await));
        }
        match self.config.providers.get(provider) {
            Some(section) => Ok(providers::check(section).await?),
            None => Ok(None),
        }
    }
}
