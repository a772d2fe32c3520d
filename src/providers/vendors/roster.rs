//! What was read so far: people and groups by the vendor's own ids, who is in what, and in the end whether it is all.
//!
//! No vendor is believed to have nobody, no group or nobody in any group: that is what one shows to whoever may not see
//! more.

use super::Which;
use super::base::Base;
use super::listing::text;
use crate::providers::claims::{self, Attributes};
use crate::providers::web::Failure;
use crate::providers::{Found, PersonKey, Progress, ReadRequest, find};
use rosterd_core::snapshot::{GroupFields, GroupIndex, Part, PersonFields, PersonIndex, Reading, SnapshotBuilder};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// One person, in the vendor's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    pub(super) id: String,
    pub(super) login: Option<String>,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// Whether the account may be used; who may not use it is as gone. `None` where the vendor does not say it.
    pub(super) active: Option<bool>,
    /// What rules may look at besides.
    pub(super) claims: Option<Claims>,
}

/// The text of somebody's claims, and what is missing of them.
pub(super) type Claims = (String, Vec<claims::Missing>);

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Member {
    Person(String),
    Group(String),
    /// Everybody who is not gone.
    Everybody,
    /// A device, somebody of another directory: nobody who is read here.
    Other,
}

/// What was read so far.
pub(super) struct Roster {
    builder: SnapshotBuilder,
    parts: Vec<Part>,
    /// `None`: somebody who may not use the account.
    people: HashMap<Box<str>, Option<PersonIndex>>,
    groups: HashMap<Box<str>, GroupIndex>,
    members: Vec<(GroupIndex, Member)>,
    which: Which,
    /// How many groups there are, meant or not.
    seen: usize,
    progress: Arc<Progress>,
    /// Who is in what, for whoever follows changes from here on.
    pub(super) base: Option<Base>,
}

