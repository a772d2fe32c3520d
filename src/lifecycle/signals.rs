//! What the process is told by signals.
//!
//! SIGTERM and SIGINT stop it, the second one at once. SIGHUP asks for a reload; while stopping it
//! is ignored: a service manager that sends both must not keep the process.

use super::Stop;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Follows signals until the process is to end: `grace` says how long what is under way may take,
/// `hangup` is called for each SIGHUP. Ends only when the grace is over or a second signal came, so
/// it is dropped when everything has ended by itself.
///
/// # Errors
/// The operating system gives no way to follow signals.
pub async fn follow(stop: &Stop, grace: impl Fn() -> Duration, hangup: impl Fn()) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangups = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            biased;
            () = told(&mut terminate, &mut interrupt) => break,
            Some(()) = hangups.recv() => hangup(),
            () = stop.begun() => break,
        }
    }
    tracing::info!("stopping: what is under way is finished first");
    tokio::select! {
        () = stop.within(grace()) => tracing::warn!("the grace is over: what is under way is abandoned"),
        () = told(&mut terminate, &mut interrupt) => {
            tracing::warn!("told twice to stop: what is under way is abandoned");
            stop.abandon();
        }
    }
    Ok(())
}

async fn told(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
