//! People and groups from SCIM services: real ones, and a scripted one for what no real one does on demand.

mod faults;
mod find;
mod main_job;
mod oauth;
mod script;
mod throttled;

use crate::world::scripted_http::ScriptedHttp;
use rosterd::config::Scim;
use rosterd::providers::scim::ScimDirectory;
use rosterd::providers::{Directory as _, Found, PersonKey, ProviderError, ReadRequest};
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A directory that is asked by itself, without the program around it.
#[derive(Debug)]
pub struct Reader {
    directory: ScimDirectory,
    runtime: Runtime,
    pub token: PathBuf,
    _dir: TempDir,
}

impl Reader {
    /// `more` is laid over the configuration.
    pub fn new(url: &str, more: &Value) -> Self {
        Self::made(url, more, |config, secret| config["bearer"] = secret)
    }

    /// One that gets its tokens from an authorization server.
    pub fn with_oauth(url: &str, mut oauth: Value) -> Self {
        Self::made(url, &json!({}), |config, secret| {
            oauth["client_secret"] = secret;
            config["oauth"] = oauth;
        })
    }

    fn made(url: &str, more: &Value, who: impl FnOnce(&mut Value, Value)) -> Self {
        let dir = TempDir::new().unwrap();
        let token = dir.path().join("token");
        std::fs::write(&token, crate::world::scim::TOKEN).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&token, mode).unwrap();
        let mut config = json!({ "url": url, "page_size": 50, "timeout": "10s" });
        who(&mut config, json!({ "file": token }));
        for (key, value) in more.as_object().unwrap() {
            config[key] = value.clone();
        }
        let config: Scim = serde_json::from_value(config).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { directory: ScimDirectory::new(&config).unwrap(), runtime, token, _dir: dir }
    }

    pub fn of(server: &ScriptedHttp) -> Self {
        Self::new(&format!("{}/v2", server.url()), &json!({ "page_size": 2 }))
    }

    pub fn read(&self) -> Result<Reading, ProviderError> {
        self.runtime.block_on(self.directory.read(&request()))
    }

    pub fn find(&self, keys: &[PersonKey]) -> Result<Found, ProviderError> {
        self.runtime.block_on(self.directory.find(&keys.to_vec().into(), &request()))
    }

    pub fn check(&self) -> Vec<Result<String, String>> {
        self.runtime.block_on(self.directory.check()).into_iter().map(|step| step.result).collect()
    }
}

fn request() -> ReadRequest {
    ReadRequest { seed: 7, now: rosterd_core::ids::Timestamp(0), progress: Default::default() }
}

/// The gaps' codes, but for that it did not come to its end.
pub fn codes(reading: &Reading) -> BTreeSet<&'static str> {
    reading.gaps().iter().map(|gap| gap.code).filter(|code| *code != "unfinished").collect()
}

/// All that a reading says, as lines.
pub fn lines(reading: &Reading) -> Vec<String> {
    let s = reading.snapshot();
    let text = |text| s.texts.get(text);
    let person = |n: u32| text(s.people[n as usize].subject);
    let group = |n: u32| text(s.groups[n as usize].subject);
    let people = s.people.iter().map(|p| {
        let [subject, login, name, email, claims] = [p.subject, p.login, p.name, p.email, p.claims].map(text);
        format!("person {subject} {login} {name} {email} {claims}")
    });
    let groups = s.groups.iter().map(|g| format!("group {} {}", text(g.subject), text(g.name)));
    let direct = s.direct.iter().map(|(p, g)| format!("{} in {}", person(p.0), group(g.0)));
    let nested = s.nested.iter().map(|(c, p)| format!("{} within {}", group(c.0), group(p.0)));
    people.chain(groups).chain(direct).chain(nested).collect()
}
