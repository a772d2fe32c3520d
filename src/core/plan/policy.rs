//! What the operator allows a plan to do, besides the rules.

use std::collections::{BTreeMap, BTreeSet};

/// See the module's text.
#[derive(Debug, Clone)]
pub struct Policy {
    pub create_orgs: bool,
    pub create_teams: bool,
    /// For each configured provider: whose login, name and e-mail count. Lower wins.
    pub precedence: BTreeMap<String, u32>,
    /// For each configured provider: by which keys its people are found to be another's.
    pub link_by: BTreeMap<String, BTreeSet<LinkKey>>,
    pub limits: Limits,
    /// How long somebody stays suspended before being archived, in milliseconds.
    pub archive_after: i64,
    /// Of a provider that cannot list its people: how long what a login said holds, in milliseconds.
    pub lease: Option<i64>,
    /// Of such a provider: another, which lists the same people. Whoever is present there need not log in.
    pub recheck: Option<String>,
    /// Of a provider that re-checks others' people: the shortest of their leases, in milliseconds.
    pub rechecks: Option<i64>,
    /// Changes of the provider are followed: whom its groups list is kept.
    pub follow: bool,
    /// Logins of people whom no run touches. Nobody is given one of them.
    pub break_glass: BTreeSet<String>,
}

/// What two identities can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKey {
    /// Without case.
    Email,
    Login,
}

/// How much one run may take away.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub removals_percent: u32,
    pub removals_at_least: u32,
    pub emptied_at_least: u32,
    pub privileged_gains: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            create_orgs: false,
            create_teams: false,
            precedence: BTreeMap::new(),
            link_by: BTreeMap::new(),
            limits: Limits { removals_percent: 20, removals_at_least: 10, emptied_at_least: 3, privileged_gains: 5 },
            archive_after: 30 * 24 * 3600 * 1000,
            lease: None,
            recheck: None,
            rechecks: None,
            follow: false,
            break_glass: BTreeSet::new(),
        }
    }
}
