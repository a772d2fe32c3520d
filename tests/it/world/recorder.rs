//! Somebody between rosterd and a server who keeps every byte that passes, and changes one where asked to.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// Behind so many bytes of the server on a connection, the next is another.
    change: Option<usize>,
    over: bool,
}

#[derive(Debug)]
pub struct Recorder {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Recorder {
    /// Before the server at that address.
    pub fn start(address: &str, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, address) = (Arc::clone(&state), address.to_owned());
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.lock().unwrap().over {
                    return;
                }
                if let (Ok(client), Ok(server)) = (client, TcpStream::connect((address.as_str(), port))) {
                    let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
                    pass(ends.0, ends.1, &shared, false);
                    pass(server, client, &shared, true);
                }
            }
        });
        Self { port: own, state }
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// From the next connection on: a byte of the server's, behind so many, is changed.
    pub fn change_behind(&self, bytes: usize) {
        self.state.lock().unwrap().change = Some(bytes);
    }

    /// How many bytes have passed.
    pub fn passed(&self) -> usize {
        self.state.lock().unwrap().bytes.len()
    }

    /// Whether these bytes have passed, in any case of letters.
    pub fn saw(&self, text: &str) -> bool {
        let state = self.state.lock().unwrap();
        state.bytes.windows(text.len()).any(|bytes| bytes.eq_ignore_ascii_case(text.as_bytes()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.state.lock().unwrap().over = true;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: &Arc<Mutex<State>>, server: bool) {
    let state = Arc::clone(state);
    thread::spawn(move || {
        let (mut buffer, mut passed) = ([0; 16 << 10], 0);
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            let bytes = &mut buffer[..n];
            {
                let mut state = state.lock().unwrap();
                let at = state.change.filter(|_| server).and_then(|change| change.checked_sub(passed));
                if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
                    *byte ^= 0xff;
                }
                state.bytes.extend_from_slice(bytes);
            }
            passed += n;
            if to.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}
