//! The end of a read: who is in what, and whether that is all. The only place that makes a
//! [`Complete`].

use super::{Complete, Gap, Group, GroupIndex, Partial, People, PersonIndex, Reading, Snapshot, SnapshotBuilder};
use std::collections::HashMap;

impl SnapshotBuilder {
    /// Resolves the memberships and says whether the read was complete.
    #[must_use]
    pub fn finish(self) -> Reading {
        let (snapshot, gaps) = self.resolve();
        if gaps.is_empty() {
            Reading::Complete(Complete(snapshot))
        } else {
            Reading::Unknown(Partial { snapshot, gaps })
        }
    }

    /// The same where some people were asked for one by one, and all groups that they are in,
    /// directly or through others.
    #[must_use]
    pub fn finish_people(self) -> Reading {
        let (snapshot, gaps) = self.resolve();
        if gaps.is_empty() { Reading::People(People(snapshot)) } else { Reading::Unknown(Partial { snapshot, gaps }) }
    }

    /// What was read, and what is missing; nothing when it is all.
    fn resolve(mut self) -> (Snapshot, Vec<Gap>) {
        for what in std::mem::take(&mut self.unended) {
            self.gap("unfinished", format!("reading {what} did not come to its end"));
        }
        if self.parts == 0 {
            self.gap("unfinished", "nothing was read");
        }
        let mut direct = std::mem::take(&mut self.known_members);
        direct.reserve(self.members.len());
        let mut nested = std::mem::take(&mut self.known_parents);
        let mut strangers = self.strangers;
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
        self.resolve_primary_groups(&mut direct);
        self.resolve_logins(&mut direct, &mut strangers);
        self.sort(direct, nested, strangers)
    }

    /// A number is whoever's has it: mostly one group, or none that is read.
    fn resolve_primary_groups(&mut self, direct: &mut Vec<(PersonIndex, GroupIndex)>) {
        let mut numbers = std::mem::take(&mut self.group_numbers);
        numbers.sort_unstable();
        for (person, key) in std::mem::take(&mut self.primary_groups) {
            let from = numbers.partition_point(|(other, _)| *other < key);
            let groups = numbers.iter().skip(from).take_while(|(other, _)| *other == key);
            direct.extend(groups.map(|(_, group)| (person, *group)));
        }
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
    ) -> (Snapshot, Vec<Gap>) {
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
        let groups = without_twins(groups, |g| self.texts.get(g.subject), &mut direct, &mut nested);
        direct.sort_unstable();
        direct.dedup();
        nested.sort_unstable();
        nested.dedup();
        let (mut gone, mut gone_groups) = (self.gone, self.gone_groups);
        for subjects in [&mut gone, &mut gone_groups] {
            subjects.sort_unstable_by(|a, b| self.texts.get(*a).cmp(self.texts.get(*b)));
        }
        let snapshot = Snapshot {
            texts: self.texts,
            people,
            groups,
            direct,
            nested,
            strangers,
            gone,
            gone_groups,
            behind: self.behind,
        };
        let mut gaps = self.gaps;
        gaps.sort();
        gaps.dedup();
        (snapshot, gaps)
    }
}

