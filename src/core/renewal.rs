//! What a login said holds for a while: until when, and when it is said anew.
//!
//! A provider that cannot list its people says of nobody that they have gone. So what it said of somebody is a
//! lease: each login or re-check renews it, and it ends by itself. Stored is when it was renewed, not when it
//! ends, so that another `lease` in the configuration counts at once.

use crate::ids::Timestamp;

/// Under this much more it is not worth a write, where that is a small part of the lease.
const AN_HOUR: i64 = 3_600_000;

/// The last login, or re-check, that somebody's lease rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Renewal {
    /// When it was, by its own time and not by when it arrived.
    pub at: Timestamp,
    /// Until when it holds, where it said so itself.
    pub until: Option<Timestamp>,
}

impl Renewal {
    /// When the lease ends that it gives: after `lease` milliseconds, or when it said itself, if that is sooner.
    #[must_use]
    pub fn end(self, lease: i64) -> Timestamp {
        let end = self.at.plus_millis(lease);
        self.until.map_or(end, |until| until.min(end))
    }

    /// Whether that lease is over.
    #[must_use]
    pub fn is_over(self, lease: i64, now: Timestamp) -> bool {
        self.end(lease) < now
    }

    /// Whether `said` is to be written over this: it is no older, and ends sooner or a good deal later. One that
    /// lies ahead of `now` was written by a wrong clock, and whatever is said then is right.
    #[must_use]
    pub fn gives_way(self, said: Self, lease: i64, now: Timestamp) -> bool {
        if self.at > now {
            return true;
        }
        if said.at < self.at {
            return false;
        }
        let (stored, new) = (self.end(lease), said.end(lease));
        new < stored || new.0.saturating_sub(stored.0) >= step(new.0.saturating_sub(said.at.0))
    }
}

/// How much later a lease has to end before that is written, of one that holds for `length`: a thirtieth, at
/// least an hour, but never more than a quarter.
fn step(length: i64) -> i64 {
    (length / 30).max(AN_HOUR).min(length / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 24 * AN_HOUR;

    fn at(at: i64) -> Renewal {
        Renewal { at: Timestamp(at), until: None }
    }

    fn until(from: i64, until: i64) -> Renewal {
        Renewal { until: Some(Timestamp(until)), ..at(from) }
    }

    #[test]
    fn a_lease_ends_after_its_time_or_when_the_login_said() {
        assert_eq!(at(5).end(10), Timestamp(15));
        assert_eq!(until(5, 9).end(10), Timestamp(9));
        assert_eq!(until(5, 99).end(10), Timestamp(15), "never later than the configuration says");
        assert!(!at(5).is_over(10, Timestamp(15)) && at(5).is_over(10, Timestamp(16)));
    }

    #[test]
    fn logins_shortly_after_each_other_are_written_once() {
        let (lease, now) = (30 * DAY, Timestamp(99 * DAY));
        assert!(!at(0).gives_way(at(0), lease, now) && !at(0).gives_way(at(DAY - 1), lease, now));
        assert!(at(0).gives_way(at(DAY), lease, now));
        // Of a short session an hour is much: the second login counts.
        assert!(until(0, 8 * AN_HOUR).gives_way(until(AN_HOUR, 9 * AN_HOUR), lease, now));
        assert!(at(0).gives_way(until(1, 8 * AN_HOUR), lease, now), "sooner counts at once");
        assert!(at(0).gives_way(at(3), 10, now) && !at(0).gives_way(at(1), 10, now), "however short it is");
    }

    #[test]
    fn an_older_login_changes_nothing_unless_a_wrong_clock_wrote_the_newer() {
        let (lease, now) = (30 * DAY, Timestamp(10 * DAY));
        assert!(!at(5 * DAY).gives_way(at(5 * DAY - 1), lease, now));
        assert!(!at(5 * DAY).gives_way(until(0, DAY), lease, now), "nor does it end sooner");
        assert!(at(900 * DAY).gives_way(at(10 * DAY), lease, now));
    }

    proptest! {
        /// Whoever has logged in keeps at least three quarters of what that login gives.
        #[test]
        fn what_is_not_written_is_little(
            lease in 1..400 * DAY,
            stored in 0..400 * DAY,
            later in 0..400 * DAY,
            ends in proptest::option::of(1..400 * DAY),
            said_ends in proptest::option::of(1..400 * DAY),
        ) {
            let now = stored + later;
            let make = |at: i64, ends: Option<i64>| Renewal { at: Timestamp(at), until: ends.map(|e| Timestamp(at + e)) };
            let (stored, said) = (make(stored, ends), make(now, said_ends));
            let kept = if stored.gives_way(said, lease, Timestamp(now)) { said } else { stored };
            let (left, given) = (kept.end(lease).0 - now, said.end(lease).0 - now);
            prop_assert!(left <= given && left >= given - given / 4 - 1, "{left} of {given}");
        }
    }
}
