//! The same complaint again and again: told a few times a minute, then counted, so that a provider
//! that is down all night does not bury everything else.

use std::collections::HashMap;
use std::time::Duration;

/// Over which time is counted.
const WINDOW: Duration = Duration::from_secs(60);
/// How often the same words are told in it.
const SAME: u32 = 5;
/// How often the same place in the program tells anything in it: whoever varies the words is
/// bounded by this.
const PLACE: u32 = 120;
/// The most that is remembered. Beyond it everything is forgotten: too much is told, not too little.
const MOST: usize = 2048;

/// Whether an event is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// With how many like it were left out before.
    Tell(u64),
    Hush,
}

#[derive(Debug, Default)]
pub(super) struct Repeats(HashMap<u64, Seen>);

#[derive(Debug)]
struct Seen {
    since: Duration,
    told: u32,
    left_out: u64,
}

impl Repeats {
    /// `place` and `words`: hashes of where it is told and of what. `now`: since any fixed moment.
    pub(super) fn verdict(&mut self, place: u64, words: u64, now: Duration) -> Verdict {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        match (self.count(place, PLACE, now), self.count(words, SAME, now)) {
            (Some(_), Some(left_out)) => Verdict::Tell(left_out),
            _ => Verdict::Hush,
        }
    }

    /// How many of the key were left out before this one, or that it is left out.
    fn count(&mut self, key: u64, most: u32, now: Duration) -> Option<u64> {
        let seen = self.0.entry(key).or_insert(Seen { since: now, told: 0, left_out: 0 });
        let mut before = 0;
        if now.saturating_sub(seen.since) >= WINDOW {
            before = std::mem::take(&mut seen.left_out);
            (seen.since, seen.told) = (now, 0);
        }
        if seen.told >= most {
            seen.left_out += 1;
            return None;
        }
        seen.told += 1;
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_a_few_times_a_minute_and_then_counted() {
        let mut repeats = Repeats::default();
        let mut at = |second| repeats.verdict(1, 2, Duration::from_secs(second));
        for _ in 0..SAME {
            assert_eq!(at(0), Verdict::Tell(0));
        }
        assert_eq!(at(1), Verdict::Hush);
        assert_eq!(at(59), Verdict::Hush);
        assert_eq!(at(61), Verdict::Tell(2));
        assert_eq!(at(62), Verdict::Tell(0));
    }

    #[test]
    fn others_are_told_meanwhile_and_one_place_is_bounded() {
        let mut repeats = Repeats::default();
        let now = Duration::ZERO;
        let told = (10..10_000).filter(|words| repeats.verdict(1, *words, now) != Verdict::Hush).count();
        // What is remembered was forgotten a few times on the way.
        assert!(told >= PLACE as usize && told < 2000, "{told}");
        assert_eq!(repeats.verdict(2, 3, now), Verdict::Tell(0));
        assert!(repeats.0.len() <= MOST);
    }
}
