//! A daemon that serves: its address, tokens for it, and a way to ask.

use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::rosterd::Running;
use crate::world::site::Site;
use crate::world::wait_until;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every scope there is.
pub const SCOPES: [&str; 7] = ["read", "explain", "check", "run", "approve", "hooks", "admin"];

pub struct Served {
    pub site: Site,
    pub people: Roster,
    pub url: String,
    /// A token for each scope, by its word.
    pub tokens: BTreeMap<String, String>,
    running: Option<Running>,
    pub client: Client,
}

/// A problem that was answered: status, the last part of its type, and the whole.
pub async fn problem(response: Response) -> (u16, String, Value) {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "{status}");
    let value: Value = response.json().await.unwrap();
    assert_eq!(value["status"], status, "{value}");
    let slug = value["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned();
    (status, slug, value)
}

/// What `[http]` says in a test; `more` goes after it.
pub fn http(more: &str) -> String {
    format!("[http]\nlisten = \"127.0.0.1:0\"\n{more}\n")
}

impl Served {
    /// 20 people of a file, synced; a token for each scope; `rosterd run` with this `[http]`.
    pub async fn new(http: &str) -> Self {
        Self::on(Backend::Sqlite, http).await
    }

    /// The same on that database.
    pub async fn on(backend: Backend, http: &str) -> Self {
        let site = Site::new(backend, &format!("{http}{PROVIDER}{STAFF_VIEWS}"));
        let people = Roster::of(20, "p", "staff");
        people.write(&site);
        site.sync(0);
        Self::start(site, people).await
    }

    /// Makes the tokens, then starts.
    pub async fn start(site: Site, people: Roster) -> Self {
        let make = |scope: &str| {
            let args = ["token", "create", "--name", scope, "--scope", scope, "--output", "json"];
            let made = site.run(&args).expect(0).json();
            (scope.to_owned(), made["token"].as_str().unwrap().to_owned())
        };
        let tokens = SCOPES.iter().map(|scope| make(scope)).collect();
        let mut served = Self { tokens, ..Self::bare(site, people) };
        served.run();
        served
    }

    /// Without tokens, and not started.
    pub fn bare(site: Site, people: Roster) -> Self {
        // Each request on a connection of its own: some tests break theirs.
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { site, people, url: String::new(), tokens: BTreeMap::new(), running: None, client }
    }

    /// Starts the daemon and finds out where it listens.
    pub fn run(&mut self) {
        let running = self.site.start(&["run"], &[]);
        let place = || {
            let said = running.stderr_so_far();
            let line = said.lines().find(|line| line.contains("the API listens"))?;
            let address = line.split("address=").nth(1)?;
            Some(address.split_whitespace().next()?.trim_matches('"').to_owned())
        };
        assert!(wait_until(60, || place().is_some()), "{}", running.stderr_so_far());
        let scheme = if self.site.dir().join("tls.crt").exists() { "https" } else { "http" };
        self.url = format!("{scheme}://{}", place().unwrap());
        self.running = Some(running);
    }

    /// Tells it to stop and waits for that.
    pub fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.signal("TERM");
        running.wait().expect(0);
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    /// Without a token.
    pub fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.url))
    }

    /// With the token for a scope.
    pub fn with(&self, scope: &str, method: &str, path: &str) -> RequestBuilder {
        self.ask(method, path).bearer_auth(&self.tokens[scope])
    }

    /// What a GET with this scope answers, which must be good.
    pub async fn get(&self, scope: &str, path: &str) -> Value {
        let response = self.with(scope, "GET", path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}: {}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    /// A key that nobody used.
    pub fn key(&self) -> String {
        static KEYS: AtomicU64 = AtomicU64::new(0);
        format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
    }
}