impl Roster {
    pub(super) fn new(request: &ReadRequest, which: &Which) -> Self {
        let mut builder = SnapshotBuilder::new(request.seed);
        let parts = ["people", "groups", "members"].map(|part| builder.begin(part)).into();
        Self {
            builder,
            parts,
            people: HashMap::new(),
            groups: HashMap::new(),
            members: Vec::new(),
            which: which.clone(),
            seen: 0,
            progress: Arc::clone(&request.progress),
            base: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty() && self.seen == 0
    }

    /// Takes somebody in, once.
    pub(super) fn person(&mut self, who: &Who) {
        if self.people.contains_key(who.id.as_str()) {
            return;
        }
        self.progress.add_people(1);
        let index = match who.active {
            Some(false) => None,
            said => {
                if said.is_none() {
                    self.missing("unreadable_state", || {
                        format!("user {}: whether the account may be used is not said", who.id)
                    });
                }
                let (claims, missing) = who.claims.clone().unzip();
                for (code, what) in missing.unwrap_or_default() {
                    self.missing(code, || format!("user {}: {what}", who.id));
                }
                self.builder.person(PersonFields {
                    subject: &who.id,
                    dn: None,
                    login: who.login.as_deref(),
                    name: who.name.as_deref(),
                    email: who.email.as_deref(),
                    claims: claims.as_deref(),
                })
            }
        };
        self.people.insert(who.id.as_str().into(), index);
    }

    /// Takes a group in; `None` where it is not meant. `called` is what the patterns are held to.
    pub(super) fn group(&mut self, id: &str, called: &str, name: &str) -> Option<GroupIndex> {
        self.seen += 1;
        if !self.which.fits(called) {
            return None;
        }
        self.known(id, name)
    }

    /// Takes in a group that is meant, once.
    pub(super) fn known(&mut self, id: &str, name: &str) -> Option<GroupIndex> {
        if let Some(group) = self.groups.get(id) {
            return Some(*group);
        }
        self.progress.add_groups(1);
        let group = self.builder.group(GroupFields { subject: id, dn: None, name })?;
        self.groups.insert(id.into(), group);
        Some(group)
    }

    pub(super) fn member(&mut self, group: GroupIndex, member: Member) {
        self.members.push((group, member));
    }

    pub(super) fn members(&mut self, group: GroupIndex, members: Vec<Member>) {
        self.members.extend(members.into_iter().map(|member| (group, member)));
    }

    /// Whoever is in `child` is in `parent`.
    pub(super) fn nested(&mut self, child: GroupIndex, parent: GroupIndex) {
        self.builder.nested(child, parent);
    }

    /// Somebody who was asked for is not there. Counts in a reading of a few people.
    pub(super) fn gone(&mut self, id: &str) {
        self.builder.gone(id);
    }

    /// The same of a group.
    pub(super) fn group_gone(&mut self, id: &str) {
        self.builder.group_gone(id);
    }

    /// Something is missing: what comes of this takes nothing from anybody.
    pub(super) fn missing(&mut self, code: &'static str, what: impl FnOnce() -> String) {
        self.builder.gap_with(code, what);
    }

    /// All of it was read. `needs`: what whoever asks must be allowed.
    pub(super) fn end(mut self, needs: &str) -> Reading {
        let nobody = [
            (self.people.is_empty(), "no_people", "nobody was listed"),
            (self.seen == 0, "no_groups", "no group was listed"),
            (!self.groups.is_empty() && self.members.is_empty(), "no_members", "no group has a member"),
        ];
        for (_, code, what) in nobody.into_iter().filter(|(nobody, ..)| *nobody) {
            self.missing(code, || format!("{what}, which is not believed; {needs}"));
        }
        self.resolve();
        self.parts.into_iter().for_each(|part| self.builder.end(part));
        self.builder.finish()
    }

    /// All of it that was asked for, a few people.
    pub(super) fn few(mut self, asked: &[PersonKey]) -> Found {
        self.resolve();
        self.parts.into_iter().for_each(|part| self.builder.end(part));
        let reading = self.builder.finish_people();
        let matches = find::places(&reading, asked);
        Found { reading, matches }
    }

    /// It was not.
    pub(super) fn cut(mut self, failure: &Failure) -> Reading {
        self.resolve();
        self.builder.gap(failure.code, failure.message.clone());
        self.builder.finish()
    }

    /// Says to the builder who is in what.
    fn resolve(&mut self) {
        for (group, member) in std::mem::take(&mut self.members) {
            match member {
                Member::Person(id) => match self.people.get(id.as_str()) {
                    Some(Some(person)) => self.builder.member(*person, group),
                    Some(None) => {}
                    None => self.builder.stranger(),
                },
                Member::Group(id) => match self.groups.get(id.as_str()) {
                    Some(child) => self.builder.nested(*child, group),
                    None => self.builder.stranger(),
                },
                Member::Everybody => {
                    self.people.values().flatten().for_each(|person| self.builder.member(*person, group));
                }
                Member::Other => self.builder.stranger(),
            }
        }
    }
}

/// Claims of the source `attributes`: what stands in an object under these names. Nothing where none is asked for.
pub(super) fn claims(names: &[String], object: Option<&Value>) -> Option<Claims> {
    if names.is_empty() {
        return None;
    }
    let (mut attributes, mut missing) = (Attributes::default(), Vec::new());
    for name in names {
        let values = match object.and_then(|object| object.get(name)) {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(all)) => all.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for value in values {
            let plain = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Null => continue,
                Value::Array(_) | Value::Object(_) => {
                    missing.push(("not_text", format!("{name} has parts")));
                    continue;
                }
            };
            if let Err(lacks) = attributes.put(name, plain.as_bytes())
                && !missing.contains(&lacks)
            {
                missing.push(lacks);
            }
        }
    }
    Some((claims::text([("attributes", attributes.into_map())]), missing))
}

/// A text of an entry, of its own.
pub(super) fn own(entry: &Value, name: &str) -> Option<String> {
    text(entry, name).map(str::to_owned)
}
