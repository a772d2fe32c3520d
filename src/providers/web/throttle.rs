//! How long to wait before asking again, if at all. Nothing here waits.

use crate::fetch::Answer;
use rosterd_core::ids::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// So often one question is asked, where the service is busy; and where no answer came.
const TRIES_BUSY: u32 = 5;
const TRIES_BROKEN: u32 = 3;
/// The first pause where the service names none; each later one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// Until when some say that nothing more is answered: seconds since 1970, as GitHub, Okta and GitLab have it.
const RESETS: [&str; 3] = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"];
/// How much is left until then.
const LEFT: [&str; 3] = ["x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"];
/// Less is no moment since 1970, but a number of seconds.
const MOMENT: u64 = 1_000_000_000;
/// How Google says in a 403 that it is asked too often (Directory API, limits and quotas).
const TOO_OFTEN: [&str; 2] = ["rateLimitExceeded", "userRateLimitExceeded"];

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
    /// Of an answer. A 403 is one that is asked too often where it says so in a header (GitHub's rate limits) or in words
    /// (Google's).
    pub(super) fn of(answer: &Answer, now: Timestamp) -> Self {
        let asked = answer.retry_after(now).or_else(|| reset(answer, now));
        let spent = || LEFT.iter().any(|left| answer.number(left) == Some(0));
        if answer.status == 403 && (answer.retry_after(now).is_some() || spent() || too_often(&answer.body)) {
            return Self::Busy(asked);
        }
        Self::of_status(answer.status, asked)
    }

    fn of_status(status: u16, asked: Option<Duration>) -> Self {
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

/// For how long it says to be spent, by its own clock where it shows one.
fn reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let said = RESETS.iter().find_map(|name| answer.number(name))?;
    let now = u64::try_from(answer.date().unwrap_or(now).0 / 1000).unwrap_or(0);
    Some(Duration::from_secs(if said < MOMENT { said } else { said.saturating_sub(now) }))
}

fn too_often(body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let errors = body.pointer("/error/errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    errors.iter().any(|error| error["reason"].as_str().is_some_and(|reason| TOO_OFTEN.contains(&reason)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    /// What vendors say, each in its own way.
    #[test]
    fn one_that_is_asked_too_often_says_until_when() {
        let now = Timestamp(2_000_000_000_000);
        let trouble = |status, headers: &[(&'static str, &str)], body: &str| {
            let header = |(name, value): &(&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
            Trouble::of(&Answer { status, headers: headers.iter().map(header).collect(), body: body.into() }, now)
        };
        let busy = |seconds| Trouble::Busy(Some(Duration::from_secs(seconds)));
        assert_eq!(trouble(429, &[("retry-after", "7"), ("x-rate-limit-reset", "2000000030")], ""), busy(7));
        assert_eq!(trouble(429, &[("x-rate-limit-reset", "2000000030")], ""), busy(30));
        assert_eq!(trouble(429, &[("ratelimit-reset", "12")], ""), busy(12));
        assert_eq!(trouble(429, &[("x-ratelimit-reset", "1999999990")], ""), busy(0));
        assert_eq!(trouble(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2000000005")], ""), busy(5));
        assert_eq!(trouble(403, &[("retry-after", "60"), ("x-ratelimit-remaining", "9")], ""), busy(60));
        assert_eq!(
            trouble(403, &[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "2000000005")], ""),
            Trouble::Lasting
        );
        let google = |reason: &str| format!("{{\"error\":{{\"code\":403,\"errors\":[{{\"reason\":\"{reason}\"}}]}}}}");
        assert_eq!(trouble(403, &[], &google("userRateLimitExceeded")), Trouble::Busy(None));
        assert_eq!(trouble(403, &[], &google("forbidden")), Trouble::Lasting);
        assert_eq!(trouble(403, &[], "<html>"), Trouble::Lasting);
    }

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
