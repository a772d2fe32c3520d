//! From those who were asked for to a reading about them.

use super::engine::{Engine, RunError};
use super::look::Asked;
use crate::config::{Config, LinkKey};
use crate::providers::{Directory, Found, Match, ReadRequest, Said};
use crate::store::Whom;
use rosterd_core::dn;
use rosterd_core::mapping::{Document, RuleSet};
use rosterd_core::snapshot::{GroupFields, PersonFields, PersonIndex, PersonKey, Reading, Snapshot, SnapshotBuilder};
use std::sync::Arc;

impl Engine {
    /// The provider that can be asked.
    pub(super) fn directory(&self, provider: &str) -> Result<&Arc<dyn Directory>, RunError> {
        self.providers.get(provider).ok_or_else(|| {
            let why = format!("provider {provider} cannot be asked: its people are known by their logins");
            RunError::Configuration(why)
        })
    }

    /// Asks the provider for them, or takes what a signed source said.
    pub(super) async fn few(&self, provider: &str, asked: &[Asked]) -> Result<Found, RunError> {
        let seed = self.random.seed()?;
        if let [Asked::Said(said)] = asked {
            return Ok(spoken(said, &*self.rules(provider)?, seed));
        }
        let keys: Vec<PersonKey> = asked
            .iter()
            .map(|asked| match asked {
                Asked::Key(key) => key.clone(),
                Asked::Said(said) => PersonKey::Subject(said.subject.clone()),
            })
            .collect();
        let directory = self.directory(provider)?;
        let request = ReadRequest { seed, now: self.clock.now(), progress: Arc::clone(&self.progress) };
        Ok(directory.find(&keys.into(), &request).await?)
    }
}

/// What a signed source says of somebody. Groups that it doesn't tell are unknown, not none.
fn spoken(said: &Said, rules: &RuleSet, seed: u128) -> Found {
    let mut builder = SnapshotBuilder::new(seed);
    let person = builder.person(PersonFields {
        subject: &said.subject,
        dn: None,
        login: Some(&said.login),
        name: said.name.as_deref(),
        email: said.email.as_deref(),
        claims: said.claims.as_deref(),
    });
    let claims = said.claims.as_deref().map(Document::parse).transpose();
    let groups = match claims {
        Ok(document) => said.groups.clone().or_else(|| rules.groups_of(&document.unwrap_or_default().claims)),
        Err(error) => {
            builder.gap("bad_claims", format!("what was said cannot be read: {error}"));
            None
        }
    };
    if groups.is_none() {
        builder.gap("groups_unknown", "the login said nothing of groups");
    }
    for (code, why) in &said.missing {
        builder.gap("not_said", format!("{code}: {why}"));
    }
    let mut groups = groups.unwrap_or_default();
    groups.sort();
    groups.dedup();
    for group in &groups {
        let named = dn::first_rdn_value(group).filter(|_| group.contains('='));
        let dn = named.is_some().then_some(group.as_str());
        let group = builder.group(GroupFields { subject: group, dn, name: named.as_deref().unwrap_or(group) });
        if let (Some(person), Some(group)) = (person, group) {
            builder.member(person, group);
        }
    }
    let part = builder.begin("a login");
    builder.end(part);
    let one = if person.is_some() { Match::One(PersonIndex(0)) } else { Match::Nobody };
    Found { reading: builder.finish_people(), matches: vec![one] }
}

/// Whose rows a plan from this reading needs.
pub(super) fn whom(config: &Config, provider: &str, reading: &Reading) -> Whom {
    let snapshot: &Snapshot = reading.snapshot();
    let text = |text| snapshot.texts.get(text).to_owned();
    let mut whom = Whom { link: links(config, provider), ..Whom::default() };
    for person in &snapshot.people {
        whom.subjects.push(text(person.subject));
        let login = text(person.login);
        if !login.is_empty() {
            // The names that somebody gets whose login is taken.
            whom.logins.push(format!("{login}@{provider}"));
            whom.logins.push(login);
        }
        let email = text(person.email).to_lowercase();
        if !email.is_empty() {
            whom.emails.push(email);
        }
    }
    whom.groups = snapshot.groups.iter().map(|group| text(group.subject)).collect();
    whom.subjects.extend(snapshot.gone.iter().map(|subject| text(*subject)));
    whom.groups.extend(snapshot.gone_groups.iter().map(|subject| text(*subject)));
    whom
}

/// Whether new people of the provider may be somebody whom another one knows.
fn links(config: &Config, provider: &str) -> bool {
    let by = |name: &str| config.providers.get(name).map(|p| p.link.by.as_slice()).unwrap_or_default();
    let own: &[LinkKey] = by(provider);
    config.providers.keys().any(|other| other != provider && by(other).iter().any(|key| own.contains(key)))
}
