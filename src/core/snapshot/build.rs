//! Collecting a read, in whatever order a provider tells it. Nothing is decided here.

use super::{Gap, Group, GroupFields, GroupIndex, Person, PersonFields, PersonIndex};
use crate::dn;
use crate::text::{Arena, Text};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::collections::HashMap;
use std::fmt;

/// How a membership names its member (or its group): what is left of a DN, or of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key([u8; 16]);

/// A part of a read that must be seen to its end. Made by [`SnapshotBuilder::begin`].
#[derive(Debug)]
#[must_use = "a part that is not ended leaves the read incomplete"]
pub struct Part(&'static str);

/// At most so many gaps are kept by name; the read is incomplete with the first already.
const GAPS_KEPT: usize = 100;
/// So many letters are kept of what is said of a gap: providers send DNs of any length.
const GAP_LETTERS: usize = 1000;
/// At most so much text is kept (1 GiB); a provider that says more is not believed.
const TEXT_LIMIT: usize = 1 << 30;

/// At most so much is kept of what a provider says of one person besides names and groups (4 MiB).
const CLAIMS_LIMIT: usize = 4 << 20;

/// Collects a read. Order of calls does not matter: memberships are resolved at the end.
pub struct SnapshotBuilder {
    seed: (u64, u64),
    pub(super) texts: Arena,
    pub(super) people: Vec<Person>,
    pub(super) groups: Vec<Group>,
    pub(super) person_by_dn: HashMap<Key, PersonIndex>,
    pub(super) group_by_dn: HashMap<Key, GroupIndex>,
    pub(super) members: Vec<(GroupIndex, Key)>,
    pub(super) member_logins: Vec<(GroupIndex, Text)>,
    pub(super) member_of: Vec<(PersonIndex, Key)>,
    pub(super) parents: Vec<(GroupIndex, Key)>,
    pub(super) primary_groups: Vec<(PersonIndex, Key)>,
    pub(super) group_numbers: Vec<(Key, GroupIndex)>,
    pub(super) known_members: Vec<(PersonIndex, GroupIndex)>,
    pub(super) known_parents: Vec<(GroupIndex, GroupIndex)>,
    pub(super) strangers: u32,
    pub(super) gone: Vec<Text>,
    pub(super) gone_groups: Vec<Text>,
    pub(super) behind: bool,
    pub(super) gaps: Vec<Gap>,
    pub(super) parts: usize,
    pub(super) unended: Vec<&'static str>,
    scratch: String,
}

impl fmt::Debug for SnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotBuilder({} people, {} groups)", self.people.len(), self.groups.len())
    }
}

