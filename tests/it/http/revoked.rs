//! R55: a token that was revoked counts nowhere from the next request on, and what was open under it
//! ends.

use super::served::{Served, http, problem};
use crate::world::database::{Backend, Database};
use crate::world::proxy::{Fault, Proxy};
use crate::world::roster::{Roster, STAFF_VIEWS};
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::Slapd;
use crate::world::wait_until;
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than a stream goes on after its token, on a slow machine.
const SOON: Duration = Duration::from_secs(30);

/// The next state that a stream tells, past its signs of life; nothing at its end.
async fn state(stream: &mut Response) -> Option<String> {
    loop {
        let chunk = String::from_utf8(stream.chunk().await.ok()??.to_vec()).unwrap();
        if chunk.contains("event: state") {
            return Some(chunk);
        }
    }
}

/// Two daemons on one database, whose provider does not answer: a run that is asked for goes on and on.
struct Pair {
    first: Served,
    second: Served,
    proxy: Proxy,
    _slapd: Slapd,
}

impl Pair {
    async fn start(url: String) -> Self {
        let slapd = Slapd::start("");
        let proxy = Proxy::start(slapd.port());
        proxy.set(Fault::Silent);
        let provider = slapd_provider("corp", &format!("ldap://127.0.0.1:{}", proxy.port()), "");
        let provider = provider.replace("timeout = \"5s\"", "timeout = \"300s\"");
        let config = format!("{}{provider}{STAFF_VIEWS}", http(""));
        let site = || Site::on(Database::Postgres(url.clone()), TempDir::new().unwrap(), &config);
        let first = site();
        first.run(&["db", "migrate"]).expect(0);
        let first = Served::start(first, Roster::default()).await;
        let mut second = Served::bare(site(), Roster::default());
        second.tokens = first.tokens.clone();
        second.run();
        Self { first, second, proxy, _slapd: slapd }
    }

    async fn stop(mut self) {
        self.proxy.set(Fault::None);
        let over = || self.first.site.database.rows("SELECT 1 FROM run_requests WHERE finished_at IS NULL").is_empty();
        assert!(wait_until(60, over));
        self.first.stop();
        self.second.stop();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r55_a_revoked_token_counts_nowhere_and_its_streams_end() {
    if !Backend::Postgres.is_there() {
        return;
    }
    let pair = Pair::start(crate::world::postgres::database().unwrap()).await;
    let (first, second) = (&pair.first, &pair.second);
    let asked = first.with("run", "POST", "/api/v1/runs").json(&json!({ "provider": "corp" })).send().await.unwrap();
    let run: Value = asked.json().await.unwrap();
    let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    let mut streams = Vec::new();
    for served in [first, second] {
        let mut stream = served.with("read", "GET", &format!("{path}/events")).send().await.unwrap();
        assert_eq!(stream.status(), 200);
        assert!(state(&mut stream).await.is_some());
        streams.push(stream);
    }

    // By the one replica; the other has let it in a moment ago.
    let tokens = first.get("admin", "/api/v1/tokens").await;
    let read = tokens["items"].as_array().unwrap().iter().find(|one| one["name"] == "read").unwrap();
    let revoke = format!("/api/v1/tokens/{}", read["id"].as_str().unwrap());
    assert_eq!(first.with("admin", "DELETE", &revoke).send().await.unwrap().status(), 200);
    for served in [first, second] {
        for path in ["/api/v1/status", &path, &format!("{path}/events")] {
            let (status, kind, value) = problem(served.with("read", "GET", path).send().await.unwrap()).await;
            assert_eq!((status, kind.as_str()), (401, "unauthenticated"), "{path}");
            assert!(value["detail"].as_str().unwrap().contains("revoked"), "{value}");
        }
    }

    // What was open ends: there may be one state that was on its way.
    for mut stream in streams {
        let rest = async {
            let mut more = 0;
            while state(&mut stream).await.is_some() {
                more += 1;
            }
            more
        };
        let more = tokio::time::timeout(SOON, rest).await.expect("the stream outlives its token");
        assert!(more <= 1, "{more} states after the token's end");
    }
    let finished = "SELECT count(*) FROM run_requests WHERE finished_at IS NOT NULL";
    assert_eq!(first.site.database.value(finished), "0", "the streams ended with the run, not with the token");
    pair.stop().await;
}
