//! PostgreSQL with its default settings: a commit waits for the disk.

use crate::slapd::{free_port, stop};
use anyhow::{Context as _, Result, bail, ensure};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server. Stopped on drop.
pub(crate) struct Postgres {
    child: Child,
    port: u16,
    bin: PathBuf,
}

impl Postgres {
    /// Makes an empty cluster below `dir` and serves it.
    pub(crate) fn start(dir: &Path) -> Result<Self> {
        let bin = newest().context("PostgreSQL is missing: run scripts/install-test-servers.sh")?;
        // It refuses to run as root: then the account of that name runs it.
        let account = if id(&["-u"])? == 0 { Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)) } else { None };
        if let Some((user, group)) = account {
            chown(dir, Some(user), Some(group))?;
        }
        let data = dir.join("data");
        let as_account = |program: &str| {
            let program = bin.join(program);
            let mut command = match account {
                None => Command::new(program),
                Some((user, group)) => {
                    let mut command = Command::new("setpriv");
                    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
                    command.arg(program);
                    command
                }
            };
            command.env("HOME", dir).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let made = as_account("initdb")
            .args(["-U", "rosterd", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .status()?;
        ensure!(made.success(), "initdb fails");
        let port = free_port()?;
        let child = as_account("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-k"])
            .arg(dir)
            .spawn()?;
        let mut server = Self { child, port, bin };
        let begun = Instant::now();
        while server.psql("postgres", "SELECT 1").is_err() {
            if begun.elapsed() > Duration::from_secs(30) || server.child.try_wait()?.is_some() {
                bail!("PostgreSQL does not start on port {port}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://rosterd@127.0.0.1:{}/{database}", self.port)
    }

    /// A psql that reads its commands from `script`.
    pub(crate) fn script(&self, database: &str, script: &Path) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-f"]).arg(script);
        command
    }

    /// Runs SQL; a line for each row, fields between `|`.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(self.bin.join("psql"))
            .args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", sql])
            .output()?;
        ensure!(output.status.success(), "psql: {sql}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT: a fast shutdown.
        stop(&mut self.child, "-INT");
    }
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, bin)| bin)
}

fn id(args: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(args).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
