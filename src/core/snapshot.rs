//! What a provider said, whole, and whether it said all of it.
//!
//! A provider fills a [`SnapshotBuilder`] and calls [`SnapshotBuilder::finish`]. That is the only
//! way to a [`Complete`], and it gives one only when every announced part of the read was
//! finished and nothing at all was missing. Anything else is a [`Partial`], from which nothing is
//! ever removed: unknown is not empty (N1).

use crate::dn;
use crate::text::{Arena, Text};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::collections::HashMap;
use std::fmt;

/// One reason why a read is not complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    /// A stable word for metrics and tests, such as `referral` or `ranged_attribute`.
    pub code: &'static str,
    /// What was missing and where, for a person. Without secrets.
    pub detail: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// A person's place in [`Snapshot::people`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonIndex(pub u32);

/// A group's place in [`Snapshot::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupIndex(pub u32);

/// A person as a provider gives it.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonFields<'a> {
    /// The immutable id. Never empty.
    pub subject: &'a str,
    /// The name in the directory, where the provider has one.
    pub dn: Option<&'a str>,
    pub login: Option<&'a str>,
    pub name: Option<&'a str>,
    pub email: Option<&'a str>,
}

/// A group as a provider gives it.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroupFields<'a> {
    /// The immutable id. Never empty.
    pub subject: &'a str,
    pub dn: Option<&'a str>,
    /// The short name, such as the first `cn`.
    pub name: &'a str,
}

/// One person. The texts are in [`Snapshot::texts`]; an absent one is empty.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub subject: Text,
    pub dn: Text,
    pub login: Text,
    pub name: Text,
    pub email: Text,
}

/// One group. The texts are in [`Snapshot::texts`]; an absent one is empty.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    pub subject: Text,
    pub dn: Text,
    pub name: Text,
}

/// People, groups, who is directly in what.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub texts: Arena,
    /// By subject.
    pub people: Vec<Person>,
    /// By subject.
    pub groups: Vec<Group>,
    /// (person, group), ascending, each once.
    pub direct: Vec<(PersonIndex, GroupIndex)>,
    /// (child, parent), ascending, each once.
    pub nested: Vec<(GroupIndex, GroupIndex)>,
    /// Members that named nobody and nothing that was read: people outside the filter, mostly.
    pub strangers: u32,
}

impl Snapshot {
    /// The groups a person is directly in.
    pub fn groups_of(&self, person: PersonIndex) -> impl Iterator<Item = GroupIndex> + '_ {
        let from = self.direct.partition_point(|(p, _)| *p < person);
        self.direct[from..].iter().take_while(move |(p, _)| *p == person).map(|(_, g)| *g)
    }
}

/// Proof that a read ended with nothing missing. Only [`SnapshotBuilder::finish`] makes one.
#[derive(Debug)]
pub struct Complete(Snapshot);

impl Complete {
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.0
    }

    /// The snapshot itself, to be planned with.
    #[must_use]
    pub fn into_snapshot(self) -> Snapshot {
        self.0
    }
}

/// What could be read, and what could not. Never a reason to remove anything.
#[derive(Debug)]
pub struct Partial {
    pub snapshot: Snapshot,
    /// Why. Never empty; ascending, each once.
    pub gaps: Vec<Gap>,
}

/// The outcome of a read that reached the provider.
#[derive(Debug)]
pub enum Reading {
    Complete(Complete),
    Unknown(Partial),
}

impl Reading {
    /// What was read, whether or not it is all.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Complete(complete) => &complete.0,
            Self::Unknown(partial) => &partial.snapshot,
        }
    }

    /// Why it is not complete; empty when it is.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        match self {
            Self::Complete(_) => &[],
            Self::Unknown(partial) => &partial.gaps,
        }
    }
}

/// How a membership names its member (or its group).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key(u128);

