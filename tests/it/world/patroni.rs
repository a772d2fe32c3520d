//! Two PostgreSQL under Patroni, with etcd, as sites run them: on free loopback ports.
#![expect(clippy::print_stdout, reason = "what is left out is said")]

use super::postgres::{as_account, binaries, server_account};
use super::{free_port, wait_until};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub struct Member {
    name: String,
    rest: u16,
    pub port: u16,
    patroni: Child,
    data: PathBuf,
}

pub struct Patroni {
    pub members: Vec<Member>,
    etcd: Child,
    dir: TempDir,
}

/// `None`, and said so, when Patroni or etcd is not installed.
pub fn start() -> Option<Patroni> {
    let (etcd, patroni) = (Path::new("/usr/bin/etcd"), Path::new("/usr/bin/patroni"));
    let bin = binaries()?;
    if !etcd.exists() || !patroni.exists() {
        assert!(
            std::env::var_os("ROSTERD_TEST_ALL").is_none(),
            "ROSTERD_TEST_ALL is set, and Patroni or etcd is missing"
        );
        println!("Patroni or etcd is not installed: their tests are left out");
        return None;
    }
    let dir = tempfile::Builder::new().prefix("rosterd-patroni-").tempdir().unwrap();
    if let Some((uid, gid)) = server_account() {
        chown(dir.path(), Some(uid), Some(gid)).unwrap();
    }
    let (client, peer) = (free_port(), free_port());
    let (client_url, peer_url) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    let etcd = as_account(server_account(), etcd)
        .arg("--data-dir")
        .arg(dir.path().join("etcd"))
        .args(["--listen-client-urls", &client_url, "--advertise-client-urls", &client_url])
        .args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url])
        .args(["--initial-cluster", &format!("default={peer_url}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(dir.path().join("etcd.log")).unwrap())
        .spawn()
        .unwrap();
    let mut cluster = Patroni { members: Vec::new(), etcd, dir };
    for name in ["n1", "n2"] {
        let member = cluster.member(name, client, &bin, patroni);
        cluster.members.push(member);
    }
    let whole = || {
        let cluster = cluster.ask(0, "GET", "/cluster", "");
        cluster.contains("\"leader\"") && cluster.contains("\"sync_standby\"")
    };
    assert!(wait_until(120, whole), "no cluster: {}", cluster.ask(0, "GET", "/cluster", ""));
    Some(cluster)
}

impl Patroni {
    fn member(&self, name: &str, etcd: u16, bin: &Path, program: &Path) -> Member {
        let (rest, port, dir) = (free_port(), free_port(), self.dir.path());
        let data = dir.join(name);
        let text = format!(
            r#"
scope: rosterd
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{hosts: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters: {{max_connections: 60, wal_log_hints: "on", fsync: "off", shared_buffers: 16MB}}
  initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: {data}
  bin_dir: {bin}
  pgpass: {dir}/pgpass-{name}
  authentication:
    superuser: {{username: rosterd}}
    replication: {{username: rosterd}}
    rewind: {{username: rosterd}}
  parameters: {{unix_socket_directories: {dir}}}
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust"]
"#,
            data = data.display(),
            bin = bin.display(),
            dir = dir.display(),
        );
        let file = dir.join(format!("{name}.yml"));
        std::fs::write(&file, text).unwrap();
        let log = std::fs::File::create(dir.join(format!("{name}.log"))).unwrap();
        let patroni = as_account(server_account(), program)
            .arg(&file)
            .env("HOME", dir)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Member { name: name.to_owned(), rest, port, patroni, data }
    }

    /// What a member's REST interface says; empty when it says nothing.
    fn ask(&self, member: usize, method: &str, path: &str, body: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.members[member].rest)) else { return String::new() };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let _sent = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let _read = stream.read_to_string(&mut answer);
        answer
    }

    pub fn leader(&self) -> Option<usize> {
        (0..self.members.len()).find(|n| self.ask(*n, "GET", "/primary", "").starts_with("HTTP/1.0 200"))
    }

    /// In order: the leader steps down for the other.
    pub fn switch_over(&self) {
        let from = self.leader().unwrap();
        let to = 1 - from;
        let body = format!(r#"{{"leader":"{}","candidate":"{}"}}"#, self.members[from].name, self.members[to].name);
        let answer = self.ask(from, "POST", "/switchover", &body);
        assert!(answer.contains(" 200 "), "{answer}");
        assert!(wait_until(60, || self.leader() == Some(to)), "nobody leads");
    }

    /// Until there is a standby that would lose nothing.
    pub fn wait_for_standby(&self) {
        let leader = self.leader().unwrap();
        assert!(wait_until(90, || self.ask(leader, "GET", "/cluster", "").contains("\"sync_standby\"")));
    }

    /// As when a machine loses its power: Patroni and its PostgreSQL end at once.
    pub fn kill(&mut self, member: usize) {
        let member = &mut self.members[member];
        member.patroni.kill().unwrap();
        member.patroni.wait().unwrap();
        kill_postgres(&member.data, "-KILL");
    }

    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.members.iter().map(|m| format!("127.0.0.1:{}", m.port)).collect();
        format!("postgres://rosterd@{}/postgres?target_session_attrs=read-write", hosts.join(","))
    }
}

fn kill_postgres(data: &Path, signal: &str) {
    let pid = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    if let Some(pid) = pid.lines().next() {
        let _sent = Command::new("kill").args([signal, pid]).stderr(Stdio::null()).status();
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        for member in &mut self.members {
            let _gone = member.patroni.kill().and_then(|()| member.patroni.wait());
            kill_postgres(&member.data, "-KILL");
        }
        let _gone = self.etcd.kill().and_then(|()| self.etcd.wait());
    }
}
