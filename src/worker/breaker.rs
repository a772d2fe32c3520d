//! How long to leave a provider alone that has failed.
//!
//! Pauses double from failure to failure, up to a longest; each differs a little by chance, so that
//! several daemons that failed together don't come back together. After some failures in a row the
//! breaker is open: the provider counts as down, and each run is a probe. Refused credentials open
//! it at once for long: a directory locks an account after a few wrong passwords.

use rosterd_core::ids::Timestamp;
use std::time::Duration;

/// Failures in a row after which a provider counts as down.
const OPENS_AFTER: u32 = 5;

/// What the pauses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pauses {
    /// After the first failure.
    pub(super) first: Duration,
    /// However many there were.
    pub(super) longest: Duration,
    /// After refused credentials.
    pub(super) credentials: Duration,
}

/// Whose failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    Provider,
    /// The provider refused who we say we are.
    Credentials,
    /// The provider was not at fault: it does not count as down.
    Database,
}

/// As others see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// Runs go as scheduled.
    #[default]
    Closed,
    /// The provider is left alone until the time comes for a probe.
    Open,
    /// A run is under way that decides whether it closes.
    HalfOpen,
}

impl State {
    /// A stable word for metrics and outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// One provider's.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    /// In a row, whoever's: they make pauses longer.
    failures: u32,
    /// Those that were the provider's: they open it.
    down: u32,
    refused: bool,
    until: Option<Timestamp>,
}

impl Breaker {
    /// Until when no scheduled run begins.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether the last run failed because the credentials were refused.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    pub(super) fn state(&self, running: bool) -> State {
        match (self.refused || self.down >= OPENS_AFTER, running) {
            (false, _) => State::Closed,
            (true, false) => State::Open,
            (true, true) => State::HalfOpen,
        }
    }

    /// A run ended as it should.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A run failed at `now`. `chance` is any number.
    pub(super) fn failed(&mut self, now: Timestamp, blame: Blame, pauses: &Pauses, chance: u128) {
        self.failures = self.failures.saturating_add(1);
        self.down = if blame == Blame::Database { self.down } else { self.down.saturating_add(1) };
        self.refused = blame == Blame::Credentials;
        let pause = if self.refused {
            pauses.credentials
        } else {
            let doubled = 1_u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
            pauses.first.saturating_mul(doubled).min(pauses.longest)
        };
        // Up to a fifth longer; never shorter, so that the pause after refused credentials is kept.
        let more = pause.as_millis() / 5;
        let more = if more == 0 { 0 } else { chance % more };
        let millis = i64::try_from(pause.as_millis().saturating_add(more)).unwrap_or(i64::MAX);
        self.until = Some(now.plus_millis(millis));
    }

    /// What refused the last run may have changed: the next run need not wait.
    pub(super) fn try_now(&mut self) {
        self.until = None;
    }

    /// The clock was set back: what is left of the pause stays what it was.
    pub(super) fn shift(&mut self, millis: i64) {
        self.until = self.until.map(|until| until.plus_millis(-millis));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSES: Pauses = Pauses {
        first: Duration::from_secs(5),
        longest: Duration::from_secs(300),
        credentials: Duration::from_secs(1800),
    };

    #[test]
    fn pauses_double_up_to_the_longest_and_a_success_forgets_them() {
        let mut breaker = Breaker::default();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            breaker.failed(Timestamp(0), Blame::Provider, &PAUSES, 0);
            pauses.push(breaker.until().map(|until| until.0 / 1000));
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300].map(Some));
        assert_eq!(breaker.state(false), State::Open);
        assert_eq!(breaker.state(true), State::HalfOpen);
        breaker.succeeded();
        assert_eq!((breaker.until(), breaker.state(true)), (None, State::Closed));
    }

    #[test]
    fn r07_refused_credentials_open_it_at_once_and_for_long() {
        let mut breaker = Breaker::default();
        breaker.failed(Timestamp(0), Blame::Credentials, &PAUSES, 0);
        assert_eq!((breaker.until(), breaker.state(false)), (Some(Timestamp(1_800_000)), State::Open));
        breaker.try_now();
        assert_eq!((breaker.until(), breaker.state(true)), (None, State::HalfOpen));
    }

    #[test]
    fn a_database_that_is_down_says_nothing_about_the_provider() {
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            breaker.failed(Timestamp(0), Blame::Database, &PAUSES, 0);
        }
        assert_eq!((breaker.until(), breaker.state(false)), (Some(Timestamp(300_000)), State::Closed));
    }

    #[test]
    fn chance_makes_a_pause_up_to_a_fifth_longer() {
        for chance in [0, 1, 999, 1000, u128::MAX] {
            let mut breaker = Breaker::default();
            breaker.failed(Timestamp(0), Blame::Provider, &PAUSES, chance);
            assert!((5000..6000).contains(&breaker.until().map_or(0, |until| until.0)), "{chance}");
        }
    }

    #[test]
    fn a_thousand_failures_are_still_the_longest_pause() {
        let mut breaker = Breaker::default();
        for _ in 0..1000 {
            breaker.failed(Timestamp(0), Blame::Provider, &PAUSES, 0);
        }
        assert_eq!(breaker.until(), Some(Timestamp(300_000)));
    }
}