/// Groups, in the order of their ids, without those that have one id. Which of them it is cannot be told: one may
/// have got its name while it was read, and who gives its rights by the other's name makes a second of what is one.
fn without_twins<'a>(
    groups: Vec<Group>,
    id: impl Fn(&Group) -> &'a str,
    direct: &mut Vec<(PersonIndex, GroupIndex)>,
    nested: &mut Vec<(GroupIndex, GroupIndex)>,
) -> Vec<Group> {
    let twin = |at: usize| {
        let same = |other: Option<&Group>| other.zip(groups.get(at)).is_some_and(|(a, b)| id(a) == id(b));
        same(at.checked_sub(1).and_then(|before| groups.get(before))) || same(groups.get(at + 1))
    };
    let mut kept = 0;
    let places: Vec<Option<GroupIndex>> = (0..groups.len())
        .map(|at| {
            let place = GroupIndex(kept);
            (!twin(at)).then(|| {
                kept += 1;
                place
            })
        })
        .collect();
    if kept as usize == groups.len() {
        return groups;
    }
    let place = |group: &GroupIndex| places.get(group.0 as usize).copied().flatten();
    *direct = direct.iter().filter_map(|(person, group)| Some((*person, place(group)?))).collect();
    *nested = nested.iter().filter_map(|(child, parent)| Some((place(child)?, place(parent)?))).collect();
    groups.into_iter().zip(places).filter_map(|(group, place)| place.map(|_| group)).collect()
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
    use super::super::{GroupFields, PersonFields};
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
    fn a_primary_group_needs_not_list_anybody() {
        let mut builder = two_people();
        builder.primary_group(PersonIndex(1), b"100");
        builder.primary_group(PersonIndex(0), b"7");
        builder.group_number(GroupIndex(1), b"100");
        builder.group_number(GroupIndex(0), b"99");
        let reading = builder.finish();
        let s = reading.snapshot();
        // Ana, who was read second, is in the group that was.
        let devs = [(PersonIndex(0), GroupIndex(1)), (PersonIndex(1), GroupIndex(1))];
        assert_eq!(s.direct, [&[(PersonIndex(0), GroupIndex(0))][..], &devs].concat());
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

    // A server may list a million values that are no text in an entry with a name of a megabyte.
    #[test]
    fn l13_what_is_said_of_gaps_is_bounded() {
        let mut builder = two_people();
        let mut written = 0;
        for _ in 0..10_000 {
            builder.gap_with("not_utf8", || {
                written += 1;
                format!("{written} {}", "é".repeat(100_000))
            });
        }
        assert_eq!(written, 100);
        let reading = builder.finish();
        assert_eq!(reading.gaps().len(), 100);
        assert!(reading.gaps().iter().all(|gap| gap.detail.chars().count() == 1001 && gap.detail.ends_with('…')));
    }

    #[test]
    fn a_nul_is_a_gap_and_is_not_kept() {
        let mut builder = two_people();
        builder.person(PersonFields {
            subject: "c",
            dn: Some("uid=c,dc=x"),
            login: Some("c\0y"),
            ..PersonFields::default()
        });
        let reading = builder.finish();
        assert_eq!(reading.gaps().first().map(|g| g.code), Some("bad_text"));
        assert_eq!(reading.snapshot().texts.get(reading.snapshot().people[2].login), "c\u{fffd}y");
    }

    #[test]
    fn the_same_id_twice_is_a_gap() {
        let mut builder = two_people();
        builder.person(PersonFields { subject: "a", dn: Some("uid=c,dc=x"), ..PersonFields::default() });
        let reading = builder.finish();
        assert_eq!(reading.gaps().first().map(|g| g.code), Some("duplicate_id"));
    }

    /// It may be one that got another name while everything was read.
    #[test]
    fn groups_with_one_id_have_no_members() {
        let mut builder = two_people();
        let again = builder.group(GroupFields { subject: "g1", dn: Some("cn=new,dc=x"), name: "new" });
        let last = builder.group(GroupFields { subject: "g2", dn: Some("cn=last,dc=x"), name: "last" });
        for group in [again, last].into_iter().flatten() {
            builder.member_dn(group, "uid=ana,dc=x");
        }
        let reading = builder.finish();
        let snapshot = reading.snapshot();
        let name = |group: GroupIndex| snapshot.texts.get(snapshot.groups[group.0 as usize].name);
        assert_eq!(snapshot.groups.len(), 2);
        assert_eq!(snapshot.direct.iter().map(|(person, of)| (person.0, name(*of))).collect::<Vec<_>>(), [(0, "last")]);
        assert!(snapshot.nested.is_empty());
        assert_eq!(reading.gaps().first().map(|gap| gap.code), Some("duplicate_id"));
    }
}
