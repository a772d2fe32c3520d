//! An LDAP server that answers what the test tells it to, bytes that no real server sends
//! included. It keeps what it was asked.
//!
//! Reads and writes LDAP by its own few lines, not by rosterd's.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The paging control (RFC 2696).
const PAGED: &str = "1.2.840.113556.1.4.319";

/// A request, as the server understood it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The message id, which the answers must carry.
    pub id: i32,
    pub what: What,
    /// How many connections were opened before this request's.
    pub connection: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Bind {
        dn: String,
        password: String,
    },
    Search {
        base: String,
        /// As it came, to look for values in.
        filter: Vec<u8>,
        attributes: Vec<String>,
        cookie: Option<Vec<u8>>,
    },
    StartTls,
    Unbind,
}

impl Asked {
    /// Below which DN is searched; empty for other requests.
    pub fn base(&self) -> &str {
        match &self.what {
            What::Search { base, .. } => base,
            _ => "",
        }
    }

    /// Whether the filter, or the base, holds this text.
    pub fn names(&self, text: &str) -> bool {
        let within = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        matches!(&self.what, What::Search { base, filter, .. } if within(filter) || within(base.as_bytes()))
    }

    /// The paging cookie sent; empty on the first page and without paging.
    pub fn cookie(&self) -> &[u8] {
        match &self.what {
            What::Search { cookie: Some(cookie), .. } => cookie,
            _ => &[],
        }
    }
}

/// What the server does, one after the other.
#[derive(Debug, Clone)]
pub enum Act {
    Send(Vec<u8>),
    /// Sends a byte, waits so long, and so on.
    Drip(Vec<u8>, Duration),
    /// Sends the same for ever, as fast as it is taken.
    Endless(Vec<u8>),
    /// Keeps the connection open and says nothing more.
    Silence,
    Close,
}

type Script = dyn Fn(&Asked) -> Vec<Act> + Send + Sync;

/// The server. Stops accepting when dropped.
pub struct ScriptedLdap {
    port: u16,
    state: Arc<State>,
}

struct State {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    stopped: Mutex<bool>,
}

impl ScriptedLdap {
    /// Binds with any password succeed; everything else is the script's.
    pub fn start(script: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_raw(move |asked| match asked.what {
            What::Bind { .. } => vec![Act::Send(bind_done(asked.id, 0, ""))],
            _ => script(asked),
        })
    }

