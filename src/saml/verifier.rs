//! Who verifies signatures: other processes, of the program `rosterd-xmldsig`, in two kinds that share no line of code.
//!
//! What a message does to their libraries is done to them: they hold no secret, open nothing, have limits on memory, and
//! are ended when they take longer than [`LONGEST`]. Only what both say is believed, byte by byte: a message that two
//! parsers read differently is nobody's.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// For one message.
const LONGEST: Duration = Duration::from_secs(1);
/// How long a message waits for its turn.
const WAIT: Duration = Duration::from_secs(2);
/// A message of most logins, in bytes and in tags. Larger ones have a lane of their own: what somebody sends to keep the
/// verifiers busy is as large as it may be, and nobody's login stands behind it.
const SMALL: usize = 24 << 10;
const FEW_TAGS: usize = 600;
/// After so many messages a process is ended, and with it whatever has grown in it.
const MESSAGES: u32 = 1000;
/// The longest answer: what was signed is never longer than twice what came, as canonical text.
const LARGEST: u32 = 8 << 20;

/// Why nobody could say. Later somebody may.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    #[error("{} cannot be started: {error}; install rosterd-xmldsig beside rosterd, or set `saml.verifier`", program.display())]
    Start { program: PathBuf, error: std::io::Error },
    #[error("too many messages wait to be verified")]
    Busy,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What was signed, in the canonical form.
    Signed(String),
    /// Nothing was, by any of these keys.
    NotSigned,
    /// One of them was ended over it, by its limits or by itself.
    Ended,
    /// They say different things.
    Differ,
}

/// See the module's text.
#[derive(Debug)]
pub struct Verifier {
    libxml: Pool,
    rust: Pool,
    small: Lane,
    large: Lane,
}

/// How many are verified at a time, and how many may wait for that.
#[derive(Debug)]
struct Lane {
    turn: Semaphore,
    room: Semaphore,
}

impl Lane {
    fn new(at_a_time: usize, waiting: usize) -> Self {
        Self { turn: Semaphore::new(at_a_time), room: Semaphore::new(waiting) }
    }
}

impl Verifier {
    /// Starts nothing yet. `program`: `None` for the one beside this program.
    #[must_use]
    pub fn new(program: Option<PathBuf>) -> Self {
        let program = program.unwrap_or_else(beside);
        Self {
            libxml: Pool::new(program.clone(), "libxml"),
            rust: Pool::new(program, "rust"),
            small: Lane::new(2, 128),
            large: Lane::new(1, 8),
        }
    }

    /// What of this message was signed by one of these keys; `certificates`: DER.
    ///
    /// # Errors
    /// When nobody could look.
    pub async fn verify(&self, message: &str, certificates: &[&[u8]]) -> Result<Outcome, VerifierError> {
        let few_tags = message.bytes().filter(|byte| *byte == b'<').count() <= FEW_TAGS;
        let lane = if message.len() <= SMALL && few_tags { &self.small } else { &self.large };
        let _room = lane.room.try_acquire().map_err(|_| VerifierError::Busy)?;
        let turn = timeout(WAIT, lane.turn.acquire()).await;
        let _turn = turn.map_err(|_| VerifierError::Busy)?.map_err(|_| VerifierError::Busy)?;
        let request = request(message, certificates);
        let (first, second) = tokio::join!(self.libxml.ask(&request), self.rust.ask(&request));
        Ok(match (first?, second?) {
            (Said::Signed(first), Said::Signed(second)) if first == second => {
                String::from_utf8(first).map_or(Outcome::Differ, Outcome::Signed)
            }
            (Said::Not, Said::Not) => Outcome::NotSigned,
            (Said::Ended, _) | (_, Said::Ended) => Outcome::Ended,
            _ => Outcome::Differ,
        })
    }

    /// Whether both kinds can be started.
    ///
    /// # Errors
    /// As of [`Self::verify`].
    pub async fn check(&self) -> Result<(), VerifierError> {
        self.verify("<none/>", &[]).await.map(|_| ())
    }
}

/// In the folder of this program, or where packages put what is for programs only.
fn beside() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let beside = own.with_file_name("rosterd-xmldsig");
    let packaged = own.parent().and_then(Path::parent).map(|up| up.join("libexec/rosterd/rosterd-xmldsig"));
    match packaged {
        Some(packaged) if !beside.exists() && packaged.exists() => packaged,
        _ => beside,
    }
}

fn request(message: &str, certificates: &[&[u8]]) -> Vec<u8> {
    let mut request = Vec::with_capacity(message.len() + 4096);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    request.extend(number(certificates.len()));
    for part in certificates.iter().copied().chain([message.as_bytes()]) {
        request.extend(number(part.len()));
        request.extend_from_slice(part);
    }
    request
}

/// What one process says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Signed(Vec<u8>),
    Not,
    /// Nothing: it is no more.
    Ended,
}

/// Processes of one kind.
#[derive(Debug)]
struct Pool {
    program: PathBuf,
    kind: &'static str,
    idle: Mutex<Vec<Worker>>,
}

#[derive(Debug)]
struct Worker {
    /// Ended when it is dropped.
    _child: Child,
    to: ChildStdin,
    from: ChildStdout,
    messages: u32,
}

impl Pool {
    fn new(program: PathBuf, kind: &'static str) -> Self {
        Self { program, kind, idle: Mutex::new(Vec::new()) }
    }

    async fn ask(&self, request: &[u8]) -> Result<Said, VerifierError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut worker = match idle {
            Some(worker) => worker,
            None => self.start()?,
        };
        let said = timeout(LONGEST, worker.ask(request)).await;
        let Ok(Ok(said)) = said else {
            tracing::warn!(kind = self.kind, late = said.is_err(), "a verifier of signatures was ended over a message");
            return Ok(Said::Ended);
        };
        worker.messages += 1;
        if worker.messages < MESSAGES {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
        Ok(said)
    }

    fn start(&self) -> Result<Worker, VerifierError> {
        let started = Command::new(&self.program)
            .arg(self.kind)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let failed = |error| VerifierError::Start { program: self.program.clone(), error };
        let mut child = started.map_err(failed)?;
        let pipe = || failed(std::io::ErrorKind::BrokenPipe.into());
        let (to, from) = (child.stdin.take().ok_or_else(pipe)?, child.stdout.take().ok_or_else(pipe)?);
        Ok(Worker { _child: child, to, from, messages: 0 })
    }
}

impl Worker {
    async fn ask(&mut self, request: &[u8]) -> std::io::Result<Said> {
        self.to.write_all(request).await?;
        self.to.flush().await?;
        let signed = self.from.read_u8().await?;
        let length = self.from.read_u32().await?;
        if length > LARGEST {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; length as usize];
        self.from.read_exact(&mut bytes).await?;
        Ok(if signed == 1 { Said::Signed(bytes) } else { Said::Not })
    }
}
