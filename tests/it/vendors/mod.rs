//! People and groups from vendors' interfaces. None of these runs on a machine of ours, so all are scripted, by what the
//! vendors publish: `schemas/` has it in our own words, and questions and answers are both held to it.

mod daemon;
mod described;
mod fake;
mod faults;
mod follow;
mod main_job;
mod meant;
mod tokens;

use crate::world::company::{Company, Group, person};
use fake::{Fake, Make};
use rosterd::config::Provider;
use rosterd::providers::follow::{Cursor, Since};
use rosterd::providers::{Directory, Found, ProviderError, ReadRequest, Sought, build};
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A directory that is asked by itself, without the program around it.
pub struct Reader {
    directory: Arc<dyn Directory>,
    runtime: Runtime,
    pub secret: PathBuf,
    _dir: TempDir,
}

impl Reader {
    pub fn of(fake: &Fake) -> Self {
        Self::with(fake, &json!({}))
    }

    /// `more` is laid over the configuration.
    pub fn with(fake: &Fake, more: &Value) -> Self {
        let dir = TempDir::new().unwrap();
        let secret = dir.path().join("secret");
        std::fs::write(&secret, fake.make.secret()).unwrap();
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let (name, mut section) = fake.make.section(&fake.server.url(), secret.to_str().unwrap());
        section["timeout"] = "10s".into();
        for (key, value) in more.as_object().unwrap() {
            section[key] = value.clone();
        }
        let provider: Provider = serde_json::from_value(json!({ name: section })).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { directory: build(&provider).unwrap().unwrap(), runtime, secret, _dir: dir }
    }

    pub fn read(&self) -> Result<Reading, ProviderError> {
        self.runtime.block_on(self.directory.read(&request()))
    }

    /// Everything, and from where on changes are told.
    pub fn read_to(&self, before: Option<&Cursor>) -> (Reading, Option<Cursor>) {
        self.runtime.block_on(self.directory.read_to(&request(), before)).unwrap()
    }

    pub fn since(&self, cursor: &Cursor) -> Result<Since, ProviderError> {
        self.runtime.block_on(self.directory.since(cursor, &request()))
    }

    pub fn find(&self, sought: &Sought) -> Result<Found, ProviderError> {
        self.runtime.block_on(self.directory.find(sought, &request()))
    }

    pub fn check(&self) -> Vec<Result<String, String>> {
        self.runtime.block_on(self.directory.check()).into_iter().map(|step| step.result).collect()
    }
}

fn request() -> ReadRequest {
    ReadRequest { seed: 7, now: now(), progress: Arc::default() }
}

/// What is signed counts by the clock.
#[expect(clippy::disallowed_methods, reason = "the scripted server compares with the same clock")]
fn now() -> rosterd_core::ids::Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    rosterd_core::ids::Timestamp(i64::try_from(now.as_millis()).unwrap())
}

/// Seven people, and three groups: of all of them, of two, and of one.
pub fn small() -> Company {
    let group = |n: usize, name: &str, people: &[usize]| Group {
        uuid: format!("00000000-0000-4000-9000-{n:012x}"),
        name: name.to_owned(),
        people: people.iter().copied().collect(),
        ..Group::default()
    };
    Company {
        people: (0..7).map(person).collect(),
        groups: vec![group(0, "everybody", &[0, 1, 2, 3, 4, 5, 6]), group(1, "few", &[1, 2]), group(2, "one", &[3])],
    }
}

/// Who is in what, as lines: by logins and the last part of a group's name.
pub fn memberships(reading: &Reading) -> Vec<String> {
    let s = reading.snapshot();
    let short = |name: &str| name.rsplit('/').next().unwrap().split('@').next().unwrap().to_owned();
    let group = |n: u32| short(s.texts.get(s.groups[n as usize].name));
    let direct = s.direct.iter().map(|(p, g)| {
        let login = s.texts.get(s.people[p.0 as usize].login);
        format!("{} in {}", login.split('@').next().unwrap(), group(g.0))
    });
    let nested = s.nested.iter().map(|(child, parent)| format!("{} within {}", group(child.0), group(parent.0)));
    let mut all: Vec<String> = direct.chain(nested).collect();
    all.sort();
    all
}

/// What a vendor can say of a company: groups in groups as it has them, names and addresses that it tells.
pub fn shaped(make: Make, mut company: Company) -> Company {
    let place = |company: &Company, name: &str| company.find(name);
    if !matches!(make, Make::Graph | Make::Google) {
        company.groups.iter_mut().for_each(|group| group.groups.clear());
        let tree = [
            ("dept-00", ["team-000", "team-001", "team-002"]),
            ("dept-01", ["team-003", "team-004", "team-005"]),
            ("division-0", ["dept-00", "dept-01", "dept-02"]),
        ];
        for (outer, inner) in tree {
            for inner in inner {
                let (outer, inner) = (place(&company, outer), place(&company, inner));
                match make {
                    Make::Okta | Make::OktaSigned => {}
                    // Members of what is above are members of what is below.
                    Make::GitLab => _ = company.groups[inner].groups.insert(outer),
                    _ => _ = company.groups[outer].groups.insert(inner),
                }
            }
        }
    }
    for person in &mut company.people {
        named(make, person);
    }
    company
}

/// Somebody's names, as far as the vendor tells them.
pub fn named(make: Make, person: &mut crate::world::company::Person) {
    match make {
        Make::Google => person.login.clone_from(&person.email),
        Make::GitHub => (person.name, person.email) = (String::new(), String::new()),
        Make::GitLab => person.email = String::new(),
        _ => {}
    }
}
