//! What a provider said, whole, and whether it said all of it.
//!
//! A provider fills a [`SnapshotBuilder`] and calls [`SnapshotBuilder::finish`]. That is the only
//! way to a [`Complete`], and it gives one only when every announced part of the read was
//! finished and nothing at all was missing. Anything else is a [`Partial`], from which nothing is
//! ever removed: unknown is not empty (N1).

mod build;
mod finish;
mod only;

pub use build::{Part, SnapshotBuilder};

use crate::text::{Arena, Text};
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

/// By what somebody is looked for. Exactly one person must have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonKey {
    /// The immutable id.
    Subject(String),
    /// Compared as the provider compares it: by LDAP's attribute, without case; in a file, exactly.
    Login(String),
    /// Without case.
    Email(String),
    Dn(String),
}

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
    /// What else the provider says: the text of a JSON object with a member for each source, such
    /// as `{"attributes":{"department":["Sales"]}}`. Equal claims must be equal texts.
    pub claims: Option<&'a str>,
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
    /// See [`PersonFields::claims`].
    pub claims: Text,
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
    /// Subjects of people, ascending. See [`SnapshotBuilder::gone`].
    pub gone: Vec<Text>,
    /// Subjects of groups, ascending. See [`SnapshotBuilder::group_gone`].
    pub gone_groups: Vec<Text>,
    /// See [`SnapshotBuilder::behind`].
    pub behind: bool,
}

impl Snapshot {
    /// The groups a person is directly in.
    pub fn groups_of(&self, person: PersonIndex) -> impl Iterator<Item = GroupIndex> + '_ {
        let from = self.direct.partition_point(|(p, _)| *p < person);
        self.direct[from..].iter().take_while(move |(p, _)| *p == person).map(|(_, g)| *g)
    }

    /// Whether it says that the person with that immutable id is gone.
    #[must_use]
    pub fn says_gone(&self, subject: &str) -> bool {
        self.gone.binary_search_by(|gone| self.texts.get(*gone).cmp(subject)).is_ok()
    }

    /// The same of a group.
    #[must_use]
    pub fn says_group_gone(&self, subject: &str) -> bool {
        self.gone_groups.binary_search_by(|gone| self.texts.get(*gone).cmp(subject)).is_ok()
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

/// All that there is to say of the people in it, and nothing of anybody else: who is not in it is
/// not gone, unless it says so of them. Only [`SnapshotBuilder::finish_people`] makes one.
#[derive(Debug)]
pub struct People(Snapshot);

impl People {
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
    /// Of everybody.
    Complete(Complete),
    /// Of some people, who were asked for one by one.
    People(People),
    Unknown(Partial),
}

impl Reading {
    /// What was read, whether or not it is all.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Complete(complete) => &complete.0,
            Self::People(people) => &people.0,
            Self::Unknown(partial) => &partial.snapshot,
        }
    }

    /// The same as a reading because of which nothing is taken away, for this reason.
    #[must_use]
    pub fn doubted(self, code: &'static str, detail: impl Into<String>) -> Self {
        let gap = Gap { code, detail: detail.into() };
        match self {
            Self::Complete(Complete(snapshot)) | Self::People(People(snapshot)) => {
                Self::Unknown(Partial { snapshot, gaps: vec![gap] })
            }
            Self::Unknown(mut partial) => {
                partial.gaps.push(gap);
                partial.gaps.sort();
                Self::Unknown(partial)
            }
        }
    }

    /// Why it is not complete; empty when it is.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        match self {
            Self::Complete(_) | Self::People(_) => &[],
            Self::Unknown(partial) => &partial.gaps,
        }
    }
}
