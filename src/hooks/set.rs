//! The hooks of the configuration in force.

use super::bucket::Bucket;
use super::hook::Hook;
use crate::config::Config;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Set {
    /// Of the configuration it was made of, where that can change.
    pub(super) hash: String,
    pub(super) hooks: BTreeMap<String, Arc<Hook>>,
    /// One for each provider.
    pub(super) buckets: BTreeMap<String, Bucket>,
}

impl Set {
    pub(super) fn new(config: &Config, hash: &str) -> Self {
        let source = |provider: &str| Some(config.providers.get(provider)?.login.as_ref()?.protocol);
        let hooks = config
            .hooks
            .iter()
            .map(|(name, hook)| (name.clone(), Arc::new(Hook::new(name, hook, source(&hook.provider)))))
            .collect();
        let bucket =
            |(name, provider): (&String, &crate::config::Provider)| (name.clone(), Bucket::new(provider.hook_rate));
        Self { hash: hash.to_owned(), hooks, buckets: config.providers.iter().map(bucket).collect() }
    }
}
