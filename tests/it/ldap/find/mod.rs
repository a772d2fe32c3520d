//! Looking for a few people: it must say what a full read says of them, quickly, and survive what a
//! full read survives.

mod connections;
mod equal;
mod faults;
mod keys;
mod replicas;

use super::config;
use crate::world::slapd::{READER, SUFFIX, Slapd};
use rosterd::config::Ldap;
use rosterd::providers::follow::Cursor;
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, Found, Match, PersonKey, ProviderError, ReadRequest};
use rosterd_core::ids::Timestamp;
use rosterd_core::snapshot::{Reading, Snapshot};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

/// A directory that is asked again and again, as a daemon does it.
pub struct Looker {
    runtime: tokio::runtime::Runtime,
    directory: LdapDirectory,
    _secrets: Option<tempfile::TempDir>,
    pub password: PathBuf,
    /// When it is, in milliseconds since 1970.
    pub now: i64,
}

impl Looker {
    pub fn new(config: &Ldap) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let directory = LdapDirectory::new(config).unwrap();
        Self { runtime, directory, _secrets: None, password: PathBuf::new(), now: 0 }
    }

    /// At a real server, with a password in a file; `more` is laid over the configuration.
    pub fn at(slapd: &Slapd, more: &Value) -> Self {
        let secrets = tempfile::tempdir().unwrap();
        let password = secrets.path().join("password");
        std::fs::write(&password, READER.1).unwrap();
        std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let mut all = json!({
            "timeout": "10s",
            "page_size": 500,
            "bind": { "dn": READER.0, "password": { "file": password } },
            "users": { "base": [format!("ou=people,{SUFFIX}")] },
            "groups": { "base": [format!("ou=groups,{SUFFIX}")] },
        });
        for (key, value) in more.as_object().unwrap() {
            all[key] = value.clone();
        }
        Self { _secrets: Some(secrets), password, ..Self::new(&config(&slapd.url(), &all)) }
    }

    pub fn find(&self, keys: &[PersonKey]) -> Result<Found, ProviderError> {
        let request = ReadRequest { seed: 7, now: Timestamp(self.now), progress: Default::default() };
        self.runtime.block_on(self.directory.find(&keys.to_vec().into(), &request))
    }

    /// All of these at once, each a look of its own.
    pub fn find_at_once(&self, keys: &[PersonKey]) -> Vec<Result<Found, ProviderError>> {
        let look = |key: &PersonKey| {
            let keys = vec![key.clone()].into();
            async move {
                let request = ReadRequest { seed: 7, now: Timestamp(self.now), progress: Default::default() };
                self.directory.find(&keys, &request).await
            }
        };
        self.runtime.block_on(futures_util::future::join_all(keys.iter().map(look)))
    }

    pub fn login(&self, login: &str) -> Result<Found, ProviderError> {
        self.find(&[PersonKey::Login(login.to_owned())])
    }

    pub fn read(&self) -> Reading {
        self.try_read().unwrap()
    }

    /// Reads everything, as whoever follows changes does: until where, after it was read until there.
    pub fn read_after(&self, before: Option<&Cursor>) -> (Reading, Option<Cursor>) {
        let request = ReadRequest { seed: 7, now: Timestamp(self.now), progress: Default::default() };
        self.runtime.block_on(self.directory.read_to(&request, before)).unwrap()
    }

    pub fn try_read(&self) -> Result<Reading, ProviderError> {
        let request = ReadRequest { seed: 7, now: Timestamp(self.now), progress: Default::default() };
        self.runtime.block_on(self.directory.read(&request))
    }
}

/// All that a reading says of the people at these places, and of the groups above them.
pub fn said(s: &Snapshot, people: &[usize]) -> String {
    let text = |text| s.texts.get(text);
    let mut out = String::new();
    let mut above = BTreeSet::new();
    let mut lines = BTreeSet::new();
    for place in people {
        let p = &s.people[*place];
        lines.insert(format!("person {} {} {}", text(p.subject), text(p.login), text(p.dn)));
        lines.insert(format!("says {} {} {}", text(p.name), text(p.email), text(p.claims)));
        for (_, group) in s.direct.iter().filter(|(person, _)| person.0 as usize == *place) {
            lines.insert(format!("direct {} {}", text(p.subject), text(s.groups[group.0 as usize].subject)));
            above.insert(group.0 as usize);
        }
    }
    loop {
        let more: BTreeSet<usize> =
            s.nested.iter().filter(|(c, _)| above.contains(&(c.0 as usize))).map(|(_, p)| p.0 as usize).collect();
        if more.is_subset(&above) {
            break;
        }
        above.extend(more);
    }
    let subject = |place: usize| text(s.groups[place].subject);
    for place in &above {
        let g = &s.groups[*place];
        lines.insert(format!("group {} {} {}", text(g.subject), text(g.name), text(g.dn)));
        for (_, parent) in s.nested.iter().filter(|(child, _)| child.0 as usize == *place) {
            lines.insert(format!("nested {} {}", subject(*place), subject(parent.0 as usize)));
        }
    }
    for line in lines {
        writeln!(out, "{line}").unwrap();
    }
    out
}

/// All of what was found, and nothing of it is about anybody else.
#[track_caller]
pub fn all_said(found: &Found) -> String {
    assert!(matches!(found.reading, Reading::People(_)), "{:?}", found.reading.gaps());
    let s = found.reading.snapshot();
    let all = said(s, &(0..s.people.len()).collect::<Vec<_>>());
    assert_eq!(all.lines().filter(|line| line.starts_with("group ")).count(), s.groups.len(), "a group of nobody's");
    all
}

/// The names of the groups of the only person that was found, directly or through others.
#[track_caller]
pub fn groups(found: &Found) -> Vec<String> {
    assert!(matches!(found.matches[..], [Match::One(_)]), "{:?} {:?}", found.matches, found.reading.gaps());
    let s = found.reading.snapshot();
    let mut names: Vec<String> = s.groups.iter().map(|group| s.texts.get(group.name).to_owned()).collect();
    names.sort();
    names
}