/// A part of a read that must be seen to its end. Made by [`SnapshotBuilder::begin`].
#[derive(Debug)]
#[must_use = "a part that is not ended leaves the read incomplete"]
pub struct Part(&'static str);

/// At most so many gaps are kept by name; the read is incomplete with the first already.
const GAPS_KEPT: usize = 100;
/// At most so much text is kept (1 GiB); a provider that says more is not believed.
const TEXT_LIMIT: usize = 1 << 30;

/// Collects a read. Order of calls does not matter: memberships are resolved at the end.
pub struct SnapshotBuilder {
    seed: (u64, u64),
    texts: Arena,
    people: Vec<Person>,
    groups: Vec<Group>,
    person_by_dn: HashMap<Key, PersonIndex>,
    group_by_dn: HashMap<Key, GroupIndex>,
    members: Vec<(GroupIndex, Key)>,
    member_logins: Vec<(GroupIndex, Text)>,
    member_of: Vec<(PersonIndex, Key)>,
    parents: Vec<(GroupIndex, Key)>,
    known_members: Vec<(PersonIndex, GroupIndex)>,
    known_parents: Vec<(GroupIndex, GroupIndex)>,
    gaps: Vec<Gap>,
    gap_count: usize,
    parts: usize,
    unended: Vec<&'static str>,
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
            known_members: Vec::new(),
            known_parents: Vec::new(),
            gaps: Vec::new(),
            gap_count: 0,
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
        self.gap_count += 1;
        if self.gaps.len() < GAPS_KEPT {
            self.gaps.push(Gap { code, detail: detail.into() });
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

    /// The person is directly in the group: for providers that resolve their members themselves.
    pub fn member(&mut self, person: PersonIndex, group: GroupIndex) {
        self.known_members.push((person, group));
    }

    /// The group is directly in the group `parent`: for providers that resolve theirs themselves.
    pub fn nested(&mut self, child: GroupIndex, parent: GroupIndex) {
        self.known_parents.push((child, parent));
    }

    fn keep(&mut self, text: &str) -> Text {
        if self.texts.len() + text.len() > TEXT_LIMIT {
            self.gap("too_much_text", "the provider sent more than 1 GiB of text");
            return Text::EMPTY;
        }
        self.texts.push(text)
    }

    fn key(&mut self, text: &str) -> Option<Key> {
        self.scratch.clear();
        if dn::normalize_into(text, &mut self.scratch).is_err() {
            self.gap("bad_dn", format!("not a DN: {text:.200}"));
            return None;
        }
        let mut hasher = SipHasher24::new_with_keys(self.seed.0, self.seed.1);
        std::hash::Hasher::write(&mut hasher, self.scratch.as_bytes());
        Some(Key(hasher.finish128().as_u128()))
    }

    /// Resolves the memberships and says whether the read was complete.
    #[must_use]
    pub fn finish(mut self) -> Reading {
        for what in std::mem::take(&mut self.unended) {
            self.gap("unfinished", format!("reading {what} did not come to its end"));
        }
        if self.parts == 0 {
            self.gap("unfinished", "nothing was read");
        }
        let mut direct = std::mem::take(&mut self.known_members);
        direct.reserve(self.members.len());
        let mut nested = std::mem::take(&mut self.known_parents);
        let mut strangers = 0u32;
        for (group, key) in std::mem::take(&mut self.members) {
            if let Some(person) = self.person_by_dn.get(&key) {
                direct.push((*person, group));
            } else if let Some(child) = self.group_by_dn.get(&key) {
                nested.push((*child, group));
            } else {
                strangers = strangers.saturating_add(1);
            }
        }
        for (person, key) in std::mem::take(&mut self.member_of) {
            match self.group_by_dn.get(&key) {
                Some(group) => direct.push((person, *group)),
                None => strangers = strangers.saturating_add(1),
            }
        }
        for (child, key) in std::mem::take(&mut self.parents) {
            match self.group_by_dn.get(&key) {
                Some(parent) => nested.push((child, *parent)),
                None => strangers = strangers.saturating_add(1),
            }
        }
        self.person_by_dn = HashMap::new();
        self.group_by_dn = HashMap::new();
        self.resolve_logins(&mut direct, &mut strangers);
        self.sort(direct, nested, strangers)
    }

    /// `memberUid` names logins; RFC 2307 compares them exactly.
    fn resolve_logins(&mut self, direct: &mut Vec<(PersonIndex, GroupIndex)>, strangers: &mut u32) {
        if self.member_logins.is_empty() {
            return;
        }
        let mut by_login: HashMap<&str, Option<PersonIndex>> = HashMap::with_capacity(self.people.len());
        let mut twice: Vec<&str> = Vec::new();
        for (index, person) in (0u32..).zip(&self.people) {
            if !person.login.is_empty() {
                let login = self.texts.get(person.login);
                by_login
                    .entry(login)
                    .and_modify(|known| {
                        *known = None;
                        twice.push(login);
                    })
                    .or_insert(Some(PersonIndex(index)));
            }
        }
        let mut ambiguous = Vec::new();
        for (group, login) in &self.member_logins {
            let login = self.texts.get(*login);
            match by_login.get(login) {
                Some(Some(person)) => direct.push((*person, *group)),
                Some(None) => ambiguous.push(format!("two people have the login {login}, which a memberUid names")),
                None => *strangers = strangers.saturating_add(1),
            }
        }
        for detail in ambiguous {
            self.gap("ambiguous_login", detail);
        }
    }

    /// Puts people and groups into the order of their subjects, so that the order in which a
    /// provider sends them cannot show anywhere.
    fn sort(
        mut self,
        mut direct: Vec<(PersonIndex, GroupIndex)>,
        mut nested: Vec<(GroupIndex, GroupIndex)>,
        strangers: u32,
    ) -> Reading {
        let texts = &self.texts;
        let (people, person_at) = sorted(&self.people, |p| texts.get(p.subject));
        let (groups, group_at) = sorted(&self.groups, |g| texts.get(g.subject));
        let mut twice = Vec::new();
        for pair in people.windows(2) {
            if texts.get(pair[0].subject) == texts.get(pair[1].subject) {
                twice.push(format!("two people with the id {}", texts.get(pair[0].subject)));
            }
        }
        for pair in groups.windows(2) {
            if texts.get(pair[0].subject) == texts.get(pair[1].subject) {
                twice.push(format!("two groups with the id {}", texts.get(pair[0].subject)));
            }
        }
        for detail in twice {
            self.gap("duplicate_id", detail);
        }
        for (person, group) in &mut direct {
            *person = PersonIndex(person_at[person.0 as usize]);
            *group = GroupIndex(group_at[group.0 as usize]);
        }
        for (child, parent) in &mut nested {
            *child = GroupIndex(group_at[child.0 as usize]);
            *parent = GroupIndex(group_at[parent.0 as usize]);
        }
        direct.sort_unstable();
        direct.dedup();
        nested.sort_unstable();
        nested.dedup();
        let snapshot = Snapshot { texts: self.texts, people, groups, direct, nested, strangers };
        if self.gap_count == 0 {
            return Reading::Complete(Complete(snapshot));
        }
        let mut gaps = self.gaps;
        gaps.sort();
        gaps.dedup();
        Reading::Unknown(Partial { snapshot, gaps })
    }
}

/// The items in the order of their keys, and for each old place the new one.
fn sorted<T: Copy, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> (Vec<T>, Vec<u32>) {
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    order.sort_unstable_by(|a, b| key(&items[*a as usize]).cmp(&key(&items[*b as usize])).then(a.cmp(b)));
    let mut place = vec![0u32; items.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old as usize] = new as u32;
    }
    (order.into_iter().map(|old| items[old as usize]).collect(), place)
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test says what it expected")]
mod tests {
    use super::*;

    fn two_people() -> SnapshotBuilder {
        let mut builder = SnapshotBuilder::new(7);
        let part = builder.begin("all");
        for (subject, login) in [("b", "bob"), ("a", "ana")] {
            builder.person(PersonFields {
                subject,
                dn: Some(&format!("uid={login},dc=x")),
                login: Some(login),
                ..PersonFields::default()
            });
        }
        let devs = builder.group(GroupFields { subject: "g1", dn: Some("cn=devs,dc=x"), name: "devs" });
        let all = builder.group(GroupFields { subject: "g0", dn: Some("cn=all,dc=x"), name: "all" });
        let (Some(devs), Some(all)) = (devs, all) else { panic!("groups are kept") };
        builder.member_dn(devs, "UID=Bob, DC=x");
        builder.member_login(devs, "ana");
        builder.member_dn(all, "cn=devs,dc=x");
        builder.member_dn(all, "uid=nobody,dc=x");
        builder.end(part);
        builder
    }

    #[test]
    fn resolves_members_of_every_kind() {
        let Reading::Complete(complete) = two_people().finish() else { panic!("nothing was missing") };
        let s = complete.snapshot();
        let logins: Vec<_> = s.people.iter().map(|p| s.texts.get(p.login)).collect();
        assert_eq!(logins, ["ana", "bob"]);
        assert_eq!(s.direct, [(PersonIndex(0), GroupIndex(1)), (PersonIndex(1), GroupIndex(1))]);
        assert_eq!(s.nested, [(GroupIndex(1), GroupIndex(0))]);
        assert_eq!(s.strangers, 1);
    }

    #[test]
    fn keeps_members_that_are_resolved_already() {
        let mut builder = SnapshotBuilder::new(7);
        let part = builder.begin("all");
        let zoe = builder.person(PersonFields { subject: "z", ..PersonFields::default() });
        let ana = builder.person(PersonFields { subject: "a", ..PersonFields::default() });
        let sre = builder.group(GroupFields { subject: "g2", dn: None, name: "sre" });
        let all = builder.group(GroupFields { subject: "g1", dn: None, name: "all" });
        let (Some(zoe), Some(ana), Some(sre), Some(all)) = (zoe, ana, sre, all) else { panic!("all are kept") };
        builder.member(zoe, sre);
        builder.member(zoe, sre);
        builder.member(ana, all);
        builder.nested(sre, all);
        builder.end(part);
        let Reading::Complete(complete) = builder.finish() else { panic!("nothing was missing") };
        let s = complete.snapshot();
        assert_eq!(s.direct, [(PersonIndex(0), GroupIndex(0)), (PersonIndex(1), GroupIndex(1))]);
        assert_eq!(s.nested, [(GroupIndex(1), GroupIndex(0))]);
    }

    #[test]
    fn a_gap_or_an_unended_part_is_never_complete() {
        let mut with_gap = two_people();
        with_gap.gap("referral", "somewhere else");
        assert!(matches!(with_gap.finish(), Reading::Unknown(_)));

        let mut unended = two_people();
        let _part = unended.begin("more");
        assert!(matches!(unended.finish(), Reading::Unknown(_)));
        assert!(matches!(SnapshotBuilder::new(0).finish(), Reading::Unknown(_)));
    }

    #[test]
    fn the_same_id_twice_is_a_gap() {
        let mut builder = two_people();
        builder.person(PersonFields { subject: "a", dn: Some("uid=c,dc=x"), ..PersonFields::default() });
        let reading = builder.finish();
        assert_eq!(reading.gaps().first().map(|g| g.code), Some("duplicate_id"));
    }
}
