//! The hooks of the configuration in force.

use super::bucket::Bucket;
use super::hook::Hook;
use crate::config::{Config, Sender};
use crate::providers;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Set {
    /// Of the configuration it was made of, where that can change.
    pub(super) hash: String,
    pub(super) hooks: BTreeMap<String, Arc<Hook>>,
    /// Who verifies logins, by provider.
    pub(super) verifiers: BTreeMap<String, Arc<dyn providers::Login>>,
    /// One for each provider.
    pub(super) buckets: BTreeMap<String, Bucket>,
}

impl Set {
    pub(super) fn new(config: &Config, hash: &str) -> Self {
        let source = |provider: &str| Some(config.providers.get(provider)?.login.as_ref()?.protocol);
        // One for all hooks of a provider: what it knows of keys is asked for once.
        let verifiers: BTreeMap<String, Arc<dyn providers::Login>> = config
            .providers
            .iter()
            .filter_map(|(name, section)| match providers::build_login(section) {
                Ok(login) => Some((name.clone(), login?)),
                Err(error) => {
                    tracing::error!(provider = name, %error, "logins of a provider cannot be verified");
                    None
                }
            })
            .collect();
        let hook = |(name, hook): (&String, &crate::config::Hook)| {
            let verifier =
                verifiers.get(&hook.provider).filter(|_| matches!(hook.sender, Sender::Oidc | Sender::Saml)).cloned();
            (name.clone(), Arc::new(Hook::new(name, hook, source(&hook.provider), verifier)))
        };
        let hooks = config.hooks.iter().map(hook).collect();
        let bucket =
            |(name, provider): (&String, &crate::config::Provider)| (name.clone(), Bucket::new(provider.hook_rate));
        Self { hash: hash.to_owned(), hooks, verifiers, buckets: config.providers.iter().map(bucket).collect() }
    }
}