    /// Everything is the script's, binds included.
    pub fn start_raw(script: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Box::new(script);
        let state = Arc::new(State { script, asked: Mutex::default(), stopped: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                if *shared.stopped.lock().unwrap() {
                    return;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, connection, &shared));
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Everything that was asked so far, unbinds left out.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for ScriptedLdap {
    fn drop(&mut self) {
        *self.state.stopped.lock().unwrap() = true;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(mut stream: TcpStream, connection: usize, state: &State) {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        while let Some(len) = message_len(&received) {
            let message: Vec<u8> = received.drain(..len).collect();
            let asked = read_request(&message, connection);
            if asked.what == What::Unbind {
                return;
            }
            state.asked.lock().unwrap().push(asked.clone());
            for act in (state.script)(&asked) {
                if !play(&mut stream, act, state) {
                    let _ = stream.shutdown(Shutdown::Both);
                    return;
                }
            }
        }
        match stream.read(&mut buffer) {
            Ok(n @ 1..) => received.extend_from_slice(&buffer[..n]),
            _ => return,
        }
    }
}

/// False when the connection is to end.
fn play(stream: &mut TcpStream, act: Act, state: &State) -> bool {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).is_ok(),
        Act::Drip(bytes, pause) => bytes.iter().all(|byte| {
            thread::sleep(pause);
            stream.write_all(&[*byte]).is_ok()
        }),
        Act::Endless(bytes) => {
            while stream.write_all(&bytes).is_ok() {}
            false
        }
        Act::Silence => {
            // Until the client has had enough, or the test is over.
            stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            while !*state.stopped.lock().unwrap() {
                if matches!(stream.read(&mut [0; 64]), Ok(0)) {
                    return false;
                }
            }
            false
        }
        Act::Close => false,
    }
}

/// One element.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..0x80 => out.push(short as u8),
        // As Active Directory writes lengths: always four bytes.
        long => {
            out.push(0x84);
            out.extend((long as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

fn number(tag: u8, value: i32) -> Vec<u8> {
    tlv(tag, &value.to_be_bytes())
}

/// A message around an operation, with response controls if they are not empty.
pub fn message(id: i32, operation: &[u8], controls: &[u8]) -> Vec<u8> {
    let mut content = number(2, id);
    content.extend_from_slice(operation);
    if !controls.is_empty() {
        content.extend(tlv(0xa0, controls));
    }
    tlv(0x30, &content)
}

fn result(tag: u8, code: i32, text: &str, more: &[u8]) -> Vec<u8> {
    let fields = [number(0x0a, code), tlv(4, b""), tlv(4, text.as_bytes()), more.to_vec()];
    tlv(tag, &fields.concat())
}

pub fn bind_done(id: i32, code: i32, text: &str) -> Vec<u8> {
    message(id, &result(0x61, code, text, b""), b"")
}

/// An extended answer, such as StartTLS's.
pub fn extended_done(id: i32, code: i32, text: &str) -> Vec<u8> {
    message(id, &result(0x78, code, text, b""), b"")
}

/// Notice of Disconnection (RFC 4511 §4.4.1).
pub fn notice(code: i32, text: &str) -> Vec<u8> {
    message(0, &result(0x78, code, text, &tlv(0x8a, b"1.3.6.1.4.1.1466.20036")), b"")
}

/// The end of a search, without a paging control.
pub fn done(id: i32, code: i32) -> Vec<u8> {
    message(id, &result(0x65, code, "as scripted", b""), b"")
}

/// The end of a page; an empty cookie says that it was the last.
pub fn done_paged(id: i32, code: i32, cookie: &[u8]) -> Vec<u8> {
    let value = tlv(0x30, &[number(2, 0), tlv(4, cookie)].concat());
    let control = tlv(0x30, &[tlv(4, PAGED.as_bytes()), tlv(4, &value)].concat());
    message(id, &result(0x65, code, "as scripted", b""), &control)
}

pub fn reference(id: i32, url: &str) -> Vec<u8> {
    message(id, &tlv(0x73, &tlv(4, url.as_bytes())), b"")
}

/// An entry: its DN, and attributes with their values.
pub fn entry<V: AsRef<[u8]>>(id: i32, dn: impl AsRef<[u8]>, attributes: &[(&str, &[V])]) -> Vec<u8> {
    let attributes: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values: Vec<u8> = values.iter().flat_map(|value| tlv(4, value.as_ref())).collect();
            tlv(0x30, &[tlv(4, name.as_bytes()), tlv(0x31, &values)].concat())
        })
        .collect();
    message(id, &tlv(0x64, &[tlv(4, dn.as_ref()), tlv(0x30, &attributes)].concat()), b"")
}

/// How long the first message is, if it is all there.
fn message_len(bytes: &[u8]) -> Option<usize> {
    let (head, len) = length(bytes)?;
    (bytes.len() >= head + len).then_some(head + len)
}

/// The size of tag and length, and the length.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.get(1)? {
        short @ 0..0x80 => Some((2, usize::from(short))),
        long => {
            let digits = bytes.get(2..2 + usize::from(long & 0x7f))?;
            Some((2 + digits.len(), digits.iter().fold(0, |n, byte| n << 8 | usize::from(*byte))))
        }
    }
}

/// Takes an element off the front: its tag and content.
fn take<'a>(bytes: &mut &'a [u8]) -> (u8, &'a [u8]) {
    let (head, len) = length(bytes).unwrap();
    let (tag, content) = (bytes[0], &bytes[head..head + len]);
    *bytes = &bytes[head + len..];
    (tag, content)
}

fn text(bytes: &mut &[u8]) -> String {
    String::from_utf8(take(bytes).1.to_vec()).unwrap()
}

fn read_request(mut bytes: &[u8], connection: usize) -> Asked {
    let mut message = take(&mut bytes).1;
    let id = take(&mut message).1.iter().fold(0, |n, byte| n << 8 | i32::from(*byte));
    let (tag, mut operation) = take(&mut message);
    let what = match tag {
        0x60 => {
            take(&mut operation);
            What::Bind { dn: text(&mut operation), password: text(&mut operation) }
        }
        0x63 => {
            let base = text(&mut operation);
            for _scope_to_types_only in 0..5 {
                take(&mut operation);
            }
            let (_, filter) = take(&mut operation);
            let filter = filter.to_vec();
            let mut names = take(&mut operation).1;
            let mut attributes = Vec::new();
            while !names.is_empty() {
                attributes.push(text(&mut names));
            }
            let mut cookie = None;
            let mut controls = if message.is_empty() { message } else { take(&mut message).1 };
            while !controls.is_empty() {
                let mut control = take(&mut controls).1;
                if text(&mut control) == PAGED {
                    take(&mut control);
                    let mut value = take(&mut take(&mut control).1).1;
                    take(&mut value);
                    cookie = Some(take(&mut value).1.to_vec());
                }
            }
            What::Search { base, filter, attributes, cookie }
        }
        0x77 => What::StartTls,
        0x42 => What::Unbind,
        other => panic!("a request of type {other:#04x}"),
    };
    Asked { id, what, connection }
}
