//! An HTTP server that answers as a test says: for what no real service does on demand.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request, as far as tests look at it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// The path with its query, as it was sent.
    pub target: String,
    pub authorization: String,
    /// All headers, as they were sent.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// What stands in the query, each name once.
    pub fn query(&self) -> BTreeMap<String, String> {
        form(self.target.split_once('?').map_or("", |(_, query)| query))
    }

    /// What stands in the form that was sent, each name once.
    pub fn form(&self) -> BTreeMap<String, String> {
        form(&self.body)
    }

    /// A number in the query.
    pub fn number(&self, name: &str) -> usize {
        let query = self.target.split_once('?').unwrap().1;
        let found = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.unwrap().parse().unwrap()
    }
}

/// A query or a form.
pub fn form(text: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Only so many bytes of the body are sent.
    pub cut: Option<usize>,
}

impl Reply {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", kind.to_owned())], body: body.into(), cut: None }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

#[derive(Debug)]
pub struct ScriptedHttp {
    port: u16,
    asked: Arc<Mutex<Option<Vec<Asked>>>>,
}

impl ScriptedHttp {
    pub fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Some(Vec::new())));
        let (state, script) = (Arc::clone(&asked), Arc::new(script));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // `None` says that the server was dropped.
                if state.lock().unwrap().is_none() {
                    return;
                }
                let (state, script) = (Arc::clone(&state), Arc::clone(&script));
                thread::spawn(move || serve(client, &state, &*script));
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone().unwrap()
    }
}

impl Drop for ScriptedHttp {
    fn drop(&mut self) {
        *self.asked.lock().unwrap() = None;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// One request, then the connection ends.
fn serve(client: TcpStream, state: &Mutex<Option<Vec<Asked>>>, script: &dyn Fn(&Asked) -> Reply) {
    let mut stream = BufReader::new(client.try_clone().unwrap());
    let mut lines = stream.by_ref().lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut asked = Asked { method, target, authorization: String::new(), headers, body: String::new() };
    asked.authorization = asked.header("authorization").unwrap_or_default().to_owned();
    let mut body = vec![0; asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    if stream.read_exact(&mut body).is_err() {
        return;
    }
    asked.body = String::from_utf8(body).unwrap();
    if let Some(all) = state.lock().unwrap().as_mut() {
        all.push(asked.clone());
    }
    let reply = script(&asked);
    let mut head =
        format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n", reply.status, reply.body.len());
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut client = client;
    let sent = reply.cut.unwrap_or(reply.body.len());
    let _ = client.write_all(head.as_bytes());
    let _ = client.write_all(&reply.body[..sent]);
}
