//! One connection: bytes in, messages out, within limits of time and size.
//!
//! A message is decoded in place, in the buffer it was received in. Nothing here knows people or groups.

use super::failure::{Failure, say};
use super::tls;
use super::wire::{Inbox, Message, Request, Response, decode, encode};
use futures_util::FutureExt as _;
use std::fmt;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

/// Anything that bytes go through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a connection goes through, for ways to sign in that depend on it.
#[derive(Debug, Default)]
#[cfg_attr(not(feature = "gssapi"), expect(dead_code, reason = "only Kerberos looks into it"))]
pub(super) enum Below {
    /// A socket whose bytes anybody may read.
    Clear(OwnedFd),
    /// TLS, with the server's certificate.
    Tls(Vec<u8>),
    #[default]
    Unknown,
}

/// The longest message accepted. An Active Directory group of 500,000 members has 50 MB.
const MESSAGE_LIMIT: usize = 64 << 20;
/// Everything accepted on one connection. A million people with their groups are 1 GB.
const TOTAL_LIMIT: u64 = 8 << 30;
/// Beyond the first `timeout`, an answer must bring so many bytes a second. Each byte in time is
/// not enough: at a byte every nine seconds a page would take a year.
const RATE: u64 = 4 << 10;

/// The OID of Notice of Disconnection (RFC 4511 §4.4.1).
const NOTICE: &[u8] = b"1.3.6.1.4.1.1466.20036";

