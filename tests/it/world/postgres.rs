//! One PostgreSQL for the whole test run, started when the first test asks, with a database for
//! each test. Without PostgreSQL on the machine those tests say so and pass; with
//! `ROSTERD_TEST_ALL=1` in the environment that is a failure.

use std::fs::File;
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

struct Cluster {
    bin: PathBuf,
    port: u16,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(1);

/// The address of an empty database of its own; `None` when there is no PostgreSQL here.
pub(crate) fn database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(start).as_ref()?;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let admin = format!("postgres://rosterd@127.0.0.1:{}/postgres", cluster.port);
    psql(&admin, &format!("CREATE DATABASE {name}"));
    Some(format!("postgres://rosterd@127.0.0.1:{}/{name}", cluster.port))
}

/// Runs SQL by hand, as an administrator would; a line for each row, fields between `|`.
pub(crate) fn psql(url: &str, sql: &str) -> String {
    let cluster = CLUSTER.get_or_init(start).as_ref().expect("a database was given out");
    let out = Command::new(cluster.bin.join("psql"))
        .args(["-X", "-q", "-At", "-F", "|", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .output()
        .expect("psql starts");
    assert!(out.status.success(), "psql: {sql}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("psql prints UTF-8")
}

/// The newest installed version's programs.
pub(crate) fn binaries() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").exists() && bin.join("initdb").exists() && bin.join("psql").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

/// PostgreSQL refuses to run as root: then the account of that name runs it.
pub(crate) fn server_account() -> Option<(u32, u32)> {
    let number = |args: &[&str]| -> u32 {
        let out = Command::new("id").args(args).output().expect("id starts");
        String::from_utf8_lossy(&out.stdout).trim().parse().expect("there is an account `postgres`")
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
}

pub(crate) fn as_account(account: Option<(u32, u32)>, program: &Path) -> Command {
    let Some((uid, gid)) = account else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]).arg(program);
    command
}

#[expect(clippy::print_stderr, reason = "who reads the tests' output must know what was left out")]
fn start() -> Option<Cluster> {
    let Some(bin) = binaries() else {
        assert!(std::env::var_os("ROSTERD_TEST_ALL").is_none(), "ROSTERD_TEST_ALL is set, and PostgreSQL is missing");
        eprintln!("PostgreSQL is not installed: its tests are left out");
        return None;
    };
    let account = server_account();
    // Kept, because a static is never dropped: the watchdog below deletes it.
    let dir = tempfile::Builder::new().prefix("rosterd-pg-").tempdir().expect("a temporary directory").keep();
    if let Some((uid, gid)) = account {
        chown(&dir, Some(uid), Some(gid)).expect("root may give it away");
    }
    let data = dir.join("data");
    let made = as_account(account, &bin.join("initdb"))
        .args(["--no-sync", "-U", "rosterd", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&data)
        .env("HOME", &dir)
        .current_dir(&dir)
        .output()
        .expect("initdb starts");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    // Everybody is trusted but the members of one role, which a test makes when it needs it.
    let hba = data.join("pg_hba.conf");
    let trusting = std::fs::read_to_string(&hba).expect("initdb writes it");
    std::fs::write(&hba, format!("host all +with_password 127.0.0.1/32 scram-sha-256\n{trusting}"))
        .expect("it is ours");
    for _attempt in 0..5 {
        let port = super::free_port();
        let log = File::create(dir.join("log")).expect("a log file");
        let mut server = as_account(account, &bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-k"])
            .arg(&dir)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"])
            .env("HOME", &dir)
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if server.try_wait().expect("its state").is_some() {
                break; // Somebody else took the port.
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() && ready(&bin, port) {
                watch(server.id(), &dir);
                return Some(Cluster { bin, port });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _gone = server.kill().and_then(|()| server.wait());
    }
    panic!("PostgreSQL did not start: {}", std::fs::read_to_string(dir.join("log")).unwrap_or_default());
}

fn ready(bin: &Path, port: u16) -> bool {
    let port = port.to_string();
    let out = Command::new(bin.join("psql"))
        .args(["-X", "-h", "127.0.0.1", "-p", &port, "-U", "rosterd", "-d", "postgres", "-c", "SELECT 1"])
        .output();
    out.is_ok_and(|out| out.status.success())
}

/// A shell that outlives this process, stops the server (SIGINT: at once, in order) and deletes
/// its files.
#[expect(clippy::zombie_processes, reason = "it outlives this process on purpose")]
fn watch(server: u32, dir: &Path) {
    let script = "while kill -0 $0 2>/dev/null; do sleep 0.3; done
        kill -INT $1 2>/dev/null; while kill -0 $1 2>/dev/null; do sleep 0.1; done; rm -rf \"$2\"";
    Command::new("sh")
        .args(["-c", script, &std::process::id().to_string(), &server.to_string()])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts");
}
