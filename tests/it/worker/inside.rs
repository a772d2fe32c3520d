//! The worker's loop in this process: its clock is set by the test, its providers do as they are told.

use crate::world::roster::Roster;
use async_trait::async_trait;
use rosterd::clock::Clock;
use rosterd::config::{self, Diagnostics, Format, Loaded};
use rosterd::lifecycle::{Stop, Systemd};
use rosterd::providers::{CheckStep, Directory, ProviderError, ProviderErrorKind, ReadRequest};
use rosterd::random::{Random, RandomError};
use rosterd::store::{self, Access, Store};
use rosterd::worker::{self, Handle, RunEvent, Source, Surroundings, What, Worker};
use rosterd_core::ids::Timestamp;
use rosterd_core::snapshot::Reading;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything here takes on a slow machine; who needs longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// 2026-11-20 00:00 UTC, a Friday.
pub const MIDNIGHT: i64 = 1_795_132_800_000;

/// Milliseconds.
pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

#[derive(Debug)]
pub struct SetClock(AtomicI64, AtomicBool);

impl SetClock {
    /// Whoever asks for the time waits.
    pub fn hang(&self, hang: bool) {
        self.1.store(hang, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        while self.1.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// The same numbers in each test.
#[derive(Debug)]
struct Numbers(AtomicU64);

impl Random for Numbers {
    fn seed(&self) -> Result<u128, RandomError> {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }
}

/// What a read does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Answer,
    Fail(ProviderErrorKind),
    Hang,
    Panic,
}

/// Reads its file, or does what it is told instead.
#[derive(Debug)]
pub struct Fake {
    file: Arc<dyn Directory>,
    act: Mutex<Act>,
    reads: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
    /// Reads wait for one; there are plenty unless the test takes them.
    gate: Semaphore,
}

const PLENTY: usize = 1_000_000;

impl Fake {
    pub fn act(&self, act: Act) {
        *self.act.lock().unwrap() = act;
    }

    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// The most reads that were under way at once.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Reads begin and wait.
    pub fn shut(&self) {
        self.gate.forget_permits(PLENTY);
    }

    pub fn open(&self) {
        self.gate.add_permits(PLENTY);
    }
}

#[async_trait]
impl Directory for Fake {
    async fn read(&self, request: &ReadRequest) -> Result<Reading, ProviderError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let permit = self.gate.acquire().await.unwrap();
        let act = *self.act.lock().unwrap();
        let result = match act {
            Act::Answer => self.file.read(request).await,
            Act::Fail(kind) => Err(ProviderError { kind, message: "as the test says".to_owned() }),
            Act::Hang => {
                self.now.fetch_sub(1, Ordering::SeqCst);
                std::future::pending().await
            }
            Act::Panic => {
                self.now.fetch_sub(1, Ordering::SeqCst);
                panic!("as the test says")
            }
        };
        drop(permit);
        self.now.fetch_sub(1, Ordering::SeqCst);
        result
    }

    async fn check(&self) -> Vec<CheckStep> {
        Vec::new()
    }
}

/// A configuration that the test can replace.
struct Text(PathBuf);

impl Source for Text {
    fn load(&self) -> Result<Loaded, Diagnostics> {
        config::load(&self.0, &[])
    }
}

/// A worker at work.
pub struct Inside {
    pub dir: TempDir,
    pub handle: Handle,
    pub clock: Arc<SetClock>,
    pub fakes: BTreeMap<String, Arc<Fake>>,
    pub store: Arc<dyn Store>,
    pub stop: Stop,
    pub events: broadcast::Receiver<RunEvent>,
    running: JoinHandle<Vec<String>>,
}

/// Does it on a runtime of its own.
pub fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

impl Inside {
    /// `config` has providers whose file is `NAME.yaml`; ten people are in each.
    pub async fn start(config: &str) -> Self {
        Self::start_with(config, Systemd::default()).await
    }

    pub async fn start_with(config: &str, systemd: Systemd) -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite:{}", dir.path().join("rosterd.db").display());
        let path = dir.path().join("rosterd.toml");
        std::fs::write(&path, format!("version = 1\ndatabase.url = {url:?}\n{config}")).unwrap();
        let loaded = config::parse(&std::fs::read_to_string(&path).unwrap(), Format::Toml, "rosterd.toml", &[]);
        let names: Vec<String> = loaded.unwrap().config.providers.into_keys().collect();
        for name in &names {
            let text = Roster::of(10, name, "staff").yaml();
            std::fs::write(dir.path().join(format!("{name}.yaml")), text).unwrap();
        }
        let loaded = config::load(&path, &[]).unwrap();

        let clock = Arc::new(SetClock(AtomicI64::new(MIDNIGHT), AtomicBool::new(false)));
        let store = store::open(&url, None, Access::Write).await.unwrap();
        store.migrate(clock.now()).await.unwrap();
        let around = Surroundings {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::new(Numbers(AtomicU64::new(1))),
        };
        let mut engine = worker::engine(&loaded, &around, None).unwrap();
        let mut fakes = BTreeMap::new();
        for (name, directory) in &mut engine.providers {
            let fake = Arc::new(Fake {
                file: Arc::clone(directory),
                act: Mutex::new(Act::Answer),
                reads: AtomicUsize::new(0),
                now: AtomicUsize::new(0),
                most: AtomicUsize::new(0),
                gate: Semaphore::new(PLENTY),
            });
            *directory = Arc::clone(&fake) as Arc<dyn Directory>;
            fakes.insert(name.clone(), fake);
        }
        let worker = Worker::new(engine, Arc::new(Text(path)), systemd).unwrap();
        let handle = worker.handle();
        let events = handle.events();
        let stop = Stop::new();
        let running = tokio::spawn(worker.run(stop.clone()));
        Self { dir, handle, clock, fakes, store, stop, events, running }
    }

    /// Sets the clock and lets the loop look at it.
    pub fn set(&self, to: i64) {
        self.clock.0.store(to, Ordering::SeqCst);
        self.handle.wake();
    }

    pub fn now(&self) -> i64 {
        self.clock.now().0
    }

    pub fn pass(&self, millis: i64) {
        self.set(self.now() + millis);
    }

    /// Who is in `provider`'s file from now on.
    pub fn people(&self, provider: &str, people: &Roster) {
        std::fs::write(self.dir.path().join(format!("{provider}.yaml")), people.yaml()).unwrap();
    }

    /// How the next run of `provider` ends.
    pub async fn end_of(&mut self, provider: &str) -> What {
        loop {
            let event = timeout(LIMIT, self.events.recv()).await.expect("no run ends").unwrap();
            if event.provider == provider && event.what.is_end() {
                return event.what;
            }
        }
    }

    /// Waits until `so`.
    pub async fn until(&self, what: &str, so: impl Fn() -> bool) {
        let wait = async {
            while !so() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        assert!(timeout(LIMIT, wait).await.is_ok(), "{what} does not happen");
    }

    /// Nothing begins for a while, though the loop is asked to look.
    pub async fn stays_quiet(&mut self) {
        for _ in 0..10 {
            self.handle.wake();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let event = self.events.try_recv();
        assert!(event.is_err(), "{event:?}");
    }

    /// Stops it; returns whose runs were abandoned.
    pub async fn end(self) -> Vec<String> {
        self.stop.begin();
        timeout(LIMIT, self.running).await.expect("it does not stop").unwrap()
    }
}

/// A provider's section, with these keys.
pub fn provider(name: &str, keys: &str) -> String {
    format!("[providers.{name}]\nfile.path = \"{name}.yaml\"\ncreate_missing = [\"orgs\"]\n{keys}\n")
}
