//! Warm connections for looking at a few people: signed in, used by one search after the other,
//! thrown away at the first fault. And what was learnt of servers: which one serves, and whether
//! the password was refused.
//!
//! What is asked over a connection is not known here.

use super::connection::Connection;
use super::failure::Failure;
use super::session::Fingerprint;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// So many connections a provider has at most, beside those of a full read.
const MOST: usize = 8;
/// A connection that nobody used for so long is closed: firewalls forget them without a word.
const IDLE: Duration = Duration::from_secs(60);
/// So long one is used. Active Directory works out an account's rights when it signs in, and a
/// rotated password or certificate should count some time.
const AGE: Duration = Duration::from_secs(600);
/// One that received so much is not used again: what it may receive is bounded.
const RECEIVED: u64 = 1 << 30;
/// For so long a refused password is not sent again, the first time; then twice as long.
const REFUSED: Duration = Duration::from_secs(60);
/// And never longer.
const REFUSED_MOST: Duration = Duration::from_secs(3600);

/// See the module's text.
pub(super) struct Pool {
    turns: Arc<Semaphore>,
    /// Held by whoever signs in: eight wrong passwords at once would lock an account.
    door: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Warm>,
    /// The place among `ldap.urls` of the server that served last.
    serving: Option<usize>,
    refused: Option<Refused>,
}

/// A connection that is signed in.
pub(super) struct Warm {
    pub(super) connection: Connection,
    /// The place of its server among `ldap.urls`.
    pub(super) server: usize,
    opened: Instant,
    used: Instant,
}

/// The server did not accept who we say we are.
struct Refused {
    failure: Failure,
    /// What was sent.
    sent: Fingerprint,
    until: Instant,
    pause: Duration,
}

/// The right to use one connection.
pub(super) type Turn = OwnedSemaphorePermit;

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} idle)", self.state().idle.len())
    }
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(MOST)), door: tokio::sync::Mutex::default(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a connection may be used.
    pub(super) async fn turn(&self, longest: Duration) -> Result<Turn, Failure> {
        match timeout(longest, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(busy("all its connections were in use")),
        }
    }

    /// Waits until nobody else signs in.
    pub(super) async fn door(&self, longest: Duration) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        timeout(longest, self.door.lock()).await.map_err(|_| busy("others were waiting to sign in"))
    }

    /// A warm connection, if there is one: the one used last, so that those that are not needed
    /// grow old.
    pub(super) fn take(&self) -> Option<Warm> {
        let now = Instant::now();
        let mut state = self.state();
        state.idle.retain(|warm| now < warm.used + IDLE && now < warm.opened + AGE);
        while let Some(mut warm) = state.idle.pop() {
            if warm.connection.quiet() {
                return Some(warm);
            }
        }
        None
    }

    /// Keeps a connection that is as good as before.
    pub(super) fn keep(&self, mut warm: Warm) {
        warm.used = Instant::now();
        let mut state = self.state();
        if warm.connection.total() < RECEIVED && state.serving.is_none_or(|serving| serving == warm.server) {
            state.idle.push(warm);
        }
    }

    /// A connection was just signed in.
    pub(super) fn opened(connection: Connection, server: usize) -> Warm {
        let now = Instant::now();
        Warm { connection, server, opened: now, used: now }
    }

    /// That server serves: it is asked first from now on, and alone.
    pub(super) fn serves(&self, server: usize) {
        let mut state = self.state();
        state.serving = Some(server);
        state.refused = None;
        state.idle.retain(|warm| warm.server == server);
    }

    /// The server does not serve: no connection to it is used any more.
    pub(super) fn failed(&self, server: usize) {
        self.state().idle.retain(|warm| warm.server != server);
    }

    /// The server that served last.
    pub(super) fn serving(&self) -> Option<usize> {
        self.state().serving
    }

    /// The refusal of the same name and password, where it was not long ago: whoever tries a wrong
    /// password at each login locks the account.
    pub(super) fn refusal(&self, now_sent: &Fingerprint) -> Option<Failure> {
        let state = self.state();
        let refused = state.refused.as_ref()?;
        (refused.sent == *now_sent && Instant::now() < refused.until).then(|| refused.failure.clone())
    }

    /// Remembers a refusal.
    pub(super) fn refused(&self, failure: &Failure, sent: Fingerprint) {
        let mut state = self.state();
        let pause = match &state.refused {
            Some(before) if before.sent == sent => (before.pause * 2).min(REFUSED_MOST),
            _ => REFUSED,
        };
        // Connections that are signed in stay: while a password is rotated they are what serves.
        state.refused = Some(Refused { failure: failure.clone(), sent, until: Instant::now() + pause, pause });
    }
}

fn busy(why: &str) -> Failure {
    Failure::unreachable("timeout", format!("the directory was not asked within ldap.timeout: {why}"))
}
