//! One resource into the snapshot: who or what it is.

use super::list::id;
use super::path::{Path, get};
use crate::config::{Inactive, Scim};
use crate::providers::claims::{self, Attributes, Missing};
use rosterd_core::snapshot::{GroupFields, GroupIndex, PersonFields, PersonIndex, SnapshotBuilder};
use serde_json::Value;

/// Where things stand in users and groups.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) person_id: Path,
    pub(super) login: Path,
    name: Vec<Path>,
    pub(super) email: Path,
    inactive: Inactive,
    attributes: Vec<(String, Path)>,
    group_id: Path,
    group_name: Path,
}

impl Paths {
    pub(super) fn new(config: &Scim) -> Self {
        let (users, groups) = (&config.users, &config.groups);
        Self {
            person_id: Path::parse(&users.id),
            login: Path::parse(&users.login),
            name: users.name.iter().map(|name| Path::parse(name)).collect(),
            email: Path::parse(&users.email),
            inactive: users.inactive,
            attributes: users.attributes.iter().map(|name| (name.clone(), Path::parse(name))).collect(),
            group_id: Path::parse(&groups.id),
            group_name: Path::parse(&groups.name),
        }
    }

    /// Whether a group's name is of an extension, which a service may not give where only some are asked for.
    pub(super) fn group_name_is_core(&self) -> bool {
        self.group_name.core().is_some_and(|name| name.eq_ignore_ascii_case("displayName"))
    }

    /// Whether the account may be used; `None` where that cannot be read.
    pub(super) fn active(&self, user: &Value) -> Option<bool> {
        if self.inactive == Inactive::Kept {
            return Some(true);
        }
        match get(user, "active") {
            None => Some(true),
            Some(Value::Bool(active)) => Some(*active),
            // Some write it as a text.
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Some(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Some(false),
            Some(_) => None,
        }
    }

    /// Takes a person in. `None` for an account that is not to be used; and, with a gap, for one that cannot be told
    /// from others.
    pub(super) fn person(&self, user: &Value, builder: &mut SnapshotBuilder) -> Option<PersonIndex> {
        let known_as = id(user).unwrap_or("?");
        match self.active(user) {
            Some(true) => {}
            Some(false) => return None,
            None => builder.gap_with("unreadable_active", || format!("user {known_as}: `active` is no truth value")),
        }
        let Some(subject) = self.person_id.text(user) else {
            builder.gap_with("no_id", || format!("user {known_as} has no {}", self.person_id.in_filter()));
            return None;
        };
        let claims = (!self.attributes.is_empty()).then(|| {
            let (attributes, missing) = self.claims(user);
            for (code, what) in missing {
                builder.gap_with(code, || format!("user {known_as}: {what}"));
            }
            claims::text([("attributes", attributes.into_map())])
        });
        builder.person(PersonFields {
            subject,
            dn: None,
            login: self.login.text(user),
            name: self.name.iter().find_map(|path| path.text(user)),
            email: self.email.text(user),
            claims: claims.as_deref(),
        })
    }

    fn claims(&self, user: &Value) -> (Attributes, Vec<Missing>) {
        let (mut attributes, mut missing) = (Attributes::default(), Vec::new());
        for (name, path) in &self.attributes {
            let Ok(texts) = path.texts(user) else {
                missing.push(("not_text", format!("{name} has parts; name one of them, such as {name}.value")));
                continue;
            };
            for text in texts {
                if let Err(lacks) = attributes.put(name, text.as_bytes())
                    && !missing.contains(&lacks)
                {
                    missing.push(lacks);
                }
            }
        }
        (attributes, missing)
    }

    /// The same of a group.
    pub(super) fn group(&self, group: &Value, builder: &mut SnapshotBuilder) -> Option<GroupIndex> {
        let Some(subject) = self.group_id.text(group) else {
            let known_as = id(group).unwrap_or("?");
            builder.gap_with("no_id", || format!("group {known_as} has no {}", self.group_id.in_filter()));
            return None;
        };
        let name = self.group_name.text(group).unwrap_or_default();
        builder.group(GroupFields { subject, dn: None, name })
    }
}
