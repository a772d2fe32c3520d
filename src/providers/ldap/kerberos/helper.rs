//! The helper's side: gets a ticket, makes tokens, then wraps what rosterd sends and unwraps what the server sends.
//!
//! Its standard input is the socket to rosterd, its standard output the socket to the server, and it ends with
//! either. It blocks, logs nothing, and keeps nothing in a file.

use super::Wish;
use super::frame::{self, Kind};
use super::layer::{self, Offer};
use super::notice::notice;
use super::status;
use super::why::{Refusal, Why};
use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_KRB5_PRINCIPAL, OidSet};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The program's only argument when it is to be the helper.
pub const ARGUMENT: &str = "kerberos-helper";

/// What the program is then.
#[must_use]
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // rosterd sees the end of the socket; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    let mut rosterd = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (kind, wish) = frame::read(&mut rosterd)?;
    let wish: Wish = serde_json::from_slice(&wish)?;
    if kind != Kind::Wish {
        return Err(io::Error::new(ErrorKind::InvalidData, "not a wish"));
    }
    let (context, offer) = match exchange(&mut rosterd, &wish) {
        Ok(done) => done,
        Err(Stop::Refused(refusal)) => {
            return frame::write(&mut rosterd, Kind::Refusal, &serde_json::to_vec(&refusal)?);
        }
        Err(Stop::Broken(error)) => return Err(error),
    };
    match frame::read(&mut rosterd)?.0 {
        Kind::Go => between(rosterd, context, offer),
        _ => Err(io::Error::new(ErrorKind::InvalidData, "not a go")),
    }
}

/// Why an exchange ends early.
enum Stop {
    Refused(Refusal),
    Broken(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Tokens to and fro until both sides know each other and have agreed on a layer (RFC 4752 §3.1).
fn exchange(rosterd: &mut UnixStream, wish: &Wish) -> Result<(ClientCtx, Offer), Stop> {
    let refused = |error| Stop::Refused(status::refusal(error, wish.keytab.is_some()));
    let answer = |said: &str| Stop::Refused(Refusal { why: Why::Answer, said: said.to_owned() });
    let mut context = start(wish).map_err(refused)?;
    let binding = wish.binding.as_deref().filter(|binding| !binding.is_empty());
    let mut token = None;
    while !context.is_complete() {
        let next = context.step(token.as_deref(), binding).map_err(refused)?;
        frame::write(rosterd, Kind::Token, next.as_deref().unwrap_or_default())?;
        token = Some(frame::read(rosterd)?.1);
    }
    let flags = context.flags().map_err(refused)?;
    if !flags.contains(wanted(wish)) {
        return Err(answer("the server did not prove who it is, or cannot encrypt"));
    }
    let offer = context.unwrap(&token.unwrap_or_default()).map_err(refused)?;
    let offer = Offer::read(&offer).map_err(answer)?;
    let choice = offer.answer(wish.seals()).map_err(answer)?;
    let last = context.wrap(false, &choice).map_err(refused)?;
    frame::write(rosterd, Kind::Last, &last)?;
    Ok((context, offer))
}

fn start(wish: &Wish) -> Result<ClientCtx, libgssapi::error::Error> {
    let mechanisms = OidSet::singleton(GSS_MECH_KRB5)?;
    let account =
        wish.principal.as_deref().map(|name| Name::new(name.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL))).transpose()?;
    let ticket = Cred::acquire(account.as_ref(), None, CredUsage::Initiate, Some(&mechanisms))?;
    let service = Name::new(wish.service.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE))?;
    Ok(ClientCtx::new(Some(ticket), service, wanted(wish), Some(GSS_MECH_KRB5)))
}

/// The server proves who it is; without TLS below, messages are encrypted and in order. Over TLS Active Directory
/// refuses whoever asks for more.
fn wanted(wish: &Wish) -> CtxFlags {
    let always = CtxFlags::GSS_C_MUTUAL_FLAG | CtxFlags::GSS_C_SEQUENCE_FLAG;
    match wish.seals() {
        true => always | CtxFlags::GSS_C_INTEG_FLAG | CtxFlags::GSS_C_CONF_FLAG,
        false => always,
    }
}

/// Stands between rosterd and the server until one of them is gone.
fn between(mut rosterd: UnixStream, context: ClientCtx, offer: Offer) -> io::Result<()> {
    let server = TcpStream::from(io::stdout().as_fd().try_clone_to_owned()?);
    server.set_nonblocking(false)?;
    let context = Mutex::new(context);
    let (to_rosterd, from_server) = (rosterd.try_clone()?, server.try_clone()?);
    thread::scope(|scope| {
        scope.spawn(|| incoming(from_server, to_rosterd, &context));
        let done = outgoing(&mut rosterd, &server, &context, offer);
        let _ = server.shutdown(Shutdown::Both);
        done
    })
}

fn outgoing(
    rosterd: &mut UnixStream,
    mut server: &TcpStream,
    context: &Mutex<ClientCtx>,
    offer: Offer,
) -> io::Result<()> {
    let mut piece = vec![0; offer.piece()];
    loop {
        let n = rosterd.read(&mut piece)?;
        if n == 0 {
            return Ok(());
        }
        let bytes = piece.get(..n).unwrap_or_default();
        let token =
            context.lock().unwrap_or_else(PoisonError::into_inner).wrap(true, bytes).map_err(io::Error::other)?;
        server.write_all(&layer::framed(&token, offer.longest)?)?;
    }
}

fn incoming(mut server: TcpStream, mut rosterd: UnixStream, context: &Mutex<ClientCtx>) {
    let why = loop {
        match layer::next(&mut server) {
            Ok(None) => break None,
            Ok(Some(token)) => {
                let plain = context.lock().unwrap_or_else(PoisonError::into_inner).unwrap(&token);
                match plain {
                    Ok(plain) if rosterd.write_all(&plain).is_ok() => {}
                    Ok(_) => break None,
                    Err(error) => break Some(format!("a message was changed on its way, or is out of order: {error}")),
                }
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => break Some(error.to_string()),
            Err(_) => break None,
        }
    };
    if let Some(why) = why {
        let _ = rosterd.write_all(&notice(&why));
    }
    let _ = rosterd.shutdown(Shutdown::Both);
}
