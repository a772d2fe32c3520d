//! Leases of people who cannot be listed: what a login said ends by itself, on both databases. The clock is the
//! test's.

mod ends;
mod held;
mod program;
mod rechecked;
mod renewed;

use rosterd::clock::Clock;
use rosterd::config::{self, Format};
use rosterd::providers::Said;
use rosterd::random::SystemRandom;
use rosterd::store::{self, Access, Store};
use rosterd::sync::{Asked, Engine, Finding, Outcome};
use rosterd::worker::{self, Surroundings};
use rosterd_core::ids::Timestamp;
use rosterd_core::writes::Trigger;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// What the tables say of everybody, a line each.
pub const SEEN: &str = "SELECT u.login, u.state, coalesce(m.role, '-') FROM users u
     LEFT JOIN org_members m ON m.user_id = u.id ORDER BY u.login";
/// On what leases rest.
pub const RESTS: &str = "SELECT renewed_at, until, ended_at FROM renewals ORDER BY identity_id";
/// All that a run or a login may have written about what applications read.
pub const RECORDS: &str = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM audit)";

pub const SSO: &str = "[providers.sso]\ncreate_missing = [\"orgs\", \"teams\"]\nlogin = { protocol = \"oidc\" }\n";
pub const RULES: &str = "[[rules]]\nid = \"staff\"\nprovider = \"sso\"\nmatch.group = \"staff\"\norg = \"Main\"\nrole = \"Viewer\"\n\
                         [[rules]]\nid = \"teams\"\nprovider = \"sso\"\nmatch.group_regex = \"t-(?<name>.+)\"\norg = \"Main\"\nteam = \"${name}\"\n";

#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Logins and runs in this process.
pub struct Sso {
    pub engine: Engine,
    pub store: Arc<dyn Store>,
    clock: Arc<SetClock>,
    url: String,
}

impl Sso {
    /// At the time `now`.
    pub async fn new(url: &str, config: &str, now: i64) -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(now)));
        let store = store::open(url, None, Access::Write).await.unwrap();
        store.migrate(Timestamp(now)).await.unwrap();
        let engine = engine(url, config, &store, &clock);
        Self { engine, store, clock, url: url.to_owned() }
    }

    /// Replaces the configuration.
    pub fn configure(&mut self, config: &str) {
        self.engine = engine(&self.url, config, &self.store, &self.clock);
    }

    pub fn set(&self, now: i64) {
        self.clock.0.store(now, Ordering::SeqCst);
    }

    /// Somebody logs in, now.
    pub async fn login(&self, who: &str, groups: &[&str]) -> Finding {
        self.said(said(who, groups)).await
    }

    pub async fn said(&self, said: Said) -> Finding {
        let looked = self.engine.look("sso", &[Asked::Said(Box::new(said))], Trigger::Login).await.unwrap();
        looked.into_iter().next().unwrap().finding
    }

    pub async fn run(&self) -> Outcome {
        self.engine.run_once("sso", Trigger::Lease).await.unwrap()
    }

    /// A run, after which another finds nothing to do and writes nothing.
    pub async fn settle(&self) {
        let outcome = self.run().await;
        assert!(!matches!(outcome, Outcome::Held { .. }), "{outcome:?}");
        let again = self.run().await;
        assert!(matches!(again, Outcome::Unchanged { .. }), "{again:?}");
    }
}

fn engine(url: &str, config: &str, store: &Arc<dyn Store>, clock: &Arc<SetClock>) -> Engine {
    let text = format!("version = 1\ndatabase.url = {url:?}\n{config}");
    let loaded = config::parse(&text, Format::Toml, "rosterd.toml", &[]).unwrap();
    let around = Surroundings {
        store: Arc::clone(store),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        random: Arc::new(SystemRandom),
    };
    worker::engine(&loaded, &around, None).unwrap()
}

pub fn said(who: &str, groups: &[&str]) -> Said {
    Said {
        subject: format!("{who}-id"),
        login: who.to_owned(),
        name: None,
        email: None,
        groups: Some(groups.iter().map(|group| (*group).to_owned()).collect()),
        claims: None,
        at: None,
        until: None,
        missing: Vec::new(),
    }
}
