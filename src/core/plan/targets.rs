//! From the names that rules give to organizations and teams that exist, or will.

use super::Change;
use super::draft::Draft;
use super::entitlements::Entitlements;
use super::groups::Groups;
use super::orgs::Orgs;
use crate::ids::{GroupId, OrgId, TeamId};
use crate::mapping::Slots;
use crate::writes::NewTeam;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Remembers what each slot of the mapping stands for. `None`: it does not exist and may not be
/// created.
pub(super) struct Targets {
    orgs: Orgs,
    teams: HashMap<u32, Option<TeamId>>,
    team_by_name: HashMap<(OrgId, String), TeamId>,
    /// Teams that were named after a group: they follow its name.
    followers: BTreeMap<(OrgId, GroupId), Vec<TeamId>>,
    renamed: BTreeSet<TeamId>,
    pub(super) entitlements: Entitlements,
}

impl Targets {
    pub(super) fn new(draft: &Draft<'_>) -> Self {
        let mut targets = Self {
            orgs: Orgs::new(draft),
            teams: HashMap::new(),
            team_by_name: HashMap::new(),
            followers: BTreeMap::new(),
            renamed: BTreeSet::new(),
            entitlements: Entitlements::default(),
        };
        let texts = &draft.observed.texts;
        for team in &draft.observed.teams {
            targets.team_by_name.insert((team.org, texts.get(team.name).to_owned()), team.id);
            if let Some(group) = team.named_after {
                targets.followers.entry((team.org, group)).or_default().push(team.id);
            }
        }
        targets
    }

    /// Brings what is there in line with what is declared. Before anything else.
    pub(super) fn declare(&mut self, draft: &mut Draft<'_>, slots: &Slots) {
        self.orgs.declare(draft, &slots.orgs);
    }

    pub(super) fn org(&mut self, draft: &mut Draft<'_>, slots: &Slots, slot: u32) -> Option<OrgId> {
        self.orgs.slot(draft, slots, slot)
    }

    pub(super) fn team(&mut self, draft: &mut Draft<'_>, slots: &Slots, groups: &Groups, slot: u32) -> Option<TeamId> {
        if let Some(known) = self.teams.get(&slot) {
            return *known;
        }
        let wanted = slots.teams.get(slot as usize)?;
        let team = self.org(draft, slots, wanted.org).and_then(|org| {
            let key = (org, wanted.name.clone());
            if let Some(team) = self.team_by_name.get(&key) {
                return Some(*team);
            }
            let named_after = wanted.named_after.and_then(|place| groups.ids.get(place as usize).copied());
            let follower = named_after.and_then(|group| self.follower(draft, slots, wanted.org, org, group));
            let team = match follower {
                Some(team) => self.rename(draft, team, &wanted.name),
                None => create(draft, org, &wanted.name, named_after)?,
            };
            self.team_by_name.insert(key, team);
            Some(team)
        });
        self.teams.insert(slot, team);
        team
    }

    /// The one team of the organization that was named after the group and whose name no rule
    /// gives any more. With two, nobody can tell which is meant: neither.
    fn follower(&self, draft: &Draft<'_>, slots: &Slots, org_slot: u32, org: OrgId, group: GroupId) -> Option<TeamId> {
        let candidates = self.followers.get(&(org, group))?;
        let free = |team: &&TeamId| {
            let Ok(at) = draft.observed.teams.binary_search_by_key(*team, |t| t.id) else { return false };
            let name = draft.observed.teams.get(at).map_or("", |t| draft.observed.texts.get(t.name));
            !self.renamed.contains(team) && !slots.has_team(org_slot, name)
        };
        let mut candidates = candidates.iter().filter(free);
        let first = candidates.next()?;
        candidates.next().is_none().then_some(*first)
    }

    fn rename(&mut self, draft: &mut Draft<'_>, team: TeamId, name: &str) -> TeamId {
        self.renamed.insert(team);
        let at = draft.observed.teams.binary_search_by_key(&team, |t| t.id);
        if let Some(old) = at.ok().and_then(|at| draft.observed.teams.get(at).map(|t| t.name)) {
            let old = draft.copied(old);
            let new = draft.snapshot.texts.push(name);
            draft.changes.push(Change::RenameTeam { team, old, new });
        }
        team
    }
}

fn create(draft: &mut Draft<'_>, org: OrgId, name: &str, named_after: Option<GroupId>) -> Option<TeamId> {
    if !draft.policy.create_teams {
        draft.note(format!(
            "the team {name:?} does not exist, and create_missing of provider {} does not have \"teams\"",
            draft.provider
        ));
        return None;
    }
    draft.next.team += 1;
    let id = TeamId(draft.next.team);
    let text = draft.snapshot.texts.push(name);
    draft.books.new_teams.insert(id, NewTeam { id, org, name: text, named_after });
    draft.changes.push(Change::CreateTeam { team: id });
    Some(id)
}
