//! What files say, found in the database: names become ids, and what is new gets one.
//!
//! People, teams and organizations that are not there are noted, and given what they are to have as soon as they are.
//! A role that is not there is a mistake: nothing but a file or somebody's hand will ever make it.

use super::declared::{At, Declared, Held, Holder, Place};
use super::finder::{Finder, Moved};
use super::names::RoleKind;
use super::observed::{Entitlement, HolderId, Name, Observed, Origin, RoleContent, Subject, parameters_text};
use super::roles::{self, Permissions};
use super::twice::{Meant, said_twice};
use crate::access::Pattern;
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
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
    /// What names mean.
    pub(super) names: BTreeMap<Name, u32>,
    pub(super) moved: Vec<Moved>,
    pub(super) notes: BTreeSet<String>,
    pub(super) problems: Vec<String>,
}

impl Desired {
    pub(super) fn of(declared: &Declared, observed: &Observed) -> Self {
        let mut finder = Finder::new(observed);
        finder.find_all(declared);
        let problems = said_twice(declared, Meant(&finder.meant));
        let mut maker = Maker::new(observed, finder, Desired { problems, ..Desired::default() });
        maker.accounts(declared);
        maker.roles(declared);
        maker.memberships(declared);
        for held in &declared.held {
            let org = match &held.what.org {
                None => Some(None),
                Some(name) => maker.finder.org(name, &held.at).map(Some),
            };
            if let Some(org) = org {
                maker.held(held, org);
            }
        }
        for (org, held) in super::template::held(declared, &maker.finder.orgs, &mut maker.desired.notes) {
            maker.held(&held, Some(org));
        }
        for limit in &declared.limits {
            if let Some(user) = maker.finder.person(&limit.what.person, &limit.at) {
                let key = (user, limit.what.name.clone());
                maker.desired.limits.insert(key, (limit.what.value, limit.at.clone()));
            }
        }
        maker.desired()
    }
}

/// Puts together what names mean.
struct Maker<'a> {
    observed: &'a Observed,
    finder: Finder<'a>,
    roles: Roles,
    entitlements: BTreeMap<Entitlement, EntitlementId>,
    last_role: u32,
    last_entitlement: u32,
    desired: Desired,
}

/// The roles that can be given, by organization and name.
#[derive(Default)]
struct Roles {
    declared: BTreeMap<(Option<OrgId>, String), RoleId>,
    by_hand: BTreeMap<(Option<OrgId>, String), RoleId>,
}

impl Roles {
    /// The organization's own as files declare it, else the one of every organization. One that was made by hand in the
    /// organization comes last: whoever may make roles there would decide what files give.
    fn find(&self, org: Option<OrgId>, name: &str) -> Option<RoleId> {
        let get = |from: &BTreeMap<_, RoleId>, org| from.get(&(org, name.to_owned())).copied();
        let everywhere = || get(&self.declared, None).or_else(|| get(&self.by_hand, None));
        get(&self.declared, org).or_else(everywhere).or_else(|| get(&self.by_hand, org))
    }
}

impl<'a> Maker<'a> {
    fn new(observed: &'a Observed, finder: Finder<'a>, desired: Desired) -> Self {
        let last = finder.last();
        Self {
            observed,
            finder,
            roles: Roles::default(),
            entitlements: observed.entitlements.iter().map(|(id, what)| (what.clone(), *id)).collect(),
            last_role: last.role,
            last_entitlement: last.entitlement,
            desired,
        }
    }

    fn desired(self) -> Desired {
        let Self { finder, mut desired, .. } = self;
        desired.names = finder.names();
        (desired.orgs, desired.teams, desired.accounts) = (finder.new_orgs, finder.new_teams, finder.new_accounts);
        desired.moved = finder.moved;
        desired.notes.extend(finder.notes);
        desired
    }

    fn accounts(&mut self, declared: &Declared) {
        for account in &declared.accounts {
            let Some((org, user)) = self.finder.account(account) else { continue };
            if let Some(known) = self.observed.users.get(&user) {
                if !known.service {
                    let problem = format!("{}: the login {} is a person's", account.at, known.login);
                    self.desired.problems.push(problem);
                }
                self.desired.kept.insert(user, account.at.clone());
            }
            self.desired.members.insert((org, user), (account.what.role, account.at.clone()));
        }
    }

    /// What a role allows that was made by hand or that every database has.
    fn elsewhere(&self, org: Option<&str>, name: &str) -> Option<Permissions> {
        let org = match org {
            None => None,
            Some(org) => Some(OrgId(*self.finder.meant.get(&Name::Org(org.to_owned()))?)),
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
        let flat = roles::flatten(&declared.roles, Meant(&self.finder.meant), Some(&find), &mut problems);
        self.desired.problems.append(&mut problems);
        let there: BTreeMap<(Option<OrgId>, &str), RoleId> =
            self.observed.roles.iter().map(|(id, role)| ((role.org, role.name.as_str()), *id)).collect();
        for (role, permissions) in declared.roles.iter().zip(flat) {
            let what = &role.what;
            let org = match &what.name.org {
                None => None,
                Some(name) => match self.finder.org(name, &role.at) {
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
                self.last_role += 1;
                RoleId(self.last_role)
            });
            let kind = RoleKind::of(name, what.bundle);
            let content = RoleContent { kind, title, description, permissions, limits: what.limits.clone() };
            self.roles.declared.insert((org, name.clone()), id);
            self.desired.roles.insert(id, WantedRole { org, name: name.clone(), content, at: role.at.clone() });
        }
        for (id, role) in self.observed.roles.iter().filter(|(_, role)| role.origin != Origin::File) {
            self.roles.by_hand.entry((role.org, role.name.clone())).or_insert(*id);
        }
    }

    fn memberships(&mut self, declared: &Declared) {
        for member in &declared.members {
            let org = self.finder.org(&member.what.org, &member.at);
            let person = self.finder.person(&member.what.person, &member.at);
            if let (Some(org), Some(person)) = (org, person) {
                self.desired.members.insert((org, person), (member.what.role, member.at.clone()));
            }
        }
        for member in &declared.team_members {
            let Some(org) = self.finder.org(&member.what.team.org, &member.at) else { continue };
            let team = self.finder.team(org, &member.what.team.name, &member.at);
            let person = self.finder.person(&member.what.person, &member.at);
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
            About::Person(person) => self.finder.person(person, at).map(Subject::Person),
            About::Role(name) => {
                let found = self.roles.find(org, name);
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
            (Holder::Person(person), _) => self.finder.person(person, at).map(HolderId::User),
            (Holder::Team(team), Some(org)) => self.finder.team(org, team, at).map(HolderId::Team),
            (Holder::Everybody, Some(org)) => Some(HolderId::Org(org)),
            // Their reader refuses them.
            (Holder::Team(_) | Holder::Everybody, None) => None,
        };
        let (Some(subject), Some(holder)) = (subject, holder) else { return };
        if let (Subject::Person(of), HolderId::User(user)) = (subject, holder)
            && of == user
        {
            return self.finder.note(at, "nobody acts for themselves");
        }
        if Pattern::parse(&what.scope).is_err() {
            return self.finder.note(at, &format!("{:?} is no scope", what.scope));
        }
        let what =
            Entitlement { org, subject, scope: what.scope.clone(), parameters: parameters_text(&what.parameters) };
        let id = match self.entitlements.get(&what) {
            Some(id) => *id,
            None => {
                self.last_entitlement += 1;
                let id = EntitlementId(self.last_entitlement);
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
