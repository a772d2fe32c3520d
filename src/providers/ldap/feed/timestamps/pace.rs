//! What one process knows besides the cursor: how long it has been quiet, and who was there at the last lists.

use super::stand::{MARGIN, OVER};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// See the module's text.
#[derive(Debug, Default)]
pub(in super::super::super) struct Pace {
    /// The newest time of the cursor, and since when it has been that.
    newest: Option<(i64, Instant)>,
    /// Nothing older comes to light any more.
    settled: bool,
    /// When everybody was listed or read last.
    swept: Option<Instant>,
    /// The last list, and the one before it.
    lists: Vec<Arc<List>>,
}

/// Everybody at one time.
#[derive(Debug)]
pub(super) struct List {
    /// As [`super::stamp::Stamp::digest_at`] has them, ascending.
    pub(super) stamps: Vec<u64>,
    /// Looks tell of what is from then on.
    pub(super) until: i64,
}

impl Pace {
    /// Whether a second is over that was the newest one, because looks have known of it for so long.
    pub(super) fn over(&mut self, newest: i64, now: Instant) -> bool {
        if self.newest.is_none_or(|(before, _)| before != newest) {
            (self.newest, self.settled) = (Some((newest, now)), false);
        }
        self.for_so_long(OVER, now)
    }

    /// Whether only what is newer need be asked for.
    pub(super) fn settled(&self) -> bool {
        self.settled
    }

    /// A look has told of nothing.
    pub(super) fn quiet(&mut self, now: Instant) {
        self.settled |= self.for_so_long(MARGIN, now);
    }

    fn for_so_long(&self, millis: i64, now: Instant) -> bool {
        let millis = Duration::from_millis(millis.unsigned_abs());
        self.newest.is_some_and(|(_, since)| now.duration_since(since) >= millis)
    }

    /// Everything is read now.
    pub(super) fn read(&mut self, now: Instant) {
        self.swept = Some(now);
    }

    /// Whether it is time to list everybody. It is said once.
    pub(super) fn sweeps(&mut self, every: Duration, now: Instant) -> bool {
        let due = self.swept.is_none_or(|swept| now.duration_since(swept) >= every);
        if due {
            self.swept = Some(now);
        }
        due
    }

    /// The list that the next is compared with: where there are two, the older, so that each difference is told twice.
    /// Once may be in vain.
    pub(super) fn before(&self) -> Option<Arc<List>> {
        self.lists.last().cloned()
    }

    /// Everybody was listed.
    pub(super) fn listed(&mut self, mut stamps: Vec<u64>, until: i64) {
        stamps.sort_unstable();
        self.lists.insert(0, Arc::new(List { stamps, until }));
        self.lists.truncate(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_margin_counts_from_when_its_newest_time_was_seen_and_ends_with_a_look_that_tells_nothing() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        assert!(!pace.over(7, start) && !pace.over(7, after(4)) && pace.over(7, after(5)));
        pace.quiet(after(59));
        assert!(!pace.settled());
        assert!(pace.over(7, after(61)) && !pace.settled(), "a look that told something may have been in vain");
        pace.quiet(after(61));
        assert!(pace.settled());
        assert!(!pace.over(8, after(62)) && !pace.settled(), "another newest time");
    }

    #[tokio::test]
    async fn a_list_is_made_at_first_and_then_every_so_often_and_compared_with_the_one_before_the_last() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let (every, after) = (Duration::from_secs(300), |seconds: u64| start + Duration::from_secs(seconds));
        assert!(pace.sweeps(every, start) && !pace.sweeps(every, after(299)) && pace.sweeps(every, after(300)));
        pace.read(after(400));
        assert!(!pace.sweeps(every, after(650)), "everything was read meanwhile");
        let compared = |pace: &Pace| pace.before().map(|list| (list.until, list.stamps.clone()));
        assert_eq!(compared(&pace), None);
        for (until, with) in [(1, 1), (2, 1), (3, 2)] {
            pace.listed(vec![9, 5], until);
            assert_eq!(compared(&pace), Some((with, vec![5, 9])));
        }
    }
}
