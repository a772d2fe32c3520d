//! Teams and organizations that a plan takes everybody from whom rosterd had put there.

use super::draft::Draft;
use super::limits::Exceeded;
use super::{Change, Plan};
use crate::ids::{OrgId, TeamId};
use std::collections::BTreeMap;

/// How many each team and organization loses, of those that gain nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    pub teams: BTreeMap<TeamId, u32>,
    pub orgs: BTreeMap<OrgId, u32>,
}

impl Losses {
    fn of(changes: &[Change]) -> Self {
        let mut teams: BTreeMap<TeamId, (u32, u32)> = BTreeMap::new();
        let mut orgs: BTreeMap<OrgId, (u32, u32)> = BTreeMap::new();
        for change in changes {
            match *change {
                Change::TeamRole { team, old: Some(_), new: None, .. } => teams.entry(team).or_default().0 += 1,
                Change::TeamRole { team, old: None, new: Some(_), .. } => teams.entry(team).or_default().1 += 1,
                Change::OrgRole { org, old: Some(_), new: None, .. } => orgs.entry(org).or_default().0 += 1,
                Change::OrgRole { org, old: None, new: Some(_), .. } => orgs.entry(org).or_default().1 += 1,
                _ => {}
            }
        }
        Self { teams: only_losing(teams), orgs: only_losing(orgs) }
    }

    /// Whether nobody loses that many.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.teams.is_empty() && self.orgs.is_empty()
    }

    /// Whether each of these loses no more in the `other`.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.teams.iter().all(|(team, lost)| other.teams.get(team).is_some_and(|most| lost <= most))
            && self.orgs.iter().all(|(org, lost)| other.orgs.get(org).is_some_and(|most| lost <= most))
    }
}

/// Those that lose (removed, added) and gain nobody.
fn only_losing<T: Ord>(of: BTreeMap<T, (u32, u32)>) -> BTreeMap<T, u32> {
    of.into_iter()
        .filter(|(_, (removed, added))| *removed > 0 && *added == 0)
        .map(|(id, (lost, _))| (id, lost))
        .collect()
}

impl Plan {
    /// What loses at least that many people and gains nobody. Of a few people it cannot be told from the plan
    /// whether somebody is left.
    #[must_use]
    pub fn losses(&self, least: u32) -> Losses {
        let mut losses = Losses::of(&self.changes);
        losses.teams.retain(|_, lost| *lost >= least);
        losses.orgs.retain(|_, lost| *lost >= least);
        losses
    }
}

/// Teams and organizations that had members from rosterd and would have none. Of everybody.
pub(super) fn emptied(draft: &Draft<'_>) -> Vec<Exceeded> {
    let Losses { teams, orgs } = Losses::of(&draft.changes);
    if teams.is_empty() && orgs.is_empty() {
        return Vec::new();
    }
    let mut team_sizes: BTreeMap<TeamId, u32> = BTreeMap::new();
    let mut org_sizes: BTreeMap<OrgId, u32> = BTreeMap::new();
    for row in draft.observed.team_members.iter().filter(|row| row.synced.is_some()) {
        *team_sizes.entry(row.team).or_insert(0) += 1;
    }
    for row in draft.observed.org_members.iter().filter(|row| row.synced.is_some()) {
        *org_sizes.entry(row.org).or_insert(0) += 1;
    }
    let least = draft.policy.limits.emptied_at_least;
    let gone = |before: u32, removed: u32| before >= least && removed >= before;
    let orgs = orgs.into_iter().filter_map(|(org, removed)| {
        let before = org_sizes.get(&org).copied().unwrap_or(0);
        gone(before, removed).then_some(Exceeded::EmptiedOrg { org, before })
    });
    let teams = teams.into_iter().filter_map(|(team, removed)| {
        let before = team_sizes.get(&team).copied().unwrap_or(0);
        gone(before, removed).then_some(Exceeded::EmptiedTeam { team, before })
    });
    orgs.chain(teams).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_into_allows_no_more_than_that() {
        let losses = |n: u32| Losses { teams: BTreeMap::from([(TeamId(1), n)]), orgs: BTreeMap::new() };
        assert!(losses(3).within(&losses(3)) && losses(2).within(&losses(3)));
        assert!(!losses(4).within(&losses(3)) && !losses(1).within(&Losses::default()));
        assert!(Losses::default().within(&Losses::default()));
    }
}
