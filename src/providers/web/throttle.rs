//! How long to wait before asking again, if at all. Nothing here waits.

use std::time::Duration;

/// So often one question is asked, where the service is busy; and where no answer came.
const TRIES_BUSY: u32 = 5;
const TRIES_BROKEN: u32 = 3;
/// The first pause where the service names none; each later one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Asked too often (RFC 6585 §4), or overloaded (RFC 9110 §15.6.4). It may say for how long.
    Busy(Option<Duration>),
    /// A connection that was cut or never came about, or something between us and the service.
    Broken,
    /// The same question will have the same answer.
    Lasting,
}

impl Trouble {
    pub(super) fn of_status(status: u16, asked: Option<Duration>) -> Self {
        match status {
            429 | 503 => Self::Busy(asked),
            502 | 504 => Self::Broken,
            _ => Self::Lasting,
        }
    }

    /// The pause after so many tries, where `left` is what may be waited in all; `None` to give up.
    pub(super) fn pause(self, tries: u32, left: Duration) -> Option<Duration> {
        let backoff = FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16));
        let (most, pause) = match self {
            Self::Busy(asked) => (TRIES_BUSY, asked.map_or(backoff, |asked| asked.max(FIRST))),
            Self::Broken => (TRIES_BROKEN, backoff),
            Self::Lasting => return None,
        };
        (tries < most && pause <= left).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let left = Duration::from_secs(60);
        let pauses = |trouble: Trouble| (1..10).map_while(move |n| trouble.pause(n, left)).map(|p| p.as_millis());
        assert_eq!(pauses(Trouble::Busy(None)).collect::<Vec<_>>(), [500, 1000, 2000, 4000]);
        assert_eq!(pauses(Trouble::Broken).collect::<Vec<_>>(), [500, 1000]);
        assert_eq!(pauses(Trouble::Lasting).count(), 0);
        assert_eq!(Trouble::Busy(None).pause(u32::MAX, left), None);
    }

    #[test]
    fn what_the_service_asks_for_is_kept_or_nothing_is_asked() {
        let pause = |asked, left| Trouble::Busy(Some(Duration::from_secs(asked))).pause(1, Duration::from_secs(left));
        assert_eq!(pause(30, 60), Some(Duration::from_secs(30)));
        assert_eq!(pause(61, 60), None);
        assert_eq!(pause(u64::MAX, 60), None);
        assert_eq!(pause(0, 60), Some(FIRST), "a server that asks for nothing is not hammered");
    }

    #[test]
    fn a_status_says_whether_to_ask_again() {
        assert_eq!(Trouble::of_status(429, None), Trouble::Busy(None));
        assert_eq!(Trouble::of_status(504, None), Trouble::Broken);
        for status in [400, 401, 403, 404, 500, 501] {
            assert_eq!(Trouble::of_status(status, None), Trouble::Lasting);
        }
    }
}
