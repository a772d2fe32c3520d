//! Organizations and teams as numbers while rules are evaluated, whether they exist yet or not.

use super::entitlement::{About, EntitlementName};
use std::collections::HashMap;

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// An index into [`Slots::orgs`].
    Org(u32),
    /// An index into [`Slots::teams`].
    Team(u32),
    /// An index into [`Slots::entitlements`].
    Entitlement(u32),
    // Behind all others: resolving relies on it.
    ServerAdmin,
}

/// An organization, as far as it is known by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct OrgName {
    /// The key under which the configuration declares it. It survives renames.
    pub key: Option<String>,
    /// Its name; absent only where it is declared without one.
    pub name: Option<String>,
}

impl OrgName {
    /// An organization that is not declared.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self { key: None, name: Some(name.to_owned()) }
    }

    /// What to call it: its name, else its key.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.as_deref().or(self.key.as_deref()).unwrap_or_default()
    }
}

/// A team that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamName {
    /// An index into [`Slots::orgs`].
    pub org: u32,
    pub name: String,
    /// The one group that the name was captured from: its place in the list given to the mapping.
    pub named_after: Option<u32>,
}

/// The names behind the numbers.
#[derive(Debug, Default)]
pub struct Slots {
    pub orgs: Vec<OrgName>,
    pub teams: Vec<TeamName>,
    pub entitlements: Vec<EntitlementName>,
    org_by_key: HashMap<String, u32>,
    org_by_name: HashMap<String, u32>,
    team_by_name: HashMap<(u32, String), u32>,
    entitlement_by_name: HashMap<EntitlementName, u32>,
}

impl Slots {
    /// The number of the organization of that key or, if there is none, that name.
    pub fn org(&mut self, text: &str) -> u32 {
        let known = self.org_by_key.get(text).or_else(|| self.org_by_name.get(text));
        known.copied().unwrap_or_else(|| self.push(OrgName::plain(text)))
    }

    /// The number of an organization that the configuration declares. All of them come before any
    /// other: a text may mean a declared name.
    pub fn declare(&mut self, org: &OrgName) -> u32 {
        let known = org.key.as_ref().and_then(|key| self.org_by_key.get(key));
        known.copied().unwrap_or_else(|| self.push(org.clone()))
    }

    /// The number of an organization that is there. Its key counts only where it is declared.
    pub fn stored(&mut self, org: &OrgName) -> u32 {
        let by_key = org.key.as_ref().and_then(|key| self.org_by_key.get(key));
        let by_name = || org.name.as_ref().and_then(|name| self.org_by_name.get(name));
        let known = by_key.or_else(by_name).copied();
        known.unwrap_or_else(|| self.push(OrgName { key: None, name: org.name.clone() }))
    }

    fn push(&mut self, org: OrgName) -> u32 {
        let slot = self.orgs.len() as u32;
        if let Some(key) = &org.key {
            self.org_by_key.insert(key.clone(), slot);
        }
        if let Some(name) = &org.name {
            self.org_by_name.entry(name.clone()).or_insert(slot);
        }
        self.orgs.push(org);
        slot
    }

    /// Whether a rule names that team so far.
    #[must_use]
    pub fn has_team(&self, org: u32, name: &str) -> bool {
        self.team_by_name.contains_key(&(org, name.to_owned()))
    }

    /// The number of an entitlement.
    pub fn entitlement(&mut self, name: EntitlementName) -> u32 {
        if let Some(slot) = self.entitlement_by_name.get(&name) {
            return *slot;
        }
        let slot = self.entitlements.len() as u32;
        self.entitlements.push(name.clone());
        self.entitlement_by_name.insert(name, slot);
        slot
    }

    /// The organization of what a slot is about, where it is in one.
    #[must_use]
    pub fn org_of(&self, slot: Slot) -> Option<u32> {
        match slot {
            Slot::Org(org) => Some(org),
            Slot::Team(team) => self.teams.get(team as usize).map(|team| team.org),
            Slot::Entitlement(at) => self.entitlements.get(at as usize)?.org,
            Slot::ServerAdmin => None,
        }
    }

    /// The organization that somebody is in who has this. Not by acting for somebody there.
    #[must_use]
    pub(super) fn brings(&self, slot: Slot) -> Option<u32> {
        let acts = |at: u32| self.entitlements.get(at as usize).is_some_and(|e| matches!(e.about, About::Person(_)));
        self.org_of(slot).filter(|_| !matches!(slot, Slot::Entitlement(at) if acts(at)))
    }

    /// The number of a team. Named after two groups, it is named after neither.
    pub fn team(&mut self, org: u32, name: &str, named_after: Option<u32>) -> u32 {
        let key = (org, name.to_owned());
        if let Some(slot) = self.team_by_name.get(&key) {
            if let Some(team) = self.teams.get_mut(*slot as usize)
                && team.named_after != named_after
            {
                team.named_after = None;
            }
            return *slot;
        }
        let slot = self.teams.len() as u32;
        self.teams.push(TeamName { org, name: key.1.clone(), named_after });
        self.team_by_name.insert(key, slot);
        slot
    }
}
