//! The only place that reads a clock.
//!
//! Everything else is given a [`Clock`] or a [`Timestamp`]; `clippy.toml` refuses the rest. Waiting
//! (deadlines, schedules) is the async runtime's and does not belong here.

use rosterd_core::ids::Timestamp;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What time it is, for whatever is written down: runs, audit records, expiries.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, by the wall clock. May go back when the machine's clock is set.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        since_epoch(SystemTime::now())
    }
}

/// In milliseconds, negative before 1970: a machine whose clock has not been set yet.
fn since_epoch(time: SystemTime) -> Timestamp {
    Timestamp(match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    })
}

/// How long something took, for summaries and metrics. Never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the steady clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r31_a_clock_before_1970_is_a_negative_time() {
        let second = Duration::from_millis(1500);
        assert_eq!(since_epoch(UNIX_EPOCH + second), Timestamp(1500));
        assert_eq!(since_epoch(UNIX_EPOCH - second), Timestamp(-1500));
    }
}
