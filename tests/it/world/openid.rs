//! A certified OpenID provider (npm's oidc-provider, see `openid/server.mjs`) with people who can be changed while it
//! runs. Stopped on drop.

use super::http::ask;
use super::{end, free_port, wait_until};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

#[derive(Debug)]
pub struct OpenId {
    dir: TempDir,
    port: u16,
    settings: Value,
    running: Option<Child>,
}

impl OpenId {
    /// `settings`: see the server's own text.
    pub fn start(settings: &Value) -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("server.mjs"), include_str!("openid/server.mjs")).unwrap();
        symlink(tools().join("node_modules"), dir.path().join("node_modules")).unwrap();
        let mut server = Self { dir, port: free_port(), settings: settings.clone(), running: None };
        server.run();
        server
    }

    pub fn run(&mut self) {
        let log = std::fs::File::create(self.dir.path().join("out")).unwrap();
        let mut child = Command::new(tools().join("bin/node"))
            .arg("server.mjs")
            .current_dir(self.dir.path())
            .env("PORT", self.port.to_string())
            .env("SETTINGS", self.settings.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let ready = wait_until(60, || self.said().contains("ready\n") || child.try_wait().unwrap().is_some());
        let alive = child.try_wait().unwrap().is_none();
        self.running = Some(child);
        assert!(ready && alive, "the OpenID provider does not start: {}", self.said());
    }

    pub fn stop(&mut self) {
        self.running.take().into_iter().for_each(end);
    }

    /// What the server has printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("out")).unwrap_or_default()
    }

    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Who somebody is: the claims.
    pub fn person(&self, id: &str, claims: &Value) {
        self.test("PUT", &format!("people/{id}"), claims);
    }

    /// Somebody is gone: deleted there.
    pub fn dismiss(&self, id: &str) {
        self.test("DELETE", &format!("people/{id}"), &json!({}));
    }

    /// New keys. The old ones are gone.
    pub fn rotate(&self) {
        self.test("POST", "rotate", &json!({}));
    }

    /// The tokens of a login.
    pub fn login(&self, person: &str) -> Value {
        self.login_with(&json!({ "person": person }))
    }

    /// The same, with more that is said of it.
    pub fn login_with(&self, login: &Value) -> Value {
        let tokens = self.test("POST", "login", login);
        assert!(tokens["id_token"].is_string(), "{tokens}");
        tokens
    }

    #[track_caller]
    fn test(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, text) = ask(self.port, method, &format!("/test/{path}"), &[], &body.to_string()).unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for OpenId {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where `make node-tools` has put Node.
pub fn tools() -> PathBuf {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/node");
    assert!(tools.join("installed.txt").exists(), "Node is missing: make node-tools");
    tools
}
