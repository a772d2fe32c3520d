//! Between whoever logs and whatever takes the log: a bounded queue and a thread.
//!
//! A terminal that was stopped with Ctrl-S, a full pipe or a journal that hangs blocks that thread
//! and nobody else. What does not fit is counted in `rosterd_log_dropped_total`, and the next line
//! that gets through says so.

use super::super::names;
use super::journald;
use std::io::{self, Write as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

/// The most lines that wait.
const LINES: usize = 8192;
/// The most bytes that wait.
const BYTES: usize = 4 << 20;

/// Where lines go.
#[derive(Debug)]
pub enum Sink {
    StandardError,
    /// A datagram a line, to journald's socket or one that stands in for it.
    Datagrams(UnixDatagram, PathBuf),
    /// Anything else that bytes go into: for tests.
    Other(Box<dyn Out>),
}

/// Anything that bytes go into.
pub trait Out: io::Write + Send + std::fmt::Debug {}
impl<T: io::Write + Send + std::fmt::Debug> Out for T {}

impl Sink {
    /// systemd's journal.
    ///
    /// # Errors
    /// It is not there.
    pub fn journal() -> io::Result<Self> {
        Self::datagrams(Path::new(journald::SOCKET))
    }

    /// The same at another place.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn datagrams(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // Nothing at all is what journald passes over; an error says that it is not there.
        socket.send_to(&[], path)?;
        Ok(Self::Datagrams(socket, path.to_owned()))
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::StandardError => io::stderr().lock().write_all(line),
            Self::Datagrams(socket, path) => socket.send_to(line, path).map(drop),
            Self::Other(out) => out.write_all(line),
        }
    }
}

enum Job {
    Line(Vec<u8>),
    To(Sink),
    /// Answered when everything before it was written.
    Flush(SyncSender<()>),
}

/// The way to the thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Queue {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(sink: Sink) -> io::Result<Self> {
        let (jobs, todo) = mpsc::sync_channel(LINES);
        let queue = Self { jobs, waiting: Arc::default(), dropped: Arc::default() };
        let (waiting, dropped) = (Arc::clone(&queue.waiting), Arc::clone(&queue.dropped));
        thread::Builder::new().name("log".to_owned()).spawn(move || write(sink, &todo, &waiting, &dropped))?;
        Ok(queue)
    }

    /// Hands a line over; never waits. Returns false when it was dropped.
    pub(super) fn put(&self, line: Vec<u8>) -> bool {
        let bytes = line.len();
        let room = self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= BYTES;
        if room && self.jobs.try_send(Job::Line(line)).is_ok() {
            return true;
        }
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        drop_one(&self.dropped);
        false
    }

    /// Says how many lines were dropped since the last time that could be said.
    pub(super) fn own_up(&self, line: impl FnOnce(u64) -> Vec<u8>) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped == 0 || self.waiting.load(Ordering::Relaxed) > BYTES / 2 {
            return;
        }
        let line = line(dropped);
        let bytes = line.len();
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        if self.jobs.try_send(Job::Line(line)).is_ok() {
            self.dropped.fetch_sub(dropped, Ordering::Relaxed);
        } else {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// From the next line on, to another place. When the thread is stuck, everything stays as it is.
    pub(in super::super) fn redirect(&self, sink: Sink) -> bool {
        self.jobs.try_send(Job::To(sink)).is_ok()
    }

    /// Waits until all that was handed over is written, but no longer than `most`: the end of the
    /// program is not kept waiting by whoever does not read.
    pub fn flush(&self, most: Duration) {
        let (done, wait) = mpsc::sync_channel(1);
        let mut job = Job::Flush(done);
        // A full queue empties within milliseconds, or it is stuck.
        for _ in 0..10 {
            match self.jobs.try_send(job) {
                Ok(()) => {
                    let _ = wait.recv_timeout(most);
                    return;
                }
                Err(TrySendError::Full(back)) => job = back,
                Err(TrySendError::Disconnected(_)) => return,
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn write(mut sink: Sink, todo: &Receiver<Job>, waiting: &AtomicUsize, dropped: &AtomicU64) {
    for job in todo {
        match job {
            Job::Line(line) => {
                if sink.put(&line).is_err() {
                    drop_one(dropped);
                }
                waiting.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Job::To(other) => sink = other,
            Job::Flush(done) => drop(done.try_send(())),
        }
    }
}

fn drop_one(dropped: &AtomicU64) {
    dropped.fetch_add(1, Ordering::Relaxed);
    metrics::counter!(names::LOG_DROPPED).increment(1);
}
