//! What files say, found in the database: names become ids, and what is new gets one.
//!
//! People, teams and organizations that are not there are noted, and given what they are to have as soon as they are.
//! A role that is not there is a mistake: nothing but a file or somebody's hand will ever make it.

use super::declared::{At, Declared, Held, Holder, Place};
use super::names::{RoleKind, account_of};
use super::observed::{Entitlement, HolderId, Observed, Origin, RoleContent, Subject, parameters_text};
use super::roles::{self, Permissions};
use crate::access::Pattern;
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
use crate::lifecycle::service_login;
use crate::mapping::About;
use crate::rights::{OrgRole, TeamRole};
use std::collections::{BTreeMap, BTreeSet};

/// A role as files want it.
#[derive(Debug, Clone)]
pub(super) struct WantedRole {
    pub(super) org: Option<OrgId>,
    pub(super) name: String,
    pub(super) content: RoleContent,
    pub(super) at: Place,
}

/// A service account that is to be made.
#[derive(Debug, Clone)]
pub(super) struct NewAccount {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) at: Place,
}

/// See the module's text. Of organizations, teams, accounts and entitlements only those that are new.
#[derive(Debug, Default)]
pub(super) struct Desired {
    pub(super) orgs: BTreeMap<OrgId, (String, Place)>,
    pub(super) teams: BTreeMap<TeamId, (OrgId, String, Place)>,
    pub(super) accounts: BTreeMap<UserId, NewAccount>,
    /// Service accounts that are there and declared.
    pub(super) kept: BTreeMap<UserId, Place>,
    pub(super) roles: BTreeMap<RoleId, WantedRole>,
    pub(super) entitlements: BTreeMap<EntitlementId, Entitlement>,
    pub(super) members: BTreeMap<(OrgId, UserId), (OrgRole, Place)>,
    pub(super) team_members: BTreeMap<(TeamId, UserId), (TeamRole, Place)>,
    pub(super) holders: BTreeMap<(EntitlementId, HolderId), (i64, Place)>,
    pub(super) limits: BTreeMap<(UserId, String), (i64, Place)>,
    pub(super) notes: BTreeSet<String>,
    pub(super) problems: Vec<String>,
}

impl Desired {
    pub(super) fn of(declared: &Declared, observed: &Observed) -> Self {
        let mut finder = Finder::new(observed);
        finder.orgs_and_teams(declared);
        finder.accounts(declared);
        finder.roles(declared);
        finder.memberships(declared);
        for held in &declared.held {
            let org = match &held.what.org {
                None => Some(None),
                Some(name) => finder.org(name, &held.at).map(Some),
            };
            if let Some(org) = org {
                finder.held(held, org);
            }
        }
        for (org, held) in super::template::held(declared, &finder.names, &mut finder.desired.notes) {
            finder.held(&held, Some(org));
        }
        for limit in &declared.limits {
            if let Some(user) = finder.person(&limit.what.person, &limit.at) {
                let key = (user, limit.what.name.clone());
                finder.desired.limits.insert(key, (limit.what.value, limit.at.clone()));
            }
        }
        finder.desired
    }
}

/// Finds things by their names.
struct Finder<'a> {
    observed: &'a Observed,
    /// Every organization there is or will be.
    names: BTreeMap<OrgId, String>,
    orgs: BTreeMap<String, OrgId>,
    teams: BTreeMap<(OrgId, String), TeamId>,
    users: BTreeMap<String, UserId>,
    roles: BTreeMap<(Option<OrgId>, String), RoleId>,
    entitlements: BTreeMap<Entitlement, EntitlementId>,
    last: super::observed::Last,
    desired: Desired,
}

impl<'a> Finder<'a> {
    fn new(observed: &'a Observed) -> Self {
        let mut orgs: BTreeMap<String, OrgId> =
            observed.orgs.iter().filter_map(|(id, org)| Some((org.key.clone()?, *id))).collect();
        // A name counts before the key of another.
        orgs.extend(observed.orgs.iter().map(|(id, org)| (org.name.clone(), *id)));
        Self {
            observed,
            names: observed.orgs.iter().map(|(id, org)| (*id, org.name.clone())).collect(),
            orgs,
            teams: observed.teams.iter().map(|(id, (org, name))| ((*org, name.clone()), *id)).collect(),
            users: observed.users.iter().map(|(id, user)| (user.login.clone(), *id)).collect(),
            roles: BTreeMap::new(),
            entitlements: observed.entitlements.iter().map(|(id, what)| (what.clone(), *id)).collect(),
            last: observed.last,
            desired: Desired::default(),
        }
    }

