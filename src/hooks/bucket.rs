//! So many calls in a time, and no more.

use crate::config::Rate;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token bucket that holds one second's worth, and at least one: kept as the time at which it would
/// be full again (the generic cell rate algorithm of ITU-T I.371).
#[derive(Debug)]
pub struct Bucket {
    each: u64,
    depth: u64,
    start: Instant,
    /// In nanoseconds since `start`.
    full_at: Mutex<u64>,
}

impl Bucket {
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let each = rate.nanos();
        Self { each, depth: each.max(1_000_000_000), start: Instant::now(), full_at: Mutex::new(0) }
    }

    /// Takes `calls`, or says how long to wait. More than it can ever hold are taken when it is full.
    ///
    /// # Errors
    /// The time after which they would be taken.
    pub fn take(&self, calls: u32) -> Result<(), Duration> {
        self.take_at(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX), calls)
    }

    /// The same at a time in nanoseconds since the start.
    fn take_at(&self, now: u64, calls: u32) -> Result<(), Duration> {
        let cost = self.each.saturating_mul(u64::from(calls));
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let from = (*full_at).max(now);
        let after = from.saturating_add(cost);
        let allowed = now.saturating_add(self.depth.max(cost));
        if after > allowed {
            return Err(Duration::from_nanos(after - allowed));
        }
        *full_at = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Unit;

    const MILLI: u64 = 1_000_000;

    #[test]
    fn w10_a_second_holds_so_many_and_no_more() {
        let bucket = Bucket::new(Rate { calls: 100, per: Unit::Second });
        let taken = |at: u64| (0..1000).filter(|_| bucket.take_at(at * MILLI, 1).is_ok()).count();
        assert_eq!(taken(0), 100);
        assert_eq!(taken(100), 10);
        assert_eq!(bucket.take_at(100 * MILLI, 1), Err(Duration::from_millis(10)));
        assert_eq!(taken(3_600_000), 100);
    }

    #[test]
    fn one_an_hour_is_one() {
        let bucket = Bucket::new(Rate { calls: 1, per: Unit::Hour });
        assert!(bucket.take_at(0, 1).is_ok());
        assert_eq!(bucket.take_at(0, 1), Err(Duration::from_secs(3600)));
        // A call with many events is not refused for ever.
        let bucket = Bucket::new(Rate { calls: 1, per: Unit::Second });
        assert!(bucket.take_at(0, 50).is_ok() && bucket.take_at(0, 1).is_err());
    }
}
