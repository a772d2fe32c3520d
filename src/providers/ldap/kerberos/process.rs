//! The helper as a process of rosterd: started, spoken to, and ended with the connection it serves.

use super::super::failure::Failure;
use super::frame::{self, Kind};
use super::{Wish, helper};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// This program, also after its file was replaced (proc(5)).
const PROGRAM: &str = "/proc/self/exe";

/// A helper. Ended when it is dropped; once [`Kind::Go`] was sent, the stream through which LDAP goes.
#[derive(Debug)]
pub(super) struct Helper {
    stream: UnixStream,
    _process: Child,
}

impl Helper {
    /// Starts one; `server` is the connection that it will wrap.
    pub(super) fn start(wish: &Wish, server: Option<OwnedFd>) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::unreachable("bind", format!("the Kerberos helper: {error}"));
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let mut command = Command::new(PROGRAM);
        // A signal to rosterd's terminal is not the helper's: it ends with the connection.
        command.arg0("rosterd").arg(helper::ARGUMENT).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stderr(Stdio::null());
        command.stdout(server.map_or_else(Stdio::null, Stdio::from));
        // Its messages are compared with nothing, but read by people who read the rest in English.
        command.env("LC_ALL", "C");
        if let Some(keytab) = &wish.keytab {
            // Tickets of a keytab are nobody else's, and gone with the process.
            command.env("KRB5_CLIENT_KTNAME", keytab).env("KRB5CCNAME", "MEMORY:rosterd");
        }
        let process = command.spawn().map_err(failed)?;
        Ok(Self { stream: UnixStream::from_std(ours).map_err(failed)?, _process: process })
    }

    pub(super) async fn send(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        frame::send(&mut self.stream, kind, bytes).await
    }

    pub(super) async fn receive(&mut self) -> io::Result<(Kind, Vec<u8>)> {
        frame::receive(&mut self.stream).await
    }
}

impl AsyncRead for Helper {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Helper {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
