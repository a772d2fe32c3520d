//! R48, R49: who does not take what rosterd tells costs lines, never work.

use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;
use async_trait::async_trait;
use rosterd::clock::SystemClock;
use rosterd::http::ops::{Detail, Vitals, listen, serve};
use rosterd::telemetry::Metrics;
use rosterd::telemetry::log::{Form, Log, Queue, Sink};
use std::io::{Read as _, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tracing_subscriber::layer::SubscriberExt as _;

/// Takes nothing until it is told to.
#[derive(Debug)]
struct Stuck(Mutex<Receiver<()>>, Arc<Mutex<Vec<u8>>>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Ends when the sender is dropped.
        let _ = self.0.lock().unwrap().recv();
        self.1.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn r48_a_sink_that_is_stuck_holds_nobody_up_and_is_told_of() {
    let (let_go, stuck) = channel();
    let out = Arc::new(Mutex::new(Vec::new()));
    let queue = Queue::start(Sink::Other(Box::new(Stuck(Mutex::new(stuck), Arc::clone(&out))))).unwrap();
    let layer = Log::new(queue.clone(), Form::Text, Arc::new(SystemClock));
    let (recorder, metrics) = Metrics::apart().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    metrics::with_local_recorder(&recorder, || {
        tracing::subscriber::with_default(subscriber, || {
            let watch = Instant::now();
            for line in 0..30_000 {
                tracing::info!(line, "work goes on");
            }
            assert!(watch.elapsed() < Duration::from_secs(20), "{:?}", watch.elapsed());
            let watch = Instant::now();
            queue.flush(Duration::from_millis(300));
            assert!(watch.elapsed() < Duration::from_secs(2), "the end of the program does not wait either");
            drop(let_go);
            queue.flush(Duration::from_secs(20));
            tracing::info!("afterwards");
            queue.flush(Duration::from_secs(20));
        });
    });
    let text = String::from_utf8(out.lock().unwrap().clone()).unwrap();
    let told = text.lines().filter(|line| line.contains("work goes on")).count();
    let lost = 30_000 - told;
    assert!((1000..30_000).contains(&told), "{told} lines were kept");
    assert!(text.contains(&format!("lines of the log were lost lines={lost}\n")), "{lost} lost");
    assert!(text.trim_end().ends_with("afterwards"), "it goes on");
    assert!(metrics.render().contains(&format!("rosterd_log_dropped_total {lost}\n")), "{lost}");
}

/// The daemon, with everything told and nobody reading: people are followed, and it stops in time.
#[test]
fn r48_the_daemon_works_while_nobody_reads_its_standard_error() {
    let provider = PROVIDER.replace("create_missing", "every = \"20ms\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(provider + STAFF_VIEWS));
    let mut people = Roster::of(5, "p", "staff");
    people.write(&site);
    site.run(&["db", "migrate"]).expect(0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_rosterd"))
        .args(["--config", "rosterd.toml", "run"])
        .current_dir(site.dir())
        .env("ROSTERD_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(wait_until(60, || site.tables().org_members.len() == 5));
    // A pipe holds 64 KB; a run at `trace` tells some KB.
    std::thread::sleep(Duration::from_secs(5));
    people.add(3, "late", "staff");
    people.write(&site);
    assert!(wait_until(60, || site.tables().org_members.len() == 8), "nobody is followed any more");
    let sent = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
    let ended = wait_until(30, || child.try_wait().unwrap().is_some());
    if !ended {
        child.kill().unwrap();
    }
    assert!(ended && child.wait().unwrap().success(), "it does not stop while nobody reads");
}

struct Well;

#[async_trait]
impl Vitals for Well {
    fn since_beat(&self) -> Duration {
        Duration::ZERO
    }

    fn is_stopping(&self) -> bool {
        false
    }

    async fn database(&self) -> Result<(), String> {
        Ok(())
    }

    fn details(&self) -> Vec<Detail> {
        Vec::new()
    }

    fn measure(&self) {}
}

fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Some send nothing, some half a request, some never read their answer; probes are answered all along.
#[test]
fn r49_scrapers_that_hang_cost_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (_, metrics) = Metrics::apart().unwrap();
    let listener = runtime.block_on(listen("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener, Arc::new(Well), metrics));
    let mut hanging = Vec::new();
    for at in 0..60 {
        let mut stream = TcpStream::connect(address).unwrap();
        match at % 3 {
            0 => {}
            1 => stream.write_all(b"GET /metrics HTTP/1.1\r\nho").unwrap(),
            _ => stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap(),
        }
        hanging.push(stream);
    }
    let watch = Instant::now();
    for path in ["/livez", "/readyz", "/metrics"] {
        let text = get(address, path);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {text}");
    }
    assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
    // Those that send nothing are let go, too.
    let silent = &mut hanging[0];
    silent.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    let ended = silent.read_to_end(&mut rest);
    assert!(ended.is_ok(), "{ended:?}");
}