    fn note(&mut self, at: &Place, note: String) {
        self.desired.notes.insert(format!("{at}: {note}"));
    }

    fn org(&mut self, name: &str, at: &Place) -> Option<OrgId> {
        let found = self.orgs.get(name).copied();
        if found.is_none() {
            self.note(at, format!("there is no organization {name:?} yet"));
        }
        found
    }

    fn team(&mut self, org: OrgId, name: &str, at: &Place) -> Option<TeamId> {
        let found = self.teams.get(&(org, name.to_owned())).copied();
        if found.is_none() {
            let org = self.names.get(&org).cloned().unwrap_or_default();
            self.note(at, format!("there is no team {name:?} in {org} yet"));
        }
        found
    }

    fn person(&mut self, name: &str, at: &Place) -> Option<UserId> {
        let login = match account_of(name) {
            // By the organization's name, or by its number, as the login has it.
            Some((org, account)) => {
                let org = self.orgs.get(org).copied().or_else(|| org.parse().ok().map(OrgId));
                org.and_then(|org| service_login(org.0, account)).unwrap_or_else(|| name.to_owned())
            }
            None => name.to_owned(),
        };
        let found = self.users.get(&login).copied();
        if found.is_none() {
            self.note(at, format!("there is nobody with the login {name:?} yet"));
        }
        found
    }

    fn orgs_and_teams(&mut self, declared: &Declared) {
        for org in &declared.orgs {
            if !self.orgs.contains_key(&org.what) {
                self.last.org += 1;
                let id = OrgId(self.last.org);
                self.orgs.insert(org.what.clone(), id);
                self.names.insert(id, org.what.clone());
                self.desired.orgs.insert(id, (org.what.clone(), org.at.clone()));
            }
        }
        for team in &declared.teams {
            if let Some(org) = self.org(&team.what.org, &team.at) {
                self.make_team(org, &team.what.name, &team.at);
            }
        }
        for (org, team) in super::template::teams(declared, &self.names) {
            self.make_team(org, &team.what, &team.at);
        }
    }

    fn make_team(&mut self, org: OrgId, name: &str, at: &Place) {
        let key = (org, name.to_owned());
        if !self.teams.contains_key(&key) {
            self.last.team += 1;
            self.teams.insert(key, TeamId(self.last.team));
            self.desired.teams.insert(TeamId(self.last.team), (org, name.to_owned(), at.clone()));
        }
    }

    fn accounts(&mut self, declared: &Declared) {
        for account in &declared.accounts {
            let Some(org) = self.org(&account.what.org, &account.at) else { continue };
            // Its reader refuses a name that is none.
            let Some(login) = service_login(org.0, &account.what.name) else { continue };
            let user = match self.users.get(&login).copied() {
                Some(user) => {
                    if self.observed.users.get(&user).is_some_and(|user| !user.service) {
                        self.desired.problems.push(format!("{}: the login {login} is a person's", account.at));
                    }
                    self.desired.kept.insert(user, account.at.clone());
                    user
                }
                None => {
                    self.last.user += 1;
                    let user = UserId(self.last.user);
                    self.users.insert(login.clone(), user);
                    let new = NewAccount { login, name: account.what.name.clone(), at: account.at.clone() };
                    self.desired.accounts.insert(user, new);
                    user
                }
            };
            self.desired.members.insert((org, user), (account.what.role, account.at.clone()));
        }
    }

    /// What a role allows that no file declares any longer, or ever did.
    fn elsewhere(&self, org: Option<&str>, name: &str) -> Option<Permissions> {
        let org = match org {
            None => None,
            Some(org) => Some(*self.orgs.get(org)?),
        };
        let found = self.observed.roles.values().find(|role| role.org == org && role.name == name)?;
        match (found.origin, found.content.kind) {
            // It goes away with this plan: a basic one is left with nothing.
            (Origin::File, RoleKind::Basic) => Some(Permissions::new()),
            (Origin::File, _) => None,
            _ => Some(found.content.permissions.clone()),
        }
    }

