//! `rosterd healthcheck` says by its exit code alone whether a daemon is ready.

use crate::world::free_port;
use crate::world::rosterd::{self, Outcome};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use tempfile::TempDir;

/// Asks a server that gives `answer` to whoever connects, once; also what it was asked.
fn asked(answer: &'static [u8], env: &[(&str, &str)]) -> (Outcome, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 1024];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(answer).unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    });
    let outcome = check(&["--url", &url], env);
    (outcome, server.join().unwrap())
}

fn check(args: &[&str], env: &[(&str, &str)]) -> Outcome {
    let folder = TempDir::new().unwrap();
    let args: Vec<&str> = ["healthcheck"].iter().chain(args).copied().collect();
    rosterd::start(folder.path(), &args, env).wait()
}

#[test]
fn ready_is_0() {
    let (outcome, request) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", &[]);
    outcome.expect(0).says("answered 200");
    assert!(request.starts_with("GET /readyz HTTP/1.0\r\n"), "{request}");
}

#[test]
fn not_ready_is_1_and_says_why() {
    let (outcome, _) = asked(b"HTTP/1.1 503 Service Unavailable\r\n\r\ndatabase: cannot be reached\n", &[]);
    outcome.expect(1).says("answered 503: database: cannot be reached");
    let (outcome, _) = asked(b"HTTP/1.1 204 No Content\r\n\r\n", &[]);
    outcome.expect(1);
}

#[test]
fn what_is_no_answer_is_1() {
    asked(b"SSH-2.0-OpenSSH_9.2\r\n", &[]).0.expect(1).says("not an HTTP answer");
    asked(b"", &[]).0.expect(1).says("not an HTTP answer");
}

#[test]
fn nobody_there_is_1() {
    let url = format!("http://127.0.0.1:{}/readyz", free_port());
    check(&["--url", &url], &[]).expect(1).says(&url);
    // The same by the variable, as an image's HEALTHCHECK is told.
    check(&[], &[("ROSTERD_HEALTHCHECK_URL", &url)]).expect(1).says(&url);
}

#[test]
fn silence_is_1_within_the_time() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    check(&["--url", &url, "--timeout", "1"], &[]).expect(1).says("no answer within 1 s");
}

/// The daemon beside it is asked, not whatever a proxy reaches.
#[test]
fn no_proxy_is_asked() {
    let proxy = format!("http://127.0.0.1:{}", free_port());
    let (outcome, _) = asked(b"HTTP/1.1 200 OK\r\n\r\n", &[("HTTP_PROXY", &proxy), ("http_proxy", &proxy)]);
    outcome.expect(0);
}

#[test]
fn what_cannot_be_asked_is_wrong_usage() {
    check(&["--url", "https://127.0.0.1:7172/readyz"], &[]).expect(64).says("http://HOST:PORT/PATH");
    check(&["--timeout", "0"], &[]).expect(64);
}
