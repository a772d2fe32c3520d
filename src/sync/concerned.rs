//! Whom changes concern: who is named; whoever came into a changed group or left it; and everybody in it, and
//! in the groups in it, where the group itself has become another.

use crate::providers::follow::{Changes, Listed, Members};
use crate::providers::{Match, Sought};
use crate::store::{Feeds, ListedGroup, ListedPerson, StoreError};
use rosterd_core::dn;
use rosterd_core::ids::{GroupId, IdentityId};
use rosterd_core::snapshot::PersonKey;
use std::collections::{BTreeMap, BTreeSet};

/// More people than this are read with everybody else: beyond it that costs less, and what is planned together
/// is held together.
const MOST: usize = 1000;

/// Who may be in groups, each list ascending, by the groups' immutable ids.
pub(super) type Candidates = BTreeMap<String, Vec<IdentityId>>;

/// Whom they concern cannot be told one by one, and why.
#[derive(Debug)]
pub(super) struct TooMany(pub(super) String);

/// See the module's text.
#[derive(Debug)]
pub(super) struct Concerned<'s> {
    store: &'s dyn Feeds,
    provider: &'s str,
    people: BTreeSet<PersonKey>,
    /// The groups that are named, by their immutable ids, with whoever may be in each.
    groups: Candidates,
    /// All groups of the provider, where one is named.
    known: Vec<ListedGroup>,
    /// DNs of which it is known whether they are groups.
    seen: BTreeSet<String>,
    /// The groups of which everybody is concerned.
    whole: BTreeSet<GroupId>,
}

impl<'s> Concerned<'s> {
    pub(super) async fn of(
        store: &'s dyn Feeds,
        provider: &'s str,
        changes: &Changes,
    ) -> Result<Result<Self, TooMany>, StoreError> {
        let people = changes.people.iter().cloned().map(PersonKey::Subject).collect();
        let (groups, known, seen) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        let whole = BTreeSet::new();
        let mut concerned = Self { store, provider, people, groups, known, seen, whole };
        if let Some(left) = &changes.people_left {
            let known = store.known_people(provider).await?;
            let gone = known.into_iter().filter(|subject| !left.has(subject));
            concerned.people.extend(gone.map(PersonKey::Subject));
        }
        let mut groups = changes.groups.clone();
        if !groups.is_empty() || changes.groups_left.is_some() || !changes.others.is_empty() {
            concerned.known = store.listed_groups(provider).await?;
        }
        if let Some(left) = &changes.groups_left {
            for group in concerned.known.iter().filter(|group| !left.has(&group.subject)) {
                groups.entry(group.subject.clone()).or_default();
            }
        }
        if !changes.others.is_empty() {
            let known: BTreeSet<&String> = concerned.known.iter().map(|group| &group.subject).collect();
            let (of_groups, others): (Vec<&String>, Vec<&String>) =
                changes.others.iter().partition(|subject| known.contains(subject));
            for subject in of_groups {
                groups.entry(subject.clone()).or_default();
            }
            let people = store.known_among(provider, &others).await?;
            concerned.people.extend(people.into_iter().map(PersonKey::Subject));
        }
        let above = match concerned.of_groups(&groups).await? {
            Ok(above) => above,
            Err(many) => return Ok(Err(many)),
        };
        Ok(concerned.everybody_in(above).await?.map(|()| concerned))
    }

