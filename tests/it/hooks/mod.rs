//! Login hooks, from the call's bytes to the answer and the table, on both databases. Who is asked about
//! people is scripted here: slow, down, incomplete.

mod inline;
mod kept;
mod program;
mod refused;

use crate::store::Site;
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use rosterd::clock::{Clock, SystemClock};
use rosterd::config::{self, Config, Format, Secret};
use rosterd::hooks::{Asked, Finding, Hooks, LookError, Looked, Looks, PersonKey, PersonNow, make, router};
use rosterd::random::SystemRandom;
use rosterd::store::{Delivery, Store, StoreError};
use rosterd::sync::RunError;
use rosterd_core::ids::{OrgId, UserId};
use rosterd_core::observed::UserState;
use rosterd_core::rights::OrgRole;
use rosterd_core::writes::Trigger;
use serde_json::Value;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How the provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Says(Finding),
    Denies,
    Slow(Duration),
    Down,
}

/// Answers looks as it is told to.
#[derive(Debug)]
pub struct Scripted {
    pub mood: Mutex<Mood>,
    pub asked: Mutex<Vec<(String, Asked)>>,
    /// What the tables say without a look.
    pub known: Mutex<Option<PersonNow>>,
}

#[async_trait]
impl Looks for Scripted {
    async fn look(&self, provider: &str, asked: Asked, _: Trigger) -> Result<Looked, LookError> {
        self.asked.lock().unwrap().push((provider.to_owned(), asked));
        let mood = self.mood.lock().unwrap().clone();
        let looked = |finding: Finding, denied| {
            let person = (!matches!(finding, Finding::Nobody | Finding::Several)).then(|| ann(OrgRole::Editor));
            Ok(Looked { finding, denied, person })
        };
        match mood {
            Mood::Says(finding) => looked(finding, false),
            Mood::Denies => looked(Finding::Applied, true),
            Mood::Slow(time) => {
                tokio::time::sleep(time).await;
                looked(Finding::Applied, false)
            }
            Mood::Down => {
                let down = RunError::Store(StoreError::Unreachable("slapd is down".to_owned()));
                Err(LookError::Run(Arc::new(down)))
            }
        }
    }

    async fn last_known(&self, _: &str, _: &PersonKey) -> Result<Option<PersonNow>, StoreError> {
        Ok(self.known.lock().unwrap().clone())
    }
}

pub fn ann(role: OrgRole) -> PersonNow {
    PersonNow {
        id: UserId(7),
        subject: "s-7".to_owned(),
        login: "ann".to_owned(),
        name: "Ann".to_owned(),
        email: "ann@example.org".to_owned(),
        state: UserState::Active,
        kind: rosterd_core::lifecycle::Kind::Person,
        server_admin: false,
        orgs: vec![rosterd::hooks::OrgNow { id: OrgId(1), name: "Platform".to_owned(), role }],
        teams: Vec::new(),
        groups: vec!["ops".to_owned()],
    }
}

/// Hooks with a database, a script and secrets in files.
pub struct World {
    pub store: Arc<dyn Store>,
    pub script: Arc<Scripted>,
    pub hooks: Arc<Hooks>,
    pub config: Config,
    dir: TempDir,
    working: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl World {
    /// `hooks`: sections of hooks of the provider `corp`, or of `sso`, which is known by logins.
    pub async fn new(site: &Site, hooks: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let world = Self::text(dir.path(), hooks);
        let config = config::parse(&world, Format::Toml, "rosterd.toml", &[]).unwrap().config;
        let script = Arc::new(Scripted {
            mood: Mutex::new(Mood::Says(Finding::Applied)),
            asked: Mutex::default(),
            known: Mutex::new(Some(ann(OrgRole::Viewer))),
        });
        let store = site.store().await;
        let hooks = Hooks::new(
            Arc::clone(&script) as Arc<dyn Looks>,
            Arc::clone(&store),
            Arc::new(SystemClock),
            Arc::new(SystemRandom),
            &config,
        );
        let world = Self { store, script, hooks, config, dir, working: None };
        world.secret(KEY);
        world
    }

    fn text(dir: &Path, hooks: &str) -> String {
        let secrets = format!("secrets = [{{ file = {:?} }}]", dir.join("key"));
        format!(
            "version = 1\n[providers.corp]\nfile.path = \"people.yaml\"\n[providers.sso]\nlogin.protocol = \"oidc\"\n{}",
            hooks.replace("$secrets", &secrets)
        )
    }

    /// Replaces the secret in its file.
    pub fn secret(&self, text: &str) {
        let path = self.dir.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn mood(&self, mood: Mood) {
        *self.script.mood.lock().unwrap() = mood;
    }

    pub fn looks(&self) -> usize {
        self.script.asked.lock().unwrap().len()
    }

    /// Begins to work off what is kept.
    pub fn work(&mut self) {
        let (stop, stopped) = oneshot::channel();
        let work = Arc::clone(&self.hooks).run(async {
            let _ = stopped.await;
        });
        self.working = Some((stop, tokio::spawn(work)));
    }

    /// Stops that, when what is under way is done.
    pub async fn rest(&mut self) {
        let (stop, working) = self.working.take().unwrap();
        stop.send(()).unwrap();
        working.await.unwrap();
    }

    /// A call as the hook's sender makes it.
    pub fn call(&self, hook: &str, person: &str, id: &str) -> Call {
        self.call_at(hook, person, id, 0)
    }

    /// The same, made so many milliseconds from now.
    pub fn call_at(&self, hook: &str, person: &str, id: &str, millis: i64) -> Call {
        let secret = Secret::new(KEY.to_owned());
        let now = SystemClock.now().plus_millis(millis);
        let made = make(&self.config.hooks[hook], Some(&secret), person, id, now).unwrap();
        Call { path: format!("/hooks/v1/{hook}"), method: made.method, headers: made.headers, body: made.body }
    }

    pub async fn send(&self, call: &Call) -> (u16, Value) {
        let (status, _, body) = self.send_from(call, Some("127.0.0.1:1")).await;
        (status, body)
    }

    pub async fn send_from(&self, call: &Call, peer: Option<&str>) -> (u16, HeaderMap, Value) {
        let mut request = Request::builder().method(call.method).uri(&call.path);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(call.body.clone())).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        }
        let answer = router(Arc::clone(&self.hooks)).oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn deliveries(&self) -> Vec<Delivery> {
        self.store.deliveries(None, 1000).await.unwrap()
    }

    /// Waits until no delivery waits.
    pub async fn until_done(&self) {
        for _ in 0..600 {
            if self.deliveries().await.iter().all(|one| one.state != "pending") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("deliveries still wait: {:#?}", self.deliveries().await);
    }
}

/// A call that can be changed.
#[derive(Debug, Clone)]
pub struct Call {
    pub path: String,
    pub method: &'static str,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn inline(mut self) -> Self {
        self.path.push_str("/inline");
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

pub const STANDARD: &str = "[hooks.portal]\nsender = \"standard-webhooks\"\nprovider = \"corp\"\n$secrets\n\
                            person = { login = \"/data/user\" }\n";
