//! A few people out of a reading of everybody, with the groups that they are in.

use super::{Complete, Group, GroupIndex, Partial, People, Person, PersonIndex, Reading, Snapshot};
use crate::text::{Arena, Text};
use std::collections::BTreeMap;

impl Reading {
    /// What this says of these people alone. Who is not in it is not said to be gone.
    #[must_use]
    pub fn only(self, people: &[PersonIndex]) -> Self {
        match self {
            Self::Complete(Complete(snapshot)) | Self::People(People(snapshot)) => {
                Self::People(People(snapshot.only(people)))
            }
            Self::Unknown(Partial { snapshot, gaps }) => {
                Self::Unknown(Partial { snapshot: snapshot.only(people), gaps })
            }
        }
    }
}

impl Snapshot {
    /// These people, and every group above them.
    fn only(&self, people: &[PersonIndex]) -> Self {
        let mut people = people.to_vec();
        people.sort_unstable();
        people.dedup();
        let mut groups: BTreeMap<GroupIndex, GroupIndex> = BTreeMap::new();
        let mut above: Vec<GroupIndex> = people.iter().flat_map(|person| self.groups_of(*person)).collect();
        while let Some(group) = above.pop() {
            if groups.insert(group, group).is_none() {
                above.extend(self.parents_of(group));
            }
        }
        for (new, old) in (0u32..).zip(groups.values_mut()) {
            *old = GroupIndex(new);
        }
        let mut few = Self { strangers: self.strangers, ..Self::default() };
        let copy = |texts: &mut Arena, text: Text| texts.push(self.texts.get(text));
        for (new, old) in (0u32..).zip(&people) {
            let Some(person) = self.people.get(old.0 as usize) else { continue };
            let mut kept = |text| copy(&mut few.texts, text);
            few.people.push(Person {
                subject: kept(person.subject),
                dn: kept(person.dn),
                login: kept(person.login),
                name: kept(person.name),
                email: kept(person.email),
                claims: kept(person.claims),
            });
            let places = self.groups_of(*old).filter_map(|group| groups.get(&group));
            few.direct.extend(places.map(|group| (PersonIndex(new), *group)));
        }
        for (old, new) in &groups {
            let Some(group) = self.groups.get(old.0 as usize) else { continue };
            let mut kept = |text| copy(&mut few.texts, text);
            few.groups.push(Group { subject: kept(group.subject), dn: kept(group.dn), name: kept(group.name) });
            few.nested.extend(self.parents_of(*old).filter_map(|parent| Some((*new, *groups.get(&parent)?))));
        }
        few
    }

    /// The groups that a group is directly in.
    fn parents_of(&self, group: GroupIndex) -> impl Iterator<Item = GroupIndex> + '_ {
        let from = self.nested.partition_point(|(child, _)| *child < group);
        self.nested[from..].iter().take_while(move |(child, _)| *child == group).map(|(_, parent)| *parent)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::super::{GroupFields, PersonFields, SnapshotBuilder};
    use super::*;

    #[test]
    fn a_person_comes_with_every_group_above() {
        let mut builder = SnapshotBuilder::new(1);
        let part = builder.begin("all");
        let person = |builder: &mut SnapshotBuilder, subject| {
            builder.person(PersonFields { subject, login: Some(subject), ..PersonFields::default() }).unwrap()
        };
        let group = |builder: &mut SnapshotBuilder, subject| {
            builder.group(GroupFields { subject, dn: None, name: subject }).unwrap()
        };
        let (ann, ben) = (person(&mut builder, "ann"), person(&mut builder, "ben"));
        let [other, low, middle, top] = ["a-other", "low", "middle", "top"].map(|name| group(&mut builder, name));
        builder.member(ann, low);
        builder.member(ben, other);
        builder.nested(low, middle);
        builder.nested(middle, top);
        builder.nested(other, top);
        // A circle ends.
        builder.nested(top, low);
        builder.end(part);
        let reading = builder.finish().only(&[PersonIndex(0), PersonIndex(0)]);
        assert!(matches!(reading, Reading::People(_)), "{:?}", reading.gaps());
        let few = reading.snapshot();
        let name = |text| few.texts.get(text);
        assert_eq!(few.people.iter().map(|p| name(p.subject)).collect::<Vec<_>>(), ["ann"]);
        assert_eq!(few.groups.iter().map(|g| name(g.name)).collect::<Vec<_>>(), ["low", "middle", "top"]);
        assert_eq!(few.direct, [(PersonIndex(0), GroupIndex(0))]);
        let nested = [(0, 1), (1, 2), (2, 0)].map(|(c, p)| (GroupIndex(c), GroupIndex(p)));
        assert_eq!(few.nested, nested);
    }
}