    /// Adds whom the changes of groups concern directly; and the groups of which everybody is concerned.
    async fn of_groups(
        &mut self,
        groups: &BTreeMap<String, Listed>,
    ) -> Result<Result<Vec<GroupId>, TooMany>, StoreError> {
        let by_subject: BTreeMap<&str, &ListedGroup> =
            self.known.iter().map(|group| (group.subject.as_str(), group)).collect();
        let before: Vec<(&Listed, Option<&ListedGroup>)> =
            groups.iter().map(|(subject, now)| (now, by_subject.get(subject.as_str()).copied())).collect();
        let ids: Vec<GroupId> = before.iter().filter_map(|(_, group)| Some(group.as_ref()?.id)).collect();
        let lists: BTreeMap<GroupId, Vec<IdentityId>> =
            self.store.listed(self.provider, &ids).await?.into_iter().collect();
        let listed: BTreeSet<IdentityId> = lists.values().flatten().copied().collect();
        let listed: Vec<IdentityId> = listed.into_iter().collect();
        let people = self.store.listed_people(self.provider, &listed).await?;
        let people: BTreeMap<IdentityId, &ListedPerson> = people.iter().map(|person| (person.id, person)).collect();
        let mut children: BTreeMap<GroupId, Vec<&ListedGroup>> = BTreeMap::new();
        for group in &self.known {
            group.parents.iter().for_each(|parent| children.entry(*parent).or_default().push(group));
        }
        let (mut concerned, mut above) = (Vec::new(), Vec::new());
        for (now, before) in before {
            let Some(before) = before else {
                if let Members::Changed(_) = now.members {
                    let called = if now.dn.is_empty() { &now.name } else { &now.dn };
                    return Ok(Err(TooMany(format!("the group {called} is new here and was there before"))));
                }
                concerned.extend(Difference::of(None, &[], &[], now).came);
                continue;
            };
            let candidates: Vec<&ListedPerson> = lists
                .get(&before.id)
                .into_iter()
                .flatten()
                .filter_map(|identity| people.get(identity).copied())
                .collect();
            let children = children.get(&before.id).map_or(&[][..], Vec::as_slice);
            let difference = Difference::of(Some(before.id), &candidates, children, now);
            concerned.extend(difference.came);
            if before.name == now.name && normal(&before.dn) == normal(&now.dn) {
                concerned.extend(difference.left);
                above.extend(difference.groups_left);
            } else {
                above.push(before.id);
            }
        }
        let listed = |subject: &String| {
            let group = by_subject.get(subject.as_str());
            group.and_then(|group| lists.get(&group.id)).cloned().unwrap_or_default()
        };
        let named = groups.keys().map(|subject| (subject.clone(), listed(subject))).collect();
        self.people.extend(concerned);
        self.groups = named;
        Ok(Ok(above))
    }

    /// Adds whoever is in these groups, and in those in them.
    async fn everybody_in(&mut self, groups: Vec<GroupId>) -> Result<Result<(), TooMany>, StoreError> {
        let mut seen: BTreeSet<GroupId> = groups.iter().copied().collect();
        let mut level = groups;
        while !level.is_empty() {
            let below = |group: &&ListedGroup| group.parents.iter().any(|parent| level.contains(parent));
            let next = self.known.iter().filter(below).map(|group| group.id);
            let next: Vec<GroupId> = next.filter(|group| seen.insert(*group)).collect();
            level = next;
        }
        seen.retain(|group| self.whole.insert(*group));
        if seen.is_empty() {
            return Ok(Ok(()));
        }
        let seen: Vec<GroupId> = seen.into_iter().collect();
        let lists = self.store.listed(self.provider, &seen).await?;
        let people: BTreeSet<IdentityId> = lists.into_iter().flat_map(|(_, people)| people).collect();
        if people.len() > MOST {
            return Ok(Err(too_many(people.len())));
        }
        let people: Vec<IdentityId> = people.into_iter().collect();
        let people = self.store.listed_people(self.provider, &people).await?;
        self.people.extend(people.into_iter().map(|person| PersonKey::Subject(person.subject)));
        Ok(Ok(()))
    }

    /// Whether they concern nobody.
    pub(super) fn is_nobody(&self) -> bool {
        self.people.is_empty() && self.groups.is_empty()
    }

    /// Whom and what to ask for.
    pub(super) fn sought(&self) -> Result<Sought, TooMany> {
        if self.people.len() > MOST {
            return Err(too_many(self.people.len()));
        }
        let people = self.people.iter().cloned().collect();
        Ok(Sought { people, groups: self.groups.keys().cloned().collect(), followed: true })
    }

    /// Looks for groups among the DNs that no person has. Whether there are some that nobody had thought of:
    /// then everybody in them has been added.
    pub(super) async fn groups_among(
        &mut self,
        asked: &[PersonKey],
        matches: &[Match],
    ) -> Result<Result<bool, TooMany>, StoreError> {
        let nobodys = asked.iter().zip(matches).filter_map(|(key, found)| match (key, found) {
            (PersonKey::Dn(dn), Match::Nobody) => normal(dn),
            _ => None,
        });
        let nobodys: BTreeSet<String> = nobodys.filter(|dn| !self.seen.contains(dn)).collect();
        let named = |group: &&ListedGroup| normal(&group.dn).is_some_and(|dn| nobodys.contains(&dn));
        let groups: Vec<GroupId> = self.known.iter().filter(named).map(|group| group.id).collect();
        self.seen.extend(nobodys);
        let before = self.people.len();
        Ok(self.everybody_in(groups).await?.map(|()| self.people.len() > before))
    }

