//! What strangers send: nothing of it ends the process, holds it up, or is unpacked.

use super::served::{Served, http, problem};
use crate::world::wait_until;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// What comes back to these bytes until the end of the connection.
pub fn raw(served: &Served, bytes: &[u8]) -> String {
    let mut stream = connect(served);
    // The other side may hang up before it has taken all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// W07: bodies that are too large, compressed, not UTF-8, not JSON, nested without end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w07_hostile_bodies_cost_one_refusal_each() {
    let mut served = Served::new(&http("max_body = 4096")).await;
    let post = |body: Vec<u8>| {
        served.with("run", "POST", "/api/v1/runs").header("content-type", "application/json").body(body)
    };
    let large = format!("{{\"provider\":\"{}\"}}", "x".repeat(10 << 20)).into_bytes();
    let cases: [(Vec<u8>, u16, &str); 6] = [
        (large, 413, "too-large"),
        (b"{\"provider\":\"\xff\xfe\"}".to_vec(), 400, "bad-request"),
        (b"{\"provider\":".to_vec(), 400, "bad-request"),
        (b"".to_vec(), 400, "bad-request"),
        ("[".repeat(4000).into_bytes(), 422, "invalid"),
        (b"{\"provider\":\"corp\",\"provider\":\"corp\"}".to_vec(), 422, "invalid"),
    ];
    for (body, status, kind) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        // A body that is refused while it is still sent can break the connection instead.
        if let Ok(response) = post(body).send().await {
            let (got, slug, _) = problem(response).await;
            assert_eq!((got, slug.as_str()), (status, kind), "{shown}");
        } else {
            assert_eq!(status, 413, "{shown}");
        }
    }
    let nested = format!("{{\"provider\":\"corp\",\"input\":{}", "[".repeat(4000));
    let deep =
        served.with("explain", "POST", "/api/v1/simulate").header("content-type", "application/json").body(nested);
    assert_eq!(problem(deep.send().await.unwrap()).await.0, 400);
    for encoding in ["gzip", "br", "identity, gzip"] {
        let (status, kind, _) =
            problem(post(b"{}".to_vec()).header("content-encoding", encoding).send().await.unwrap()).await;
        assert_eq!((status, kind.as_str()), (415, "unsupported-media-type"), "{encoding}");
    }
    let plain = served
        .with("run", "POST", "/api/v1/runs")
        .header("content-type", "text/plain")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(problem(plain).await.0, 415);
    // The same behind an Idempotency-Key, where the body is read before the handler.
    let keyed = post(vec![b' '; 1 << 20]).header("idempotency-key", served.key()).send().await;
    if let Ok(response) = keyed {
        assert_eq!(problem(response).await.0, 413);
    }
    served.get("read", "/api/v1/status").await;
    served.stop();
}

/// W09: heads that never end, too many headers, connections that say nothing. Others are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w09_slow_and_flooding_clients_do_not_hold_up_others() {
    let mut served =
        Served::new(&http("header_timeout = \"1s\"\nrequest_timeout = \"2s\"\nmax_connections = 40")).await;
    let many: String = (0..500).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x-long: {}\r\n", "y".repeat(100_000));
    for headers in [many, long] {
        let answer = raw(&served, format!("GET /api/v1/status HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    for nonsense in [&b"\x16\x03\x01\x02\x00"[..], b"GET\r\n\r\n", b"\0\0\0\0", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let answer = raw(&served, nonsense);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 404"),
            "{answer}"
        );
    }
    // As many slow ones as there are places: each loses its place after a second.
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..40).map(|_| connect(&served)).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        if n % 2 == 0 {
            let _ = stream.write_all(b"GET /api/v1/status HTTP/1.1\r\nhost: x\r\nx-slow: ");
        }
    }
    served.get("read", "/api/v1/status").await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(slow);
    // A body that never ends is bound by the time for the whole request.
    let began = Instant::now();
    let token = &served.tokens["run"];
    let head = format!(
        "POST /api/v1/runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{\"prov"
    );
    let answer = raw(&served, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    served.get("read", "/api/v1/status").await;
    served.stop();
}

/// W18: on every answer, also on refusals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w18_every_answer_has_the_headers() {
    let mut served = Served::new(&http("")).await;
    for (method, path) in [
        ("GET", "/api/v1/status"),
        ("GET", "/nothing"),
        ("PUT", "/api/v1/runs"),
        ("GET", "/api/v1/tokens"),
        ("GET", "/x?token=1"),
    ] {
        let response = served.with("read", method, path).send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap()).unwrap_or_default().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("server"), "", "{path}");
        assert!(!response.headers().contains_key("access-control-allow-origin"), "W16: {path}");
    }
    served.stop();
}

/// Requests under way are answered; then the process ends, also with a stream that is open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_without_waiting_for_streams() {
    let mut served = Served::new(&http("stop_grace = \"5s\"")).await;
    served.site.database.rows("SELECT 1");
    let idle = connect(&served);
    let began = Instant::now();
    served.stop();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    drop(idle);
    assert!(wait_until(5, || TcpStream::connect(served.url.trim_start_matches("http://")).is_err()));
}
