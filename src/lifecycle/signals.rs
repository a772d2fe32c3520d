//! What the process is told by signals.
//!
//! SIGTERM and SIGINT stop it, the second one at once. SIGHUP asks for a reload; while stopping it
//! is ignored: a service manager that sends both must not keep the process.

use super::Stop;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is heard of from now on; before, SIGHUP would end the process.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// # Errors
    /// The operating system gives no way to follow signals.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Follows them until the process is to end: `grace` says how long what is under way may take,
    /// `reload` is called for each SIGHUP. Ends only when the grace is over or a second signal came,
    /// so it is dropped when everything has ended by itself.
    pub async fn follow(mut self, stop: &Stop, grace: impl Fn() -> Duration, reload: impl Fn()) {
        loop {
            tokio::select! {
                biased;
                () = told(&mut self.terminate, &mut self.interrupt) => break,
                () = stop.begun() => break,
                Some(()) = self.hangup.recv() => reload(),
            }
        }
        tracing::info!("stopping: what is under way is finished first");
        tokio::select! {
            () = stop.within(grace()) => tracing::warn!("the grace is over: what is under way is abandoned"),
            () = told(&mut self.terminate, &mut self.interrupt) => {
                tracing::warn!("told twice to stop: what is under way is abandoned");
                stop.abandon();
            }
        }
    }
}

async fn told(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
