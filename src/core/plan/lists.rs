//! Who may be in each group, for whoever follows the provider's changes: see [`crate::members`].
//!
//! Whoever is in a group according to what is stored is among them, at any time.

use super::draft::Draft;
use super::groups::Groups;
use super::people::Work;
use crate::ids::{GroupId, IdentityId};
use crate::members::{digest, pack};
use crate::observed::Scope;
use crate::snapshot::PersonIndex;
use crate::writes::{ListWrite, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Notes the lists that are to be written: of everybody, those that are not as they are stored; of a few
/// people, those that were read for it, corrected where these people are concerned.
pub(super) fn note(draft: &mut Draft<'_>, groups: &Groups, work: &[Work]) {
    if !draft.complete() {
        return;
    }
    match draft.observed.scope {
        Scope::Provider if draft.policy.follow => all(draft, groups, work),
        Scope::People => few(draft, groups, work),
        Scope::Provider => {}
    }
}

/// (person, identity) of those that were read, by person.
fn identities(work: &[Work]) -> BTreeMap<PersonIndex, IdentityId> {
    work.iter().filter_map(|work| Some((work.person?, work.identity))).collect()
}

fn all(draft: &mut Draft<'_>, groups: &Groups, work: &[Work]) {
    let identities = identities(work);
    let mut lists: Vec<Vec<IdentityId>> = groups.ids.iter().map(|_| Vec::new()).collect();
    for (person, group) in &draft.snapshot.direct {
        if let (Some(identity), Some(list)) = (identities.get(person), lists.get_mut(group.0 as usize)) {
            list.push(*identity);
        }
    }
    // A later reading has said of these where they are.
    for work in work.iter().filter(|work| work.newer) {
        let stored = work.stored.and_then(|at| draft.observed.identities.get(at as usize));
        for group in stored.iter().flat_map(|identity| identity.groups.iter()) {
            if let Some(list) = groups.place(*group).and_then(|place| lists.get_mut(place as usize)) {
                list.push(work.identity);
            }
        }
    }
    let mut lists: Vec<(GroupId, Vec<IdentityId>)> = groups.ids.iter().copied().zip(lists).collect();
    lists.sort_unstable_by_key(|(group, _)| *group);
    for (group, list) in lists {
        write(draft, group, list);
    }
    draft.books.first_lists = draft.observed.lists.is_empty() && !draft.books.lists.is_empty();
}

fn few(draft: &mut Draft<'_>, groups: &Groups, work: &[Work]) {
    let looked_at: BTreeSet<IdentityId> = work.iter().filter(|work| !work.newer).map(|work| work.identity).collect();
    let identities = identities(work);
    let mut listed = BTreeSet::new();
    for at in 0..draft.observed.members.len() {
        let Some((subject, mut list)) = draft.observed.members.get(at).cloned() else { continue };
        let (texts, subject) = (&draft.snapshot.texts, draft.observed.texts.get(subject));
        // Of one that is gone the row says so.
        let Ok(place) = draft.snapshot.groups.binary_search_by(|group| texts.get(group.subject).cmp(subject)) else {
            continue;
        };
        let Some(group) = groups.ids.get(place).copied() else { continue };
        list.retain(|person| !looked_at.contains(person));
        let here = draft.snapshot.direct.iter().filter(|(_, group)| group.0 as usize == place);
        list.extend(here.filter_map(|(person, _)| identities.get(person)));
        listed.insert(group);
        write(draft, group, list);
    }
    let place = |group: u32| groups.ids.get(group as usize).copied().filter(|group| !listed.contains(group));
    let mut joins: Vec<(GroupId, IdentityId)> = Vec::new();
    for work in work {
        let (Some(person), stored) = (work.person, work.stored) else { continue };
        let stored = stored.and_then(|at| draft.observed.identities.get(at as usize));
        let before = stored.map_or(&[][..], |identity| &identity.groups);
        let now = draft.snapshot.groups_of(person).filter_map(|group| place(group.0));
        joins.extend(now.filter(|group| before.binary_search(group).is_err()).map(|group| (group, work.identity)));
    }
    joins.sort_unstable();
    draft.books.joins = joins;
}

fn write(draft: &mut Draft<'_>, group: GroupId, mut list: Vec<IdentityId>) {
    list.sort_unstable();
    list.dedup();
    let bytes = &mut draft.books.list_bytes;
    let start = bytes.len() as u32;
    pack(&list, bytes);
    let end = bytes.len() as u32;
    let digest = digest(bytes.get(start as usize..).unwrap_or_default());
    let stored = draft.observed.lists.binary_search_by_key(&group, |(id, _)| *id);
    let stored = stored.ok().and_then(|at| draft.observed.lists.get(at)).map(|(_, digest)| *digest);
    if stored == Some(digest) {
        bytes.truncate(start as usize);
        return;
    }
    draft.books.lists.push(ListWrite { group, members: Span { start, end }, digest });
}