/// A connection to one server.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    below: Below,
    /// What messages call the server.
    pub(super) server: String,
    timeout: Duration,
    /// Answers need not come one after the other.
    unhurried: bool,
    inbox: Inbox,
    total: u64,
    last_id: i32,
    /// Encoded, and not sent yet.
    outbox: Vec<u8>,
    /// When the request was sent that is being answered, and how many bytes came since.
    asked: Instant,
    answered: u64,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.server)
    }
}

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>, server: &str, timeout: Duration) -> Self {
        Self {
            stream,
            below: Below::Unknown,
            server: server.to_owned(),
            timeout,
            unhurried: false,
            inbox: Inbox::default(),
            total: 0,
            last_id: 0,
            outbox: Vec::new(),
            asked: Instant::now(),
            answered: 0,
        }
    }

    /// From now on answers may be waited for so long: the server speaks when it has something to say.
    pub(super) fn waits(&mut self, longest: Duration) {
        self.timeout = longest;
        self.unhurried = true;
    }

    /// The same connection, which goes through that.
    pub(super) fn through(self, below: Below) -> Self {
        Self { below, ..self }
    }

    /// What it goes through, once.
    #[cfg_attr(not(feature = "gssapi"), expect(dead_code, reason = "only Kerberos asks"))]
    pub(super) fn below(&mut self) -> Below {
        std::mem::take(&mut self.below)
    }

    /// Gives the stream back, to put TLS over it.
    pub(super) fn into_stream(self) -> Result<Box<dyn Stream>, Failure> {
        self.nothing_more("StartTLS")?;
        Ok(self.stream)
    }

    /// Refused when the server has already sent more: bytes in clear text must not count as if they had come
    /// encrypted.
    pub(super) fn nothing_more(&self, behind: &str) -> Result<(), Failure> {
        if self.inbox.is_empty() {
            return Ok(());
        }
        let message = format!("{}: the server sent bytes in clear text behind its answer to {behind}", self.server);
        Err(Failure::new("tls", crate::providers::ProviderErrorKind::Tls, message))
    }

    /// From now on messages go through that, which goes over the stream until now.
    #[cfg_attr(not(feature = "gssapi"), expect(dead_code, reason = "only Kerberos encrypts"))]
    pub(super) fn over(&mut self, stream: Box<dyn Stream>) {
        self.stream = stream;
    }

    /// Sends a request and says the id that its answers will have.
    pub(super) async fn send(&mut self, request: Request<'_>) -> Result<i32, Failure> {
        let id = self.queue(request);
        self.flush().await?;
        Ok(id)
    }

    /// Keeps a request until [`Self::flush`], and says the id that its answers will have.
    pub(super) fn queue(&mut self, request: Request<'_>) -> i32 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.outbox.extend(encode(self.last_id, request));
        self.last_id
    }

    /// Sends what was queued, at once.
    pub(super) async fn flush(&mut self) -> Result<(), Failure> {
        // Not kept for the next: there may be a password in it.
        let bytes = std::mem::take(&mut self.outbox);
        let sent = timeout(self.timeout, async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        });
        match sent.await {
            Err(_) => return Err(self.late("it does not take the request")),
            Ok(Err(error)) => return Err(self.broken(&error)),
            Ok(Ok(())) => {}
        }
        self.asked = Instant::now();
        self.answered = 0;
        Ok(())
    }

    /// The next message, which must answer the request `id`.
    pub(super) async fn receive(&mut self, id: i32) -> Result<Message<'_>, Failure> {
        self.receive_any(|other| other == id).await
    }

    /// The next message, which must answer a request that is `open`.
    pub(super) async fn receive_any(&mut self, open: impl Fn(i32) -> bool) -> Result<Message<'_>, Failure> {
        loop {
            let place = self.fill().await?;
            // Decoded twice where it is the one that was waited for: the borrow checker cannot
            // see that the first view is gone by then, and the outline is cheap.
            let message =
                decode(self.inbox.message(place.clone())).map_err(|error| Failure::ber(&self.server, error))?;
            if message.id == 0 {
                if let Some(notice) = notice(&self.server, &message) {
                    return Err(notice);
                }
                continue;
            }
            if !open(message.id) {
                let text = format!("{} answered request {}, which is not open", self.server, message.id);
                return Err(Failure::protocol("wrong_message_id", text));
            }
            return decode(self.inbox.message(place)).map_err(|error| Failure::ber(&self.server, error));
        }
    }

    /// Whether nothing came, not even an end, since the last answer: only then can it be asked
    /// again.
    pub(super) fn quiet(&mut self) -> bool {
        self.inbox.is_empty() && self.stream.read(&mut [0; 1]).now_or_never().is_none()
    }

    /// How many bytes it has received.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Reads until a whole message is there, and says its place.
    async fn fill(&mut self) -> Result<Range<usize>, Failure> {
        loop {
            if let Some(place) = self.inbox.next(MESSAGE_LIMIT).map_err(|error| Failure::ber(&self.server, error))? {
                return Ok(place);
            }
            let slowest = Duration::from_millis(self.answered.saturating_mul(1000) / RATE);
            let mut deadline = Instant::now() + self.timeout;
            if !self.unhurried {
                deadline = deadline.min(self.asked + self.timeout + slowest);
            }
            let read = timeout_at(deadline, self.stream.read_buf(self.inbox.room())).await;
            let read = match read {
                Err(_) => return Err(self.late("it stopped answering, or answers too slowly")),
                Ok(Err(error)) => return Err(self.broken(&error)),
                Ok(Ok(0)) => {
                    let message = format!("{} closed the connection", self.server);
                    return Err(Failure::unreachable("disconnected", message));
                }
                Ok(Ok(read)) => read as u64,
            };
            self.answered += read;
            self.total += read;
            if self.total > TOTAL_LIMIT {
                return Err(Failure::protocol("too_much", format!("{} sent more than 8 GiB", self.server)));
            }
        }
    }

    /// Says goodbye, as far as the server listens.
    pub(super) async fn close(mut self) {
        let _ = self.send(Request::Unbind).await;
        let _ = timeout(Duration::from_millis(200), self.stream.shutdown()).await;
    }

    fn late(&self, what: &str) -> Failure {
        Failure::unreachable("timeout", format!("{}: no answer within ldap.timeout: {what}", self.server))
    }

    fn broken(&self, error: &std::io::Error) -> Failure {
        tls::failure(&self.server, error).unwrap_or_else(|| {
            Failure::unreachable("disconnected", format!("the connection to {} broke: {error}", self.server))
        })
    }
}

/// What a message that answers nothing means; `None` for what may be ignored (§4.4).
fn notice(server: &str, message: &Message<'_>) -> Option<Failure> {
    let Response::Extended(result, oid) = message.response else {
        return Some(Failure::protocol("wrong_message_id", format!("{server} answered a request that was never sent")));
    };
    // Active Directory puts the OID where it does not belong, so none counts as this one.
    (oid.is_none() || oid == Some(NOTICE))
        .then(|| Failure::unreachable("disconnected", format!("{server} is closing the connection: {}", say(&result))))
}