impl SnapshotBuilder {
    /// `seed` must be random for each read: it keeps whoever writes DNs from choosing ones that
    /// collide.
    #[must_use]
    pub fn new(seed: u128) -> Self {
        Self {
            seed: ((seed >> 64) as u64, seed as u64),
            texts: Arena::default(),
            people: Vec::new(),
            groups: Vec::new(),
            person_by_dn: HashMap::new(),
            group_by_dn: HashMap::new(),
            members: Vec::new(),
            member_logins: Vec::new(),
            member_of: Vec::new(),
            parents: Vec::new(),
            primary_groups: Vec::new(),
            group_numbers: Vec::new(),
            known_members: Vec::new(),
            known_parents: Vec::new(),
            strangers: 0,
            gone: Vec::new(),
            gone_groups: Vec::new(),
            behind: false,
            gaps: Vec::new(),
            parts: 0,
            unended: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Announces a part of the read. The read is complete only if every part is [ended](Self::end).
    pub fn begin(&mut self, what: &'static str) -> Part {
        self.parts += 1;
        self.unended.push(what);
        Part(what)
    }

    /// The part was read to its end, error-free, unreferred, un-truncated.
    pub fn end(&mut self, part: Part) {
        if let Some(at) = self.unended.iter().position(|what| *what == part.0) {
            self.unended.swap_remove(at);
        }
    }

    /// Something is missing. The read goes on, but what it yields is no longer complete.
    pub fn gap(&mut self, code: &'static str, detail: impl Into<String>) {
        self.gap_with(code, || detail.into());
    }

    /// The same, where there may be a gap for each value of a long list: what is not kept is not written.
    pub fn gap_with(&mut self, code: &'static str, detail: impl FnOnce() -> String) {
        if self.gaps.len() < GAPS_KEPT {
            let mut detail = detail();
            if let Some((end, _)) = detail.char_indices().nth(GAP_LETTERS) {
                detail.truncate(end);
                detail.push('…');
                detail.shrink_to_fit();
            }
            self.gaps.push(Gap { code, detail });
        }
    }

    /// How many people were read so far.
    #[must_use]
    pub fn people_len(&self) -> usize {
        self.people.len()
    }

    /// How many groups were read so far.
    #[must_use]
    pub fn groups_len(&self) -> usize {
        self.groups.len()
    }

    /// Adds a person. One without a subject or with a DN that is none is a gap, and `None`.
    pub fn person(&mut self, fields: PersonFields<'_>) -> Option<PersonIndex> {
        if fields.subject.is_empty() {
            self.gap("no_id", format!("a person without an immutable id: {}", fields.dn.unwrap_or("?")));
            return None;
        }
        let index = PersonIndex(u32::try_from(self.people.len()).ok()?);
        if let Some(dn) = fields.dn {
            let key = self.key(dn)?;
            if self.person_by_dn.insert(key, index).is_some() {
                self.gap("duplicate_dn", format!("two people with the DN {dn}"));
            }
        }
        let person = Person {
            subject: self.keep(fields.subject),
            dn: self.keep(fields.dn.unwrap_or_default()),
            login: self.keep(fields.login.unwrap_or_default()),
            name: self.keep(fields.name.unwrap_or_default()),
            email: self.keep(fields.email.unwrap_or_default()),
            claims: self.keep_claims(fields.subject, fields.claims.unwrap_or_default()),
        };
        self.people.push(person);
        Some(index)
    }

    /// Adds a group. One without a subject or with a DN that is none is a gap, and `None`.
    pub fn group(&mut self, fields: GroupFields<'_>) -> Option<GroupIndex> {
        if fields.subject.is_empty() {
            self.gap("no_id", format!("a group without an immutable id: {}", fields.dn.unwrap_or(fields.name)));
            return None;
        }
        let index = GroupIndex(u32::try_from(self.groups.len()).ok()?);
        if let Some(dn) = fields.dn {
            let key = self.key(dn)?;
            if self.group_by_dn.insert(key, index).is_some() {
                self.gap("duplicate_dn", format!("two groups with the DN {dn}"));
            }
        }
        let group = Group {
            subject: self.keep(fields.subject),
            dn: self.keep(fields.dn.unwrap_or_default()),
            name: self.keep(fields.name),
        };
        self.groups.push(group);
        Some(index)
    }

    /// The person with that immutable id is no longer there: the provider says so, and was asked for them.
    /// Counts in a reading of a few people; in one of everybody, who is not read is gone.
    pub fn gone(&mut self, subject: &str) {
        let subject = self.keep(subject);
        self.gone.push(subject);
    }

    /// The same of a group.
    pub fn group_gone(&mut self, subject: &str) {
        let subject = self.keep(subject);
        self.gone_groups.push(subject);
    }

    /// The provider stands before where it was read last, so that this is older than what is known.
    pub fn behind(&mut self) {
        self.behind = true;
    }

    /// The group has a member of that DN: a person or a group.
    pub fn member_dn(&mut self, group: GroupIndex, dn: &str) {
        if let Some(key) = self.key(dn) {
            self.members.push((group, key));
        }
    }

    /// The group has a member of that login (`memberUid`).
    pub fn member_login(&mut self, group: GroupIndex, login: &str) {
        let login = self.keep(login);
        self.member_logins.push((group, login));
    }

    /// The person is in the group of that DN (`memberOf`).
    pub fn person_member_of(&mut self, person: PersonIndex, group_dn: &str) {
        if let Some(key) = self.key(group_dn) {
            self.member_of.push((person, key));
        }
    }

    /// The group is in the group of that DN (`memberOf`).
    pub fn group_member_of(&mut self, group: GroupIndex, parent_dn: &str) {
        if let Some(key) = self.key(parent_dn) {
            self.parents.push((group, key));
        }
    }

    /// The person is in whichever group has that number, if one was read.
    pub fn primary_group(&mut self, person: PersonIndex, number: &[u8]) {
        let key = self.hash(number);
        self.primary_groups.push((person, key));
    }

    /// The group has that number, which a person may [name](Self::primary_group).
    pub fn group_number(&mut self, group: GroupIndex, number: &[u8]) {
        let key = self.hash(number);
        self.group_numbers.push((key, group));
    }

    /// The person is directly in the group: for providers that resolve their members themselves.
    pub fn member(&mut self, person: PersonIndex, group: GroupIndex) {
        self.known_members.push((person, group));
    }

    /// The group is directly in the group `parent`: for providers that resolve theirs themselves.
    pub fn nested(&mut self, child: GroupIndex, parent: GroupIndex) {
        self.known_parents.push((child, parent));
    }

    /// A group has a member who was not read: for providers that resolve theirs themselves.
    pub fn stranger(&mut self) {
        self.strangers = self.strangers.saturating_add(1);
    }

    fn keep_claims(&mut self, subject: &str, claims: &str) -> Text {
        if claims.len() > CLAIMS_LIMIT {
            self.gap("too_many_claims", format!("more than 4 MiB of claims of the person {subject:.100}"));
            return Text::EMPTY;
        }
        if claims.is_empty() { Text::EMPTY } else { self.keep(claims) }
    }

    fn keep(&mut self, text: &str) -> Text {
        if self.texts.len() + text.len() > TEXT_LIMIT {
            self.gap("too_much_text", "the provider sent more than 1 GiB of text");
            return Text::EMPTY;
        }
        if text.contains('\0') {
            // No database keeps it, and one such name must not stop everybody else's apply.
            self.gap("bad_text", format!("a NUL character in {text:.100?}"));
            return self.texts.push(&text.replace('\0', "\u{fffd}"));
        }
        self.texts.push(text)
    }

    fn key(&mut self, text: &str) -> Option<Key> {
        self.scratch.clear();
        if dn::normalize_into(text, &mut self.scratch).is_err() {
            self.gap("bad_dn", format!("not a DN: {text:.200}"));
            return None;
        }
        Some(self.hash(self.scratch.as_bytes()))
    }

    fn hash(&self, bytes: &[u8]) -> Key {
        let mut hasher = SipHasher24::new_with_keys(self.seed.0, self.seed.1);
        std::hash::Hasher::write(&mut hasher, bytes);
        Key(hasher.finish128().as_bytes())
    }
}
