//! `rosterd healthcheck`: asks a running rosterd whether it is well, for images that hold no shell
//! and no curl.
//!
//! One GET as HTTP/1.0 (RFC 1945), so that the answer ends with the connection and there is nothing
//! to agree on. Never through a proxy, never over TLS: the operations listener is asked on its own
//! machine.

use super::args::{Args, Healthcheck};
use super::exit::{Exit, Failure};
use super::output::print;
use axum::http::Uri;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What is read of an answer at most: the status is in its first line, the reason in the next few.
const ANSWER_BYTES: u64 = 16 * 1024;

pub(super) async fn run(args: &Args, what: &Healthcheck) -> Result<Exit, Failure> {
    let target = Target::parse(&what.url).map_err(|error| Failure::new(Exit::Usage, error))?;
    let limit = Duration::from_secs(what.timeout);
    let answer = match tokio::time::timeout(limit, target.ask()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(Failure::failed(format!("{}: {error}", what.url))),
        Err(_) => return Err(Failure::failed(format!("{}: no answer within {} s", what.url, what.timeout))),
    };
    let (status, body) = read(&answer).ok_or_else(|| Failure::failed(format!("{}: not an HTTP answer", what.url)))?;
    if status != 200 {
        return Err(Failure::failed(format!("{}: answered {status}: {}", what.url, shown(body))));
    }
    print(args, || format!("{} answered 200\n", what.url), || json!({ "url": what.url, "status": status }))?;
    Ok(Exit::Done)
}

/// Where to ask.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    path: String,
}

impl Target {
    fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("--url {url:?}: {error}"))?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("--url {url:?}: write it as http://HOST:PORT/PATH"));
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), path })
    }

    async fn ask(&self) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", self.path, self.host);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES).read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// Status and body of an answer.
fn read(answer: &[u8]) -> Option<(u16, &[u8])> {
    let rest = answer.strip_prefix(b"HTTP/1.0 ").or_else(|| answer.strip_prefix(b"HTTP/1.1 "))?;
    let status = std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()?;
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(&[][..], |at| &answer[at + 4..]);
    Some((status, body))
}

/// The first line of a body, for a terminal: bounded, and without what would control it.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    line.chars().take(200).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: u16, path: &str) -> Result<Target, String> {
        Ok(Target { host: host.to_owned(), port, path: path.to_owned() })
    }

    #[test]
    fn urls_name_host_port_and_path() {
        assert_eq!(Target::parse("http://127.0.0.1:7172/readyz"), target("127.0.0.1", 7172, "/readyz"));
        assert_eq!(Target::parse("http://[::1]:7172/readyz?verbose"), target("::1", 7172, "/readyz?verbose"));
        assert_eq!(Target::parse("http://localhost"), target("localhost", 80, "/"));
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for url in ["https://127.0.0.1:7172/readyz", "127.0.0.1:7172", "/readyz", "http://", "http://a b/", ""] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn answers_are_read_as_far_as_they_go() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nok"), Some((200, &b"ok"[..])));
        assert_eq!(read(b"HTTP/1.0 503 Service Unavailable\r\n\r\n"), Some((503, &b""[..])));
        for answer in [&b""[..], b"HTTP/1.1 2", b"HTTP/2 200 OK\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"] {
            assert_eq!(read(answer), None);
        }
    }

    #[test]
    fn a_reason_controls_no_terminal() {
        assert_eq!(shown(b"\r\ndatabase: \x1b[2Jgone\nmore"), "database: \u{fffd}[2Jgone");
        assert_eq!(shown(b""), "no reason given");
        assert_eq!(shown(&[b'x'; 5000]).len(), 200);
    }
}