    fn roles(&mut self, declared: &Declared) {
        let mut problems = Vec::new();
        let find = |org: Option<&str>, name: &str| self.elsewhere(org, name);
        let flat = roles::flatten(&declared.roles, Some(&find), &mut problems);
        self.desired.problems.append(&mut problems);
        let there: BTreeMap<(Option<OrgId>, &str), RoleId> =
            self.observed.roles.iter().map(|(id, role)| ((role.org, role.name.as_str()), *id)).collect();
        for (role, permissions) in declared.roles.iter().zip(flat) {
            let what = &role.what;
            let org = match &what.name.org {
                None => None,
                Some(name) => match self.org(name, &role.at) {
                    Some(org) => Some(org),
                    None => continue,
                },
            };
            let name = &what.name.name;
            let (mut title, mut description) = (what.title.clone(), what.description.clone());
            let id = there.get(&(org, name.as_str())).copied();
            let before = id.and_then(|id| self.observed.roles.get(&id));
            if let Some(before) = before {
                let by_hand = match before.origin {
                    Origin::Manual => true,
                    Origin::Builtin => !before.content.permissions.is_empty() || !before.content.limits.is_empty(),
                    Origin::File => false,
                };
                if by_hand && !what.adopt {
                    self.desired.problems.push(format!(
                        "{}: what is in the role `{name}` was said by hand: give this one another name, or say `adopt = true` here, and this file says it from then on",
                        role.at
                    ));
                }
                if before.content.kind == RoleKind::Basic {
                    (title, description) = (before.content.title.clone(), before.content.description.clone());
                }
            }
            let id = id.unwrap_or_else(|| {
                self.last.role += 1;
                RoleId(self.last.role)
            });
            let kind = RoleKind::of(name, what.bundle);
            let content = RoleContent { kind, title, description, permissions, limits: what.limits.clone() };
            self.roles.insert((org, name.clone()), id);
            self.desired.roles.insert(id, WantedRole { org, name: name.clone(), content, at: role.at.clone() });
        }
        for (id, role) in self.observed.roles.iter().filter(|(_, role)| role.origin != Origin::File) {
            self.roles.entry((role.org, role.name.clone())).or_insert(*id);
        }
    }

    fn memberships(&mut self, declared: &Declared) {
        for member in &declared.members {
            let org = self.org(&member.what.org, &member.at);
            let person = self.person(&member.what.person, &member.at);
            if let (Some(org), Some(person)) = (org, person) {
                let wanted = (member.what.role, member.at.clone());
                let known = self.desired.members.entry((org, person)).or_insert_with(|| wanted.clone());
                if wanted.0 > known.0 {
                    *known = wanted;
                }
            }
        }
        for member in &declared.team_members {
            let Some(org) = self.org(&member.what.team.org, &member.at) else { continue };
            let team = self.team(org, &member.what.team.name, &member.at);
            let person = self.person(&member.what.person, &member.at);
            if let (Some(team), Some(person)) = (team, person) {
                // Who is in a team is in its organization, too.
                let at = &member.at;
                self.desired.members.entry((org, person)).or_insert_with(|| (OrgRole::None, at.clone()));
                self.desired.team_members.insert((team, person), (member.what.role, at.clone()));
            }
        }
    }

    fn held(&mut self, held: &At<Held>, org: Option<OrgId>) {
        let (what, at) = (&held.what, &held.at);
        let subject = match &what.about {
            About::Person(person) => self.person(person, at).map(Subject::Person),
            About::Role(name) => {
                let own = self.roles.get(&(org, name.clone()));
                let found = own.or_else(|| self.roles.get(&(None, name.clone()))).copied();
                if found.is_none() {
                    let problem = format!("{at}: there is no role `{name}`");
                    if !self.desired.problems.contains(&problem) {
                        self.desired.problems.push(problem);
                    }
                }
                found.map(Subject::Role)
            }
        };
        let holder = match (&what.holder, org) {
            (Holder::Person(person), _) => self.person(person, at).map(HolderId::User),
            (Holder::Team(team), Some(org)) => self.team(org, team, at).map(HolderId::Team),
            (Holder::Everybody, Some(org)) => Some(HolderId::Org(org)),
            // Their reader refuses them.
            (Holder::Team(_) | Holder::Everybody, None) => None,
        };
        let (Some(subject), Some(holder)) = (subject, holder) else { return };
        if let (Subject::Person(of), HolderId::User(user)) = (subject, holder)
            && of == user
        {
            return self.note(at, "nobody acts for themselves".to_owned());
        }
        if Pattern::parse(&what.scope).is_err() {
            return self.note(at, format!("{:?} is no scope", what.scope));
        }
        let what =
            Entitlement { org, subject, scope: what.scope.clone(), parameters: parameters_text(&what.parameters) };
        let id = match self.entitlements.get(&what) {
            Some(id) => *id,
            None => {
                self.last.entitlement += 1;
                let id = EntitlementId(self.last.entitlement);
                self.entitlements.insert(what.clone(), id);
                self.desired.entitlements.insert(id, what);
                id
            }
        };
        let until = held.what.until;
        let known = self.desired.holders.entry((id, holder)).or_insert_with(|| (until, at.clone()));
        // A template and somebody by name, or two templates: the longer counts, as of any two grants.
        if until > known.0 {
            *known = (until, at.clone());
        }
    }
}
