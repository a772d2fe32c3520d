//! OpenLDAP's slapd, as large sites run it: mdb, the usual indexes, no size limit for the reader.

use crate::directory::SUFFIX;
use anyhow::{Context as _, Result, bail, ensure};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "reader-pw";

/// A running server. Stopped on drop.
pub(crate) struct Slapd {
    child: Child,
    port: u16,
}

/// A loopback port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Who reads and, for the changes, writes.
pub(crate) fn reader() -> String {
    format!("cn=reader,{SUFFIX}")
}

impl Slapd {
    /// Loads the entries into an empty directory below `dir` and serves it.
    /// `overlays`: how it tells of changes, if it does.
    pub(crate) fn start(dir: &Path, ldif: &str, overlays: &str) -> Result<Self> {
        std::fs::create_dir(dir.join("db"))?;
        let (here, reader) = (dir.display(), reader());
        let conf = format!(
            "modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload syncprov.la
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {here}/slapd.pid
sizelimit unlimited
timelimit unlimited
database mdb
suffix {SUFFIX}
directory {here}/db
maxsize 17179869184
rootdn {reader}
rootpw {PASSWORD}
index objectClass,uid,cn,member,entryUUID,entryCSN eq
{overlays}"
        );
        std::fs::write(dir.join("slapd.conf"), conf)?;
        let mut load = Command::new("/usr/sbin/slapadd")
            .args(["-q", "-f", "slapd.conf", "-b", SUFFIX])
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("/usr/sbin/slapadd: run scripts/install-test-servers.sh")?;
        if let Some(mut input) = load.stdin.take() {
            input.write_all(ldif.as_bytes())?;
        }
        let loaded = load.wait_with_output()?;
        ensure!(loaded.status.success(), "slapadd: {}", String::from_utf8_lossy(&loaded.stderr));
        let port = free_port()?;
        let child = Command::new("/usr/sbin/slapd")
            .args(["-f", "slapd.conf", "-h", &format!("ldap://127.0.0.1:{port}"), "-d", "0"])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut slapd = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if begun.elapsed() > Duration::from_secs(20) || slapd.child.try_wait()?.is_some() {
                bail!("slapd does not start on port {port}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(slapd)
    }

    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// Carries out changes in LDIF.
    pub(crate) fn modify(&self, changes: &str) -> Result<()> {
        let mut child = Command::new("ldapmodify")
            .args(["-x", "-H", &self.url(), "-D", &reader(), "-w", PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(changes.as_bytes())?;
        }
        let done = child.wait_with_output()?;
        ensure!(done.status.success(), "ldapmodify: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}

/// Asks a server to end, waits for it, and ends it if it does not.
pub(crate) fn stop(child: &mut Child, signal: &str) {
    let _asked = Command::new("kill").args([signal, &child.id().to_string()]).status();
    for _ in 0..500 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ended = child.kill().and_then(|()| child.wait());
}