    /// The groups whose lists of members have changed, with whoever may be in each as far as this knew; and those of
    /// which everybody was asked for, by their immutable ids.
    pub(super) fn into_groups(self) -> (Candidates, BTreeSet<String>) {
        let of = self.known.into_iter().filter(|group| self.whole.contains(&group.id));
        (self.groups, of.map(|group| group.subject).collect())
    }
}

fn too_many(people: usize) -> TooMany {
    TooMany(format!("{people} people are concerned"))
}

fn normal(name: &str) -> Option<String> {
    let mut normal = String::new();
    dn::normalize_into(name, &mut normal).ok().map(|()| normal)
}

/// Who came into a group and who left it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    came: Vec<PersonKey>,
    left: Vec<PersonKey>,
    groups_left: Vec<GroupId>,
}

impl Difference {
    /// Of who may have been in it, the groups that were in it, and whom it lists now.
    fn of(group: Option<GroupId>, people: &[&ListedPerson], children: &[&ListedGroup], now: &Listed) -> Self {
        let mut difference = Self::default();
        let (dns, logins) = match &now.members {
            Members::All { dns, logins } => (dns, logins),
            // Which of them left is seen when they are looked at, and which of them are groups.
            Members::Changed(dns) => {
                difference.came = dns.iter().map(|dn| PersonKey::Dn(dn.clone())).collect();
                return difference;
            }
        };
        let mut dns: BTreeMap<String, &str> = dns.iter().filter_map(|dn| Some((normal(dn)?, dn.as_str()))).collect();
        let mut logins: BTreeSet<&str> = logins.iter().map(String::as_str).collect();
        for person in people {
            let by_dn = normal(&person.dn).is_some_and(|dn| dns.remove(&dn).is_some());
            let is_in = logins.remove(person.login.as_str()) || by_dn;
            let key = PersonKey::Subject(person.subject.clone());
            match (group.is_some_and(|group| person.groups.contains(&group)), is_in) {
                (true, false) => difference.left.push(key),
                (false, true) => difference.came.push(key),
                _ => {}
            }
        }
        for child in children {
            if normal(&child.dn).is_none_or(|dn| dns.remove(&dn).is_none()) {
                difference.groups_left.push(child.id);
            }
        }
        difference.came.extend(dns.into_values().map(|dn| PersonKey::Dn(dn.to_owned())));
        difference.came.extend(logins.into_iter().map(|login| PersonKey::Login(login.to_owned())));
        difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u32, login: &str, groups: &[u32]) -> ListedPerson {
        let (id, subject, dn) = (IdentityId(n), format!("id-{login}"), format!("uid={login},ou=people,dc=x"));
        ListedPerson { id, subject, dn, login: login.to_owned(), groups: groups.iter().copied().map(GroupId).collect() }
    }

    #[test]
    fn who_came_and_who_left() {
        let (id, subject, name) = (GroupId(7), "g".to_owned(), "sub".to_owned());
        let child = ListedGroup { id, subject, dn: "cn=sub,ou=groups,dc=x".to_owned(), name, parents: Vec::new() };
        let dns = ["UID=Ann, OU=people,DC=x", "uid=new,ou=people,dc=x", "uid=back,ou=people,dc=x"];
        let members =
            Members::All { dns: dns.map(str::to_owned).into(), logins: ["bob", "late"].map(str::to_owned).into() };
        let now = Listed { members, ..Listed::default() };
        let people = [
            person(1, "ann", &[5]),
            person(2, "bob", &[5]),
            person(3, "eve", &[5]),
            person(4, "back", &[]),
            person(5, "old", &[]),
        ];
        let people: Vec<&ListedPerson> = people.iter().collect();
        let difference = Difference::of(Some(GroupId(5)), &people, &[&child], &now);
        let subject = |of: &str| PersonKey::Subject(of.to_owned());
        let dn = PersonKey::Dn("uid=new,ou=people,dc=x".to_owned());
        assert_eq!(difference.came, [subject("id-back"), dn, PersonKey::Login("late".to_owned())]);
        assert_eq!(difference.left, [subject("id-eve")]);
        assert_eq!(difference.groups_left, [GroupId(7)]);
    }
}
