//! The daemon under measurement: `rosterd run` on one database, with a token that may ask.

use crate::Measured;
use crate::data::{self, Question};
use crate::postgres::Postgres;
use crate::slapd::{free_port, stop};
use crate::times::Times;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Stopped on drop.
pub(crate) struct Daemon {
    child: Child,
    asked: Arc<Asked>,
}

struct Asked {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Asked {
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let call = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        let answer = call.send().await?;
        ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap_or_default());
        Ok(answer.json().await?)
    }

    async fn one(&self, question: Question) -> Result<bool> {
        let Question { user, org, action, scope } = question;
        let body = json!({ "user": format!("#{user}"), "org": format!("#{org}"), "action": action, "scope": scope });
        let answer = self.post("/api/v1/check", &body).await?;
        answer["allowed"].as_bool().context("it does not answer yes or no")
    }
}

impl Daemon {
    pub(crate) async fn start(program: &Path, work: &Path, database: &str) -> Result<Self> {
        let config = work.join("rosterd.toml");
        let port = free_port()?;
        std::fs::write(
            &config,
            format!(
                "version = 1\n[database]\nurl = \"{database}\"\n[http]\nlisten = \"127.0.0.1:{port}\"\n\
                 [providers.nobody]\nevery = \"24h\"\nfile = {{ path = \"nobody.yaml\" }}\n"
            ),
        )?;
        // There has to be a provider; nobody and nothing here is of one.
        std::fs::write(work.join("nobody.yaml"), "people: []\ngroups: []\n")?;
        let rosterd = || {
            let mut command = Command::new(program);
            command.arg("--config").arg(&config).stdin(Stdio::null());
            command
        };
        let made =
            rosterd().args(["token", "create", "--name", "bench", "--scope", "check", "--output", "json"]).output()?;
        ensure!(made.status.success(), "no token: {}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout)?;
        let token = made["token"].as_str().context("no token")?.to_owned();
        let child = rosterd().arg("run").stderr(std::fs::File::create(work.join("log"))?).spawn()?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let asked = Arc::new(Asked { url: format!("http://127.0.0.1:{port}"), token, client });
        let daemon = Self { child, asked };
        let begun = Instant::now();
        while daemon.asked.one(data::question(0, 1)).await.is_err() {
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("it does not answer: {}", std::fs::read_to_string(work.join("log")).unwrap_or_default());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(daemon)
    }

    /// One question a request, so many at the same time.
    pub(crate) async fn singly(&self, people: u32, checks: u32, at_once: usize) -> Result<Measured> {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for part in 0..at_once {
            let asked = Arc::clone(&self.asked);
            tasks.spawn(async move {
                let (mut times, mut yes) = (Times::default(), 0);
                for n in (part..checks as usize).step_by(at_once) {
                    let begun = Instant::now();
                    yes += u32::from(asked.one(data::question(u32::try_from(n)?, people)).await?);
                    times.add(begun.elapsed());
                }
                anyhow::Ok((times, yes))
            });
        }
        Measured::joined(tasks, begun).await
    }

    /// Several a request, as AuthZEN asks them.
    pub(crate) async fn batches(&self, people: u32, checks: u32, at_once: usize, size: usize) -> Result<Measured> {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for part in 0..at_once {
            let asked = Arc::clone(&self.asked);
            tasks.spawn(async move {
                let (mut times, mut yes) = (Times::default(), 0);
                for first in (part * size..checks as usize).step_by(at_once * size) {
                    let mut list = Vec::with_capacity(size);
                    for n in first..(first + size).min(checks as usize) {
                        let Question { user, org, action, scope } = data::question(u32::try_from(n)?, people);
                        let (kind, id) = scope.split_once(':').context("no scope")?;
                        list.push(json!({
                            "subject": { "type": "user", "id": format!("#{user}") }, "action": { "name": action },
                            "resource": { "type": kind, "id": id }, "context": { "org": format!("#{org}") },
                        }));
                    }
                    let wanted = list.len();
                    let body = json!({ "evaluations": list });
                    let begun = Instant::now();
                    let answer = asked.post("/access/v1/evaluations", &body).await?;
                    times.add(begun.elapsed());
                    let all = answer["evaluations"].as_array().context("no answers")?;
                    ensure!(all.len() == wanted, "answers are missing");
                    yes += u32::try_from(all.iter().filter(|one| one["decision"] == true).count())?;
                }
                anyhow::Ok((times, yes))
            });
        }
        Measured::joined(tasks, begun).await
    }

    /// Takes somebody's membership and gives it back, again and again: each answer knows of it.
    pub(crate) async fn changes(&self, url: &str, postgres: &Postgres, file: &Path) -> Result<()> {
        let write = |sql: &str| -> Result<()> {
            if url.starts_with("sqlite:") {
                Ok(rusqlite::Connection::open(file)?.execute_batch(sql)?)
            } else {
                postgres.psql("bench", sql).map(drop)
            }
        };
        write(
            "INSERT INTO org_members (org_id, user_id, manual_role) VALUES (100, 1, 'Viewer')
             ON CONFLICT (org_id, user_id) DO NOTHING;
             INSERT INTO role_permissions (role_id, action, scope) VALUES (2, 'bench', '*'), (3, 'bench', '*'), (4, 'bench', '*')",
        )?;
        let ask = || Question { user: 1, org: 100, action: "bench".to_owned(), scope: "folders:1".to_owned() };
        for round in 0..100 {
            ensure!(self.asked.one(ask()).await?, "round {round}: what was given is not there");
            write("DELETE FROM org_members WHERE org_id = 100 AND user_id = 1")?;
            ensure!(!self.asked.one(ask()).await?, "round {round}: what was taken is still there");
            write("INSERT INTO org_members (org_id, user_id, manual_role) VALUES (100, 1, 'Viewer')")?;
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.child, "-TERM");
    }
}
