//! How long each of many took.

use anyhow::Result;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn time(&mut self, mut what: impl FnMut() -> Result<()>) -> Result<()> {
        let begun = Instant::now();
        what()?;
        self.add(begun.elapsed());
        Ok(())
    }

    /// Milliseconds that so many of a thousand stay below.
    fn below(&self, of_thousand: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * of_thousand / 1000).min(sorted.len().saturating_sub(1));
        sorted.get(at).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
    }

    pub(crate) fn line(&self, what: &str) -> String {
        format!("{what:<60} p50 {:>7.3} ms   p99 {:>7.3} ms", self.below(500), self.below(990))
    }

    pub(crate) fn json(&self, what: &str) -> Value {
        json!({ "what": what, "p50_ms": self.below(500), "p99_ms": self.below(990), "logins": self.0.len() })
    }
}
