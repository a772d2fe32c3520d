//! A provider's groups as an explanation needs them: facts for the rules, names, and ways up.

use crate::store::ProviderGroup;
use rosterd_core::mapping::GroupFacts;
use rosterd_core::nesting::Nesting;
use std::collections::BTreeMap;

/// Some groups of one provider, closed upwards.
pub(super) struct Ways<'a> {
    groups: &'a [ProviderGroup],
    places: BTreeMap<i64, u32>,
    nesting: Nesting,
}

impl<'a> Ways<'a> {
    pub(super) fn new(groups: &'a [ProviderGroup]) -> Self {
        let places: BTreeMap<i64, u32> = (0u32..).zip(groups).map(|(at, group)| (group.id, at)).collect();
        let edges = (0u32..).zip(groups).flat_map(|(at, group)| {
            let parents = group.parents.iter().filter_map(|parent| places.get(parent));
            parents.map(move |parent| (at, *parent)).collect::<Vec<_>>()
        });
        Self { nesting: Nesting::new(groups.len(), edges), groups, places }
    }

    /// What the rules can know of each, in order.
    pub(super) fn facts(&self) -> Vec<GroupFacts<'a>> {
        self.groups.iter().map(|group| GroupFacts { dn: &group.dn, name: &group.name }).collect()
    }

    /// By its place in the order of [`Self::facts`].
    pub(super) fn get(&self, at: u32) -> Option<&'a ProviderGroup> {
        self.groups.get(at as usize)
    }

    /// By its id.
    pub(super) fn find(&self, id: i64) -> Option<&'a ProviderGroup> {
        self.places.get(&id).and_then(|at| self.get(*at))
    }

    /// The names on the shortest way from one of `from` up to `to`, both included; empty when
    /// there is none.
    pub(super) fn path(&self, from: &[i64], to: i64) -> Vec<String> {
        let starts: Vec<u32> = from.iter().filter_map(|id| self.places.get(id).copied()).collect();
        let found = self.places.get(&to).and_then(|to| self.nesting.path(&starts, *to)).unwrap_or_default();
        found.into_iter().filter_map(|at| self.get(at)).map(|group| group.name.clone()).collect()
    }
}
