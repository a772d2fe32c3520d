//! What all streams share: the configuration in force, and what was said in the log a moment ago.

use super::count;
use super::refusal::Refusal;
use super::stream::Stream;
use crate::config::Config;
use crate::hooks::{Hooks, Seldom};
use crate::logins::Logins;
use arc_swap::ArcSwap;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that signals need, shared by routes and polling.
#[derive(Debug)]
pub struct Signals {
    pub(super) hooks: Arc<Hooks>,
    pub(super) logins: Arc<Logins>,
    set: ArcSwap<Set>,
    pub(super) said: Seldom,
}

#[derive(Debug, Default)]
pub(super) struct Set {
    /// Of the configuration it was made of.
    hash: String,
    pub(super) streams: BTreeMap<String, Arc<Stream>>,
}

impl Set {
    fn new(config: &Config, hash: &str) -> Self {
        let stream = |(name, stream)| Some((String::clone(name), Arc::new(Stream::new(name, stream, config)?)));
        Self { hash: hash.to_owned(), streams: config.signals.iter().filter_map(stream).collect() }
    }
}

impl Signals {
    #[must_use]
    pub fn new(hooks: Arc<Hooks>, logins: Arc<Logins>) -> Arc<Self> {
        Arc::new(Self { hooks, logins, set: ArcSwap::default(), said: Seldom::default() })
    }

    /// The streams of the configuration in force. What is under way ends with the one it began with.
    pub(super) fn set(&self) -> Arc<Set> {
        let set = self.set.load_full();
        let Some(engine) = self.hooks.engine().filter(|engine| engine.config_hash != set.hash) else { return set };
        let newer = Arc::new(Set::new(&engine.config, &engine.config_hash));
        self.set.store(Arc::clone(&newer));
        newer
    }

    /// Counts a refusal and logs it, but not each of many.
    pub(super) fn refused(&self, stream: &str, refusal: Refusal) {
        let outcome = match refusal.status {
            StatusCode::TOO_MANY_REQUESTS => "limited",
            StatusCode::SERVICE_UNAVAILABLE => "failed",
            _ => "refused",
        };
        count::signal(stream, outcome);
        if let Some(more) = self.said.more(stream, refusal.code) {
            tracing::warn!(signal = stream, code = refusal.code, more, "a security event was not taken");
        }
    }
}
