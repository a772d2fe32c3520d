//! Finds what names in files mean.
//!
//! A name means what has it. Where nothing has it, it means what it meant when files were last applied, as long as that
//! is there: what was given to somebody follows them when they get another login, and nothing is taken from an
//! organization or a team because it is called otherwise. Where something else has the name by now, the plan says so:
//! see [`Moved`].

use super::declared::{Account, At, Declared, Place};
use super::desired::NewAccount;
use super::names::{account_of, number_of};
use super::observed::{Name, Observed};
use crate::ids::{OrgId, TeamId, UserId};
use crate::lifecycle::service_login;
use std::collections::{BTreeMap, BTreeSet};

/// A name that meant something else when files were last applied, which is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) name: Name,
    pub(super) before: u32,
    pub(super) now: u32,
}

/// See the module's text.
pub(super) struct Finder<'a> {
    observed: &'a Observed,
    /// Every organization there is or will be.
    pub(super) orgs: BTreeMap<OrgId, String>,
    org_by_name: BTreeMap<String, OrgId>,
    teams: BTreeMap<(OrgId, String), TeamId>,
    users: BTreeMap<String, UserId>,
    last: super::observed::Last,
    pub(super) new_orgs: BTreeMap<OrgId, (String, Place)>,
    pub(super) new_teams: BTreeMap<TeamId, (OrgId, String, Place)>,
    pub(super) new_accounts: BTreeMap<UserId, NewAccount>,
    /// What each name means.
    pub(super) meant: BTreeMap<Name, u32>,
    /// The service accounts that are declared.
    accounts: BTreeSet<Name>,
    pub(super) moved: Vec<Moved>,
    pub(super) notes: BTreeSet<String>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(observed: &'a Observed) -> Self {
        let names = observed.orgs.iter().map(|(id, org)| (org.name.clone(), *id));
        // A key counts before the name of another, as in rules.
        let keys = observed.orgs.iter().filter_map(|(id, org)| Some((org.key.clone()?, *id)));
        Self {
            observed,
            orgs: observed.orgs.iter().map(|(id, org)| (*id, org.name.clone())).collect(),
            org_by_name: names.chain(keys).collect(),
            teams: observed.teams.iter().map(|(id, (org, name))| ((*org, name.clone()), *id)).collect(),
            users: observed.users.iter().map(|(id, user)| (user.login.clone(), *id)).collect(),
            last: observed.last,
            new_orgs: BTreeMap::new(),
            new_teams: BTreeMap::new(),
            new_accounts: BTreeMap::new(),
            meant: BTreeMap::new(),
            accounts: BTreeSet::new(),
            moved: Vec::new(),
            notes: BTreeSet::new(),
        }
    }

    pub(super) fn note(&mut self, at: &Place, note: &str) {
        self.notes.insert(format!("{at}: {note}"));
    }

    /// What a name means, of which `found` has it now.
    fn mean(&mut self, name: Name, found: Option<u32>, at: &Place) -> Option<u32> {
        if let Some(known) = self.meant.get(&name) {
            return Some(*known);
        }
        let before = self.observed.names.get(&name).copied().filter(|id| self.is_there(&name, *id));
        let id = match (found, before) {
            (Some(now), Some(before)) if now != before => {
                self.moved.push(Moved { name: name.clone(), before, now });
                now
            }
            (Some(now), _) => now,
            (None, Some(before)) => {
                let said = self.observed.said(&name);
                let called = self.observed.called(&name, before);
                self.note(at, &format!("{said} is {called} by now, and is meant still: name it so"));
                before
            }
            (None, None) => return None,
        };
        self.meant.insert(name, id);
        Some(id)
    }

    fn is_there(&self, name: &Name, id: u32) -> bool {
        match name {
            Name::Org(_) => self.observed.orgs.contains_key(&OrgId(id)),
            Name::Team(org, _) => self.observed.teams.get(&TeamId(id)).is_some_and(|(of, _)| of == org),
            Name::User(_) => self.observed.users.contains_key(&UserId(id)),
        }
    }

    pub(super) fn org(&mut self, name: &str, at: &Place) -> Option<OrgId> {
        let found = self.org_by_name.get(name).map(|org| org.0);
        let found = self.mean(Name::Org(name.to_owned()), found, at);
        if found.is_none() {
            self.note(at, &format!("there is no organization {name:?} yet"));
        }
        found.map(OrgId)
    }

    pub(super) fn team(&mut self, org: OrgId, name: &str, at: &Place) -> Option<TeamId> {
        let found = self.teams.get(&(org, name.to_owned())).map(|team| team.0);
        let found = self.mean(Name::Team(org, name.to_owned()), found, at);
        if found.is_none() {
            let org = self.orgs.get(&org).cloned().unwrap_or_default();
            self.note(at, &format!("there is no team {name:?} in {org} yet"));
        }
        found.map(TeamId)
    }

    /// Nobody whom files leave alone.
    pub(super) fn person(&mut self, name: &str, at: &Place) -> Option<UserId> {
        let found = match number_of(name) {
            Some(user) => {
                let found = self.observed.users.contains_key(&user);
                if !found {
                    self.note(at, &format!("there is no account {name} yet"));
                }
                found.then_some(user)
            }
            None => self.login(name, at),
        };
        let left_alone = found.filter(|user| self.observed.users.get(user).is_some_and(|user| user.break_glass));
        if left_alone.is_some() {
            self.note(at, &format!("{name:?} is a break-glass account: files leave it alone"));
            return None;
        }
        found
    }

    fn login(&mut self, name: &str, at: &Place) -> Option<UserId> {
        let key = Name::User(name.to_owned());
        let found = match account_of(name) {
            // By the organization's name, or by its number, as the login has it: that login never changes.
            Some((org, account)) => {
                let meant = self.meant.get(&Name::Org(org.to_owned())).copied().map(OrgId);
                let org = meant.or_else(|| self.org_by_name.get(org).copied()).or_else(|| org.parse().ok().map(OrgId));
                let login = org.and_then(|org| service_login(org.0, account)).unwrap_or_else(|| name.to_owned());
                let found = self.users.get(&login).map(|user| user.0);
                self.meant.extend(found.map(|id| (key, id)));
                found
            }
            None => {
                let found = self.users.get(name).map(|user| user.0);
                self.mean(key, found, at)
            }
        };
        if found.is_none() {
            self.note(at, &format!("there is nobody with the login {name:?} yet"));
        }
        found.map(UserId)
    }

    /// Finds everything that files name, and gives what they make an id.
    pub(super) fn find_all(&mut self, declared: &Declared) {
        for org in &declared.orgs {
            let known = self.org_by_name.get(&org.what).map(|org| org.0);
            if self.mean(Name::Org(org.what.clone()), known, &org.at).is_none() {
                self.last.org += 1;
                let id = OrgId(self.last.org);
                self.org_by_name.insert(org.what.clone(), id);
                self.orgs.insert(id, org.what.clone());
                self.meant.insert(Name::Org(org.what.clone()), id.0);
                self.new_orgs.insert(id, (org.what.clone(), org.at.clone()));
            }
        }
        for (org, at) in declared.org_names() {
            self.org(org, at);
        }
        for team in &declared.teams {
            if let Some(org) = self.org(&team.what.org, &team.at) {
                self.make_team(org, &team.what.name, &team.at);
            }
        }
        for (org, team) in super::template::teams(declared, &self.orgs) {
            self.make_team(org, &team.what, &team.at);
        }
        for account in &declared.accounts {
            self.make_account(account);
        }
        for (person, at) in declared.people() {
            self.person(person, at);
        }
    }

    fn make_team(&mut self, org: OrgId, name: &str, at: &Place) {
        let key = (org, name.to_owned());
        let known = self.teams.get(&key).map(|team| team.0);
        if self.mean(Name::Team(org, name.to_owned()), known, at).is_none() {
            self.last.team += 1;
            self.teams.insert(key, TeamId(self.last.team));
            self.meant.insert(Name::Team(org, name.to_owned()), self.last.team);
            self.new_teams.insert(TeamId(self.last.team), (org, name.to_owned(), at.clone()));
        }
    }

    fn make_account(&mut self, account: &At<Account>) {
        let Some((_, login)) = self.account_login(account) else { return };
        let user = match self.users.get(&login) {
            Some(user) => *user,
            None => {
                self.last.user += 1;
                let user = UserId(self.last.user);
                self.users.insert(login.clone(), user);
                let new = NewAccount { login, name: account.what.name.clone(), at: account.at.clone() };
                self.new_accounts.insert(user, new);
                user
            }
        };
        let name = Name::User(format!("service:{}:{}", account.what.org, account.what.name));
        self.meant.insert(name.clone(), user.0);
        self.accounts.insert(name);
    }

    fn account_login(&mut self, account: &At<Account>) -> Option<(OrgId, String)> {
        let org = self.org(&account.what.org, &account.at)?;
        // Its reader refuses a name that is none.
        Some((org, service_login(org.0, &account.what.name)?))
    }

    /// A declared service account, and its organization; new or not.
    pub(super) fn account(&mut self, account: &At<Account>) -> Option<(OrgId, UserId)> {
        let (org, login) = self.account_login(account)?;
        Some((org, self.users.get(&login).copied()?))
    }

    /// What names mean, to be remembered. What is no declared account's and looks like one needs no remembering.
    pub(super) fn names(&self) -> BTreeMap<Name, u32> {
        let remembered = |name: &Name| !name.is_account() || self.accounts.contains(name);
        self.meant.iter().filter(|(name, _)| remembered(name)).map(|(name, id)| (name.clone(), *id)).collect()
    }

    pub(super) fn last(&self) -> super::observed::Last {
        self.last
    }
}

impl Observed {
    /// A name as it is spoken of.
    pub(super) fn said(&self, name: &Name) -> String {
        match name {
            Name::Org(org) => format!("the organization {org:?}"),
            Name::Team(org, team) => {
                let org = self.orgs.get(org).map_or("", |org| org.name.as_str());
                format!("the team {team:?} of {org}")
            }
            Name::User(login) => format!("the account with the login {login:?}"),
        }
    }

    /// What it is called now that a name means.
    pub(super) fn called(&self, name: &Name, id: u32) -> String {
        let called = match name {
            Name::Org(_) => self.orgs.get(&OrgId(id)).map(|org| &org.name),
            Name::Team(..) => self.teams.get(&TeamId(id)).map(|(_, name)| name),
            Name::User(_) => self.users.get(&UserId(id)).map(|user| &user.login),
        };
        let called = called.map_or_else(|| "new".to_owned(), |called| format!("{called:?}"));
        if matches!(name, Name::User(_)) { format!("#{id} ({called})") } else { called }
    }
}
