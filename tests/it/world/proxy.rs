//! A loopback TCP proxy that breaks connections as networks do.

use super::commits::Commits;
use super::ldap_tamper::{Tamper, Tampering};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to the bytes that come from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// They pass.
    None,
    /// So many pass on each connection, then it is closed.
    CutAfter(usize),
    /// So many pass on each connection, then it stays open and silent.
    FreezeAfter(usize),
    /// LDAP messages are changed on their way.
    Ldap(Tamper),
    /// Nothing passes, either way, until another fault is set: then what was kept goes on.
    Silent,
    /// PostgreSQL: what a client asks to commit, of what changed the authorization tables, gets no
    /// answer, and the connection is closed. It reaches the server or does not.
    CutAtCommit { delivered: bool },
}

/// Passes connections on to a port of this machine.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Proxy {
    pub fn start(target: u16) -> Self {
        Self::start_moving(target, usize::MAX, target)
    }

    /// So many connections go to the one port, all later ones to the other.
    pub fn start_moving(first: u16, connections: usize, then: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let fault = Arc::new(Mutex::new(Some(Fault::None)));
        let state = Arc::clone(&fault);
        thread::spawn(move || {
            for (n, client) in listener.incoming().enumerate() {
                // `None` says that the proxy was dropped.
                if state.lock().unwrap().is_none() {
                    return;
                }
                let target = if n < connections { first } else { then };
                if let (Ok(client), Ok(server)) = (client, TcpStream::connect((Ipv4Addr::LOCALHOST, target))) {
                    serve(client, server, &state);
                }
            }
        });
        Self { port, fault }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From the next bytes on.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        *self.fault.lock().unwrap() = None;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn wait_while_silent(fault: &Mutex<Option<Fault>>) {
    while *fault.lock().unwrap() == Some(Fault::Silent) {
        thread::sleep(Duration::from_millis(5));
    }
}

fn serve(mut client: TcpStream, mut server: TcpStream, fault: &Arc<Mutex<Option<Fault>>>) {
    let (mut client_in, mut server_out) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let out_fault = Arc::clone(fault);
    thread::spawn(move || {
        let mut commits = Commits::default();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = client_in.read(&mut buffer) {
            let bytes = &buffer[..n];
            wait_while_silent(&out_fault);
            let commits = commits.hold(bytes);
            let cut = match *out_fault.lock().unwrap() {
                Some(Fault::CutAtCommit { delivered }) if commits => Some(delivered),
                _ => None,
            };
            if cut != Some(false) && server_out.write_all(bytes).is_err() {
                break;
            }
            if let Some(delivered) = cut {
                // Nothing of the answer may pass; the server may well be still at it.
                let _ = client_in.shutdown(Shutdown::Both);
                if delivered {
                    thread::sleep(Duration::from_millis(200));
                }
                let _ = server_out.shutdown(Shutdown::Both);
                return;
            }
        }
        let _ = server_out.shutdown(Shutdown::Write);
    });
    let fault = Arc::clone(fault);
    thread::spawn(move || {
        let mut passed = 0;
        let mut tampering = Tampering::default();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = server.read(&mut buffer) {
            wait_while_silent(&fault);
            let now = fault.lock().unwrap().clone();
            if let Some(Fault::Ldap(how)) = &now {
                if client.write_all(&tampering.feed(&buffer[..n], how)).is_err() {
                    break;
                }
                continue;
            }
            let allowed = match now {
                Some(Fault::CutAfter(limit) | Fault::FreezeAfter(limit)) => n.min(limit.saturating_sub(passed)),
                Some(_) => n,
                None => 0,
            };
            passed += allowed;
            if client.write_all(&buffer[..allowed]).is_err() {
                break;
            }
            if allowed < n {
                while matches!(*fault.lock().unwrap(), Some(Fault::FreezeAfter(_))) {
                    thread::sleep(Duration::from_millis(20));
                }
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    });
}
