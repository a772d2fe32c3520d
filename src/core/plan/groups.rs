//! The provider's groups: which stored one each is, and what is in what.

use super::draft::Draft;
use crate::ids::GroupId;
use crate::mapping::GroupFacts;
use crate::nesting::Nesting;
use crate::observed::Observed;
use crate::snapshot::Snapshot;
use crate::writes::{GroupWrite, Span};
use std::collections::HashMap;

/// All groups that count for this plan, by place: those of the snapshot in its order, then, if the
/// reading is incomplete, the stored ones that are not in it.
pub(super) struct Groups {
    pub(super) ids: Vec<GroupId>,
    pub(super) nesting: Nesting,
    place: HashMap<GroupId, u32>,
    /// Places in [`Observed::groups`] of those that are not in the snapshot.
    stored_only: Vec<u32>,
}

impl Groups {
    /// The place of a stored group; `None` when it is gone.
    pub(super) fn place(&self, id: GroupId) -> Option<u32> {
        self.place.get(&id).copied()
    }

    /// What rules can know of the groups, in their order.
    pub(super) fn facts<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        observed: &'a Observed,
    ) -> impl Iterator<Item = GroupFacts<'a>> + 'a {
        let read = snapshot
            .groups
            .iter()
            .map(|g| GroupFacts { dn: snapshot.texts.get(g.dn), name: snapshot.texts.get(g.name) });
        let stored = self.stored_only.iter().filter_map(|at| observed.groups.get(*at as usize));
        read.chain(stored.map(|g| GroupFacts { dn: observed.texts.get(g.dn), name: observed.texts.get(g.name) }))
    }
}

/// Finds each group's stored row by its immutable id and notes what has to be written.
pub(super) fn gather(draft: &mut Draft<'_>) -> Groups {
    let mut stored: HashMap<&str, u32> = HashMap::with_capacity(draft.observed.groups.len());
    for (at, group) in (0u32..).zip(&draft.observed.groups) {
        stored.insert(draft.observed.texts.get(group.subject), at);
    }
    let mut next = draft.next.group;
    let mut ids = Vec::with_capacity(draft.snapshot.groups.len());
    let mut rows = Vec::with_capacity(draft.snapshot.groups.len());
    let mut in_snapshot = vec![false; draft.observed.groups.len()];
    for group in &draft.snapshot.groups {
        let row = stored.get(draft.snapshot.texts.get(group.subject)).copied();
        let known = row.and_then(|at| draft.observed.groups.get(at as usize));
        if let Some(seen) = row.and_then(|at| in_snapshot.get_mut(at as usize)) {
            *seen = true;
        }
        ids.push(known.map_or_else(
            || {
                next += 1;
                GroupId(next)
            },
            |g| g.id,
        ));
        rows.push(row);
    }
    draft.next.group = next;

    let mut stored_only = Vec::new();
    if !draft.complete() {
        for (at, group) in (0u32..).zip(&draft.observed.groups) {
            if !in_snapshot[at as usize] && group.gone_at.is_none() {
                stored_only.push(at);
                ids.push(group.id);
            }
        }
    }
    let place: HashMap<GroupId, u32> = ids.iter().copied().zip(0u32..).collect();
    let edges = edges(draft, &place);
    write_changed(draft, &ids, &rows, &edges);
    write_gone(draft, &in_snapshot);
    let nesting = Nesting::new(ids.len(), edges);
    Groups { ids, nesting, place, stored_only }
}

/// (child, parent) by place. An incomplete reading adds to what is stored and takes nothing away.
fn edges(draft: &Draft<'_>, place: &HashMap<GroupId, u32>) -> Vec<(u32, u32)> {
    let mut edges: Vec<(u32, u32)> = draft.snapshot.nested.iter().map(|(c, p)| (c.0, p.0)).collect();
    if !draft.complete() {
        for group in &draft.observed.groups {
            let Some(child) = place.get(&group.id) else { continue };
            edges.extend(group.parents.iter().filter_map(|parent| Some((*child, *place.get(parent)?))));
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// What is stored of a group is what everybody in it was planned with: whoever follows its changes compares with
/// it, and would miss those whom nobody has looked at since.
fn write_changed(draft: &mut Draft<'_>, ids: &[GroupId], rows: &[Option<u32>], edges: &[(u32, u32)]) {
    let mut parents = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(group) = draft.snapshot.groups.get(at).copied() else { continue };
        let from = edges.partition_point(|(child, _)| (*child as usize) < at);
        parents.clear();
        let above = edges[from..].iter().take_while(|(child, _)| *child as usize == at);
        parents.extend(above.filter_map(|(_, parent)| ids.get(*parent as usize).copied()));
        parents.sort_unstable();
        let texts = &draft.snapshot.texts;
        let settled = draft.observed.whole.as_ref().is_none_or(|whole| whole.contains(texts.get(group.subject)));
        let same = row.and_then(|row| draft.observed.groups.get(row as usize)).is_some_and(|known| {
            !settled && known.gone_at.is_none()
                || draft.observed.texts.get(known.dn) == texts.get(group.dn)
                    && draft.observed.texts.get(known.name) == texts.get(group.name)
                    && *known.parents == *parents
                    && known.gone_at.is_none()
        });
        if let (false, Some(id)) = (same, ids.get(at)) {
            let start = draft.books.group_lists.len() as u32;
            draft.books.group_lists.extend_from_slice(&parents);
            let parents = Span { start, end: draft.books.group_lists.len() as u32 };
            let (subject, dn, name) = (group.subject, group.dn, group.name);
            draft.books.groups.push(GroupWrite { id: *id, subject, dn, name, parents, gone_at: None });
        }
    }
}

fn write_gone(draft: &mut Draft<'_>, in_snapshot: &[bool]) {
    for (at, seen) in in_snapshot.iter().enumerate() {
        let Some(group) = draft.observed.groups.get(at).cloned() else { continue };
        if !seen && group.gone_at.is_none() && draft.group_gone(group.subject) {
            let (subject, dn, name) = (draft.copied(group.subject), draft.copied(group.dn), draft.copied(group.name));
            let gone_at = Some(draft.now);
            draft.books.groups.push(GroupWrite { id: group.id, subject, dn, name, parents: Span::default(), gone_at });
        }
    }
}
