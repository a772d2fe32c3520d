//! A PostgreSQL of a test's own and a standby of it, which can be promoted, with nobody to watch
//! over them.

use super::postgres::{as_account, binaries, server_account};
use super::{free_port, wait_until};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub struct Node {
    pub port: u16,
    server: Child,
    bin: PathBuf,
}

impl Node {
    fn start(bin: PathBuf, data: &Path, dir: &TempDir) -> Self {
        let port = free_port();
        let log = std::fs::File::create(dir.path().join(format!("{port}.log"))).unwrap();
        let server = as_account(server_account(), &bin.join("postgres"))
            .arg("-D")
            .arg(data)
            .args(["-p", &port.to_string(), "-k"])
            .arg(dir.path())
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=50"])
            .args(["-c", "shared_buffers=16MB"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let node = Self { port, server, bin };
        assert!(wait_until(60, || node.try_psql("SELECT 1").is_some()), "PostgreSQL does not start");
        node
    }

    /// What it answers, if it does.
    pub fn try_psql(&self, sql: &str) -> Option<String> {
        let url = format!("postgres://rosterd@127.0.0.1:{}/postgres", self.port);
        let out = Command::new(self.bin.join("psql")).args(["-XqAt", "-d", &url, "-c", sql]).output().unwrap();
        out.status.success().then(|| String::from_utf8(out.stdout).unwrap().trim().to_owned())
    }

    /// As a power cut does: the postmaster and everybody of it.
    pub fn kill(&mut self) {
        // Its children notice that the postmaster is gone, and end.
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        assert!(wait_until(30, || self.try_psql("SELECT 1").is_none()));
    }

    pub fn promote(&self) {
        self.try_psql("SELECT pg_promote()").unwrap();
        assert!(wait_until(30, || self.try_psql("SELECT pg_is_in_recovery()").as_deref() == Some("f")));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.server.try_wait().unwrap().is_none() {
            // In order, at once.
            let _stopped = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
            let _gone = self.server.wait();
        }
    }
}

pub struct Pair {
    pub primary: Node,
    pub standby: Node,
    _dir: TempDir,
}

/// `None` without PostgreSQL.
pub fn pair() -> Option<Pair> {
    let bin = binaries()?;
    let account = server_account();
    let dir = tempfile::Builder::new().prefix("rosterd-pair-").tempdir().unwrap();
    if let Some((uid, gid)) = account {
        chown(dir.path(), Some(uid), Some(gid)).unwrap();
    }
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let made = as_account(account, &bin.join("initdb"))
        .args(["--no-sync", "-U", "rosterd", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&one)
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let primary = Node::start(bin.clone(), &one, &dir);
    let copied = as_account(account, &bin.join("pg_basebackup"))
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &primary.port.to_string(),
            "-U",
            "rosterd",
            "--no-sync",
            "-R",
            "-c",
            "fast",
            "-D",
        ])
        .arg(&two)
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let standby = Node::start(bin, &two, &dir);
    Some(Pair { primary, standby, _dir: dir })
}

impl Pair {
    /// The address with both, in that order.
    pub fn url(&self) -> String {
        let (a, b) = (self.primary.port, self.standby.port);
        format!("postgres://rosterd@127.0.0.1:{b},127.0.0.1:{a}/postgres?target_session_attrs=read-write")
    }

    /// From now on the standby learns nothing.
    pub fn cut_replication(&self) {
        self.standby.try_psql("ALTER SYSTEM SET primary_conninfo = ''").unwrap();
        self.standby.try_psql("SELECT pg_reload_conf()").unwrap();
        let cut = || self.primary.try_psql("SELECT count(*) FROM pg_stat_replication").as_deref() == Some("0");
        assert!(wait_until(30, cut), "the standby still follows");
    }

    /// Until the standby has what the primary has.
    pub fn wait_for_standby(&self) {
        let end = self.primary.try_psql("SELECT pg_current_wal_lsn()").unwrap();
        let there = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
        assert!(wait_until(30, || self.standby.try_psql(&there).as_deref() == Some("t")));
    }
}
