//! Organizations and teams as numbers while rules are evaluated, whether they exist yet or not.

use std::collections::HashMap;

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// An index into [`Slots::orgs`].
    Org(u32),
    /// An index into [`Slots::teams`].
    Team(u32),
    ServerAdmin,
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

/// An organization: one that the configuration declares has a key, any other only its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrgName {
    pub key: Option<String>,
    /// Absent for one that is declared by its key only: it is found, never created.
    pub name: Option<String>,
}

/// The names behind the numbers.
#[derive(Debug, Default)]
pub struct Slots {
    pub orgs: Vec<OrgName>,
    pub teams: Vec<TeamName>,
    org_by_key: HashMap<String, u32>,
    org_by_name: HashMap<String, u32>,
    team_by_name: HashMap<(u32, String), u32>,
}

impl Slots {
    /// The number of an organization that the configuration declares. All of them must be declared
    /// before the first [`Slots::org`].
    pub fn declare(&mut self, key: &str, name: Option<&str>) -> u32 {
        if let Some(slot) = self.org_by_key.get(key) {
            return *slot;
        }
        let slot = self.orgs.len() as u32;
        self.orgs.push(OrgName { key: Some(key.to_owned()), name: name.map(str::to_owned) });
        self.org_by_key.insert(key.to_owned(), slot);
        if let Some(name) = name {
            self.org_by_name.entry(name.to_owned()).or_insert(slot);
        }
        slot
    }

    /// The number of the organization that a text means: a declared key, else a declared name,
    /// else a plain name.
    pub fn org(&mut self, text: &str) -> u32 {
        if let Some(slot) = self.org_by_key.get(text).or_else(|| self.org_by_name.get(text)) {
            return *slot;
        }
        let slot = self.orgs.len() as u32;
        self.orgs.push(OrgName { key: None, name: Some(text.to_owned()) });
        self.org_by_name.insert(text.to_owned(), slot);
        slot
    }

    /// Whether a rule names that team so far.
    #[must_use]
    pub fn has_team(&self, org: u32, name: &str) -> bool {
        self.team_by_name.contains_key(&(org, name.to_owned()))
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
