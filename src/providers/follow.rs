//! What a provider says has changed: whom to look at. Nothing of it is believed besides: whoever is named
//! is asked for.

use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Until where changes were read, in the words of the provider that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Whom to tell that something has changed.
pub trait Ring: Send + Sync {
    fn ring(&self);
}

/// What has changed since a cursor.
#[derive(Debug)]
pub enum Since {
    Changes(Changes),
    /// It cannot be said, and why: everything has to be read.
    Lost(String),
}

/// Whom to look at.
#[derive(Debug, Default)]
pub struct Changes {
    /// Immutable ids of people of whom something changed, or who are gone.
    pub people: BTreeSet<String>,
    /// Immutable ids of groups of which something changed, with the members that they list now; groups that
    /// are gone list none.
    pub groups: BTreeMap<String, Listed>,
    /// Immutable ids of what else has changed or is gone, whatever it is: of interest where it is known.
    pub others: BTreeSet<String>,
    /// Where the provider said who is still there, and not who is gone.
    pub people_left: Option<Left>,
    pub groups_left: Option<Left>,
    /// Until where this is. `None`: as before.
    pub cursor: Option<Cursor>,
}

impl Changes {
    /// Whether nobody need be looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nobody = self.people.is_empty() && self.groups.is_empty() && self.others.is_empty();
        nobody && self.people_left.is_none() && self.groups_left.is_none()
    }
}

/// A group that has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The group's own; empty for one that is gone.
    pub dn: String,
    pub name: String,
    pub members: Members,
}

/// Members of a group, as it names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// All that it lists now.
    All { dns: Vec<String>, logins: Vec<String> },
    /// Whoever has come or left, by DN.
    Changed(Vec<String>),
}

impl Default for Members {
    fn default() -> Self {
        Self::All { dns: Vec::new(), logins: Vec::new() }
    }
}

/// Who is still there, by numbers that stand for ids: a million of them are 16 MB.
#[derive(Debug, Default)]
pub struct Left {
    ids: Vec<u128>,
    /// Also those whose ids are no UUIDs.
    all: bool,
}

impl Left {
    /// Those whose ids are these UUIDs.
    pub(super) fn of(mut ids: Vec<u128>) -> Self {
        ids.sort_unstable();
        Self { ids, all: false }
    }

    /// Those whose ids have these [numbers](number).
    pub(super) fn numbered(ids: Vec<u128>) -> Self {
        Self { all: true, ..Self::of(ids) }
    }

    /// Whether the one of that immutable id is among them. Whoever could not have been named is.
    #[must_use]
    pub fn has(&self, subject: &str) -> bool {
        let id = if self.all { Some(number(subject)) } else { uuid(subject) };
        id.is_none_or(|id| self.ids.binary_search(&id).is_ok())
    }
}

/// A number for any id: for a UUID the one that it is.
pub(super) fn number(id: &str) -> u128 {
    uuid(id).unwrap_or_else(|| {
        let digest: [u8; 32] = Sha256::digest(id).into();
        digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
    })
}

/// The number that a UUID is, however it is punctuated.
pub(super) fn uuid(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_found_however_they_are_punctuated() {
        let left = Left::of(vec![2, 1]);
        assert!(left.has("00000000-0000-0000-0000-000000000001"));
        assert!(left.has("00000000-00000000-00000000-00000002"));
        assert!(!left.has("00000000-0000-0000-0000-000000000003"));
        assert!(left.has("ann"), "nothing is said of whom the provider cannot name");
        let left = Left::numbered(["00000000000000000000000000000001", "ann"].map(number).into());
        assert!(left.has("ann") && left.has("00000000-0000-0000-0000-000000000001"));
        assert!(!left.has("bob") && !left.has("00000000-0000-0000-0000-000000000002"));
    }
}
