//! What is said of many of the same kind: the first at once, of the rest how many there were.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often one thing is said of one.
const SELDOM: Duration = Duration::from_secs(10);

/// See the module's text. Both words are of the configuration or of this program: there are so many, and no more.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<BTreeMap<(String, &'static str), Said>>);

#[derive(Debug, Clone, Copy)]
struct Said {
    at: Instant,
    more: u64,
}

impl Seldom {
    /// Whether it is to be said now, and of how many more it was not.
    pub fn more(&self, whose: &str, what: &'static str) -> Option<u64> {
        let now = Instant::now();
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match said.get_mut(&(whose.to_owned(), what)) {
            Some(before) if before.at + SELDOM > now => {
                before.more += 1;
                None
            }
            Some(before) => Some(std::mem::replace(before, Said { at: now, more: 0 }).more),
            None => {
                said.insert((whose.to_owned(), what), Said { at: now, more: 0 });
                Some(0)
            }
        }
    }
}
