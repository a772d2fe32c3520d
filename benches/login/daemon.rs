//! The daemon under measurement: `rosterd run` on one database, with a hook that is answered inline.

use crate::directory::{SUFFIX, login};
use crate::slapd::{PASSWORD, Slapd, free_port, reader, stop};
use crate::times::Times;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SECRET: &str = "bench-secret-bench-secret-bench-secret";

/// Stopped on drop.
pub(crate) struct Daemon {
    child: Child,
    url: String,
    metrics: String,
    /// One for all: making one reads the system's authorities, which costs more than a login.
    client: reqwest::Client,
}

impl Daemon {
    /// Starts it and waits until the directory has been read once; from then on it is read `every`.
    pub(crate) async fn start(program: &Path, work: &Path, slapd: &Slapd, database: &str, every: &str) -> Result<Self> {
        for (name, text) in [("password", PASSWORD), ("hook", SECRET)] {
            let path = work.join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        let config = work.join("rosterd.toml");
        let (port, metrics) = (free_port()?, free_port()?);
        std::fs::write(&config, configuration(database, &slapd.url(), port, metrics, every))?;
        let synced = Command::new(program).arg("--config").arg(&config).arg("sync").stdout(Stdio::null()).status()?;
        ensure!(synced.success(), "the first sync fails");
        let child = Command::new(program)
            .arg("--config")
            .arg(&config)
            .arg("run")
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(work.join("log"))?)
            .spawn()?;
        let daemon = Self {
            child,
            url: format!("http://127.0.0.1:{port}/hooks/v1/bench/inline"),
            metrics: format!("http://127.0.0.1:{metrics}/metrics"),
            client: reqwest::Client::builder().no_proxy().build()?,
        };
        let begun = Instant::now();
        while daemon.ask("first", &login(0)).await.is_err() {
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("it does not answer: {}", std::fs::read_to_string(work.join("log")).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(daemon)
    }

    async fn ask(&self, id: &str, login: &str) -> Result<Value> {
        let call = self
            .client
            .post(&self.url)
            .bearer_auth(SECRET)
            .json(&json!({ "id": id, "type": "login", "data": { "login": login } }));
        let answer = call.send().await?;
        ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap_or_default());
        Ok(answer.json().await?)
    }

    /// Logs these people in, so many at the same time; the answer must say `team` of each, if given.
    pub(crate) async fn logins(
        self: &Arc<Self>,
        round: &str,
        who: &[String],
        at_once: usize,
        team: Option<&'static str>,
    ) -> Result<(Times, f64)> {
        let begun = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for (part, people) in who.chunks(who.len().div_ceil(at_once)).enumerate() {
            let (daemon, people, round) = (Arc::clone(self), people.to_vec(), round.to_owned());
            tasks.spawn(async move {
                let mut times = Times::default();
                for (n, login) in people.iter().enumerate() {
                    let begun = Instant::now();
                    let answer = daemon.ask(&format!("{round}-{part}-{n}"), login).await?;
                    times.add(begun.elapsed());
                    if let Some(team) = team {
                        let said = answer.to_string();
                        ensure!(said.contains(team), "{login} is not in {team} when the answer leaves: {said}");
                    }
                }
                anyhow::Ok(times)
            });
        }
        let mut times = Times::default();
        while let Some(part) = tasks.join_next().await {
            times.join(part??);
        }
        Ok((times, who.len() as f64 / begun.elapsed().as_secs_f64()))
    }

    /// How many full runs have ended, and how long they took together, in seconds of all stages.
    pub(crate) async fn runs(&self) -> Result<(f64, f64)> {
        let text = self.client.get(&self.metrics).send().await?.text().await?;
        let sum = |name: &str| -> f64 {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
        };
        Ok((sum("rosterd_sync_runs_total{"), sum("rosterd_sync_duration_seconds_sum{")))
    }

    /// Its resident memory, in MB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1024)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}

fn configuration(database: &str, ldap: &str, port: u16, metrics: u16, every: &str) -> String {
    let reader = reader();
    format!(
        r#"version = 1

[database]
url = "{database}"

[http]
listen = "127.0.0.1:{port}"

[telemetry]
listen = "127.0.0.1:{metrics}"

[providers.corp]
every = "{every}"
hook_rate = "1000000/s"
create_missing = ["orgs", "teams"]

[providers.corp.ldap]
urls = ["{ldap}"]
bind.dn = "{reader}"
bind.password = {{ file = "password" }}
users.base = ["ou=people,{SUFFIX}"]
groups.base = ["ou=groups,{SUFFIX}"]
groups.filter = "(objectClass=groupOfNames)"
groups.members = ["member"]
groups.member_logins = []

[hooks.bench]
sender = "bearer"
provider = "corp"
secrets = [{{ file = "hook" }}]
person = {{ login = "/data/login" }}
id = "/id"
event = "/type"
deadline = "10s"
rate = "1000000/s"

[[rules]]
id = "everybody"
match.group = "*"
org = "Main"
role = "Viewer"

[[rules]]
id = "teams"
match.group_regex = "(?P<name>grp-.+|joined-.+)"
org = "Main"
team = "${{name}}"
"#
    )
}
