//! Who is in which group directly, as everything was last read: what a change is a change of.
//!
//! Kept in the process and nowhere else, sixteen bytes a membership. Whoever follows changes reads the groups anew that
//! have changed, and takes the others from here, as a full reading had them.

use super::roster::Member;
use crate::providers::follow::number;
use std::collections::{BTreeMap, BTreeSet};

/// See the module's text. By the groups' immutable ids.
#[derive(Debug, Default)]
pub(super) struct Base(BTreeMap<String, Known>);

/// One group.
#[derive(Debug, Default, Clone)]
pub(super) struct Known {
    /// What rules call it.
    pub(super) name: String,
    /// The numbers of its members' ids, ascending.
    people: Vec<u128>,
    /// The ids of the groups in it.
    pub(super) groups: BTreeSet<String>,
}

/// Groups as they are now, `None` where they are not there any more.
pub(super) type Changed = BTreeMap<String, Option<Known>>;

impl Known {
    pub(super) fn new(name: &str, members: &[Member]) -> Self {
        let mut known = Self { name: name.to_owned(), ..Self::default() };
        for member in members {
            match member {
                Member::Person(id) => known.people.push(number(id)),
                Member::Group(id) => _ = known.groups.insert(id.clone()),
                Member::Everybody | Member::Other => {}
            }
        }
        known.people.sort_unstable();
        known.people.dedup();
        known.people.shrink_to_fit();
        known
    }

    /// Whether somebody of that id is in it.
    pub(super) fn has(&self, id: &str) -> bool {
        self.people.binary_search(&number(id)).is_ok()
    }
}

impl Base {
    pub(super) fn put(&mut self, id: &str, known: Known) {
        self.0.insert(id.to_owned(), known);
    }

    pub(super) fn get(&self, id: &str) -> Option<&Known> {
        self.0.get(id)
    }

    /// With these as they are now.
    pub(super) fn change(&mut self, changed: Changed) {
        for (id, known) in changed {
            match known {
                Some(known) => _ = self.0.insert(id, known),
                None => _ = self.0.remove(&id),
            }
        }
    }

    /// All groups, those that have changed as they are now.
    pub(super) fn with<'a>(&'a self, changed: &'a Changed) -> BTreeMap<&'a str, &'a Known> {
        let before = self.0.iter().filter(|(id, _)| !changed.contains_key(*id));
        let now = changed.iter().filter_map(|(id, known)| Some((id, known.as_ref()?)));
        before.chain(now).map(|(id, known)| (id.as_str(), known)).collect()
    }
}

/// The groups that these are in, directly or through others, and themselves.
pub(super) fn above<'a>(all: &BTreeMap<&'a str, &'a Known>, of: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, known) in all {
        known.groups.iter().for_each(|inner| parents.entry(inner).or_default().push(id));
    }
    let (mut open, mut found): (Vec<&str>, _) = (of.iter().copied().collect(), of);
    while let Some(id) = open.pop() {
        for parent in parents.get(id).into_iter().flatten() {
            if found.insert(parent) {
                open.push(parent);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(people: &[&str], groups: &[&str]) -> Known {
        let people = people.iter().map(|id| Member::Person((*id).to_owned()));
        let groups = groups.iter().map(|id| Member::Group((*id).to_owned()));
        Known::new("x", &people.chain(groups).chain([Member::Other]).collect::<Vec<_>>())
    }

    #[test]
    fn what_has_changed_counts_as_it_is_now() {
        let mut base = Base::default();
        base.put("a", group(&["ann"], &[]));
        base.put("b", group(&["bob"], &[]));
        base.put("c", group(&[], &[]));
        let changed = Changed::from([("a".to_owned(), Some(group(&["bob"], &[]))), ("b".to_owned(), None)]);
        let all = base.with(&changed);
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["a", "c"]);
        assert!(all["a"].has("bob") && !all["a"].has("ann"));
        base.change(changed);
        assert!(base.get("a").is_some_and(|a| a.has("bob")) && base.get("b").is_none());
    }

    #[test]
    fn groups_in_a_ring_are_above_each_other() {
        let (a, b, c) = (group(&[], &["c"]), group(&[], &["a"]), group(&[], &["b"]));
        let all = BTreeMap::from([("a", &a), ("b", &b), ("c", &c)]);
        assert_eq!(above(&all, BTreeSet::from(["a"])), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(above(&all, BTreeSet::new()), BTreeSet::new());
    }
}
