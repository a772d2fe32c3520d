//! The difference between what files want and what the database has by them, in one order always.

use super::change::{Act, Change, Shown};
use super::declared::Place;
use super::desired::Desired;
use super::names::RoleKind;
use super::observed::{HolderId, Name, Observed, Origin, RoleContent, Subject};
use super::time::{FOR_EVER, until};
use crate::entitlements::shown;
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that are shown as they are done: what is made comes before what stands on it.
pub(super) fn diff(desired: &mut Desired, observed: &Observed) -> Vec<Change> {
    let mut out = Out { desired, observed, changes: Vec::new() };
    out.made();
    let notes = out.roles();
    out.accounts();
    out.memberships();
    out.held();
    out.limits();
    let changes = out.changes;
    desired.notes.extend(notes);
    changes
}

struct Out<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    changes: Vec<Change>,
}

/// What differs of two maps: key, before, after and where that is declared.
type Difference<'m, K, V> = (&'m K, Option<&'m V>, Option<&'m (V, Place)>);

/// Every key at which the two differ.
fn differing<'m, K: Ord, V: PartialEq>(
    before: &'m BTreeMap<K, V>,
    after: &'m BTreeMap<K, (V, Place)>,
) -> Vec<Difference<'m, K, V>> {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    let both = keys.into_iter().map(|key| (key, before.get(key), after.get(key)));
    both.filter(|(_, before, after)| *before != after.map(|(value, _)| value)).collect()
}

impl Out<'_> {
    fn push(&mut self, act: Act, shown: Shown, at: Option<&Place>) {
        self.changes.push(Change { act, shown, at: at.cloned() });
    }

    fn org(&self, org: OrgId) -> String {
        let new = self.desired.orgs.get(&org).map(|(name, _)| name);
        new.or_else(|| self.observed.orgs.get(&org).map(|org| &org.name)).cloned().unwrap_or_default()
    }

    fn team(&self, team: TeamId) -> (String, String) {
        let new = self.desired.teams.get(&team).map(|(org, name, _)| (*org, name));
        let known = new.or_else(|| self.observed.teams.get(&team).map(|(org, name)| (*org, name)));
        known.map_or_else(Default::default, |(org, name)| (self.org(org), name.clone()))
    }

    fn login(&self, user: UserId) -> String {
        let new = self.desired.accounts.get(&user).map(|account| &account.login);
        new.or_else(|| self.observed.users.get(&user).map(|user| &user.login)).cloned().unwrap_or_default()
    }

    fn role(&self, role: RoleId) -> (Option<OrgId>, String) {
        let new = self.desired.roles.get(&role).map(|role| (role.org, &role.name));
        let known = new.or_else(|| self.observed.roles.get(&role).map(|role| (role.org, &role.name)));
        known.map_or_else(Default::default, |(org, name)| (org, name.clone()))
    }

    fn made(&mut self) {
        for (org, (name, at)) in &self.desired.orgs {
            let shown = Shown { org: name.clone(), ..Shown::default() };
            self.push(Act::CreateOrg { org: *org }, shown, Some(at));
        }
        for (team, (org, name, at)) in &self.desired.teams {
            let shown = Shown { org: self.org(*org), team: name.clone(), ..Shown::default() };
            self.push(Act::CreateTeam { team: *team }, shown, Some(at));
        }
        for (user, account) in &self.desired.accounts {
            let shown = Shown { person: account.login.clone(), ..Shown::default() };
            self.push(Act::CreateAccount { user: *user }, shown, Some(&account.at));
        }
    }

    /// Also what is to be noted.
    fn roles(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        let shown = |out: &Self, role: RoleId, what: String| {
            let (org, about) = out.role(role);
            let org = org.map_or_else(String::new, |org| out.org(org));
            Shown { org, about, what, ..Shown::default() }
        };
        for (id, role) in &self.desired.roles {
            let Some(before) = self.observed.roles.get(id) else {
                let what = format!("{}, {} permissions", role.content.kind, role.content.permissions.len());
                let shown = shown(self, *id, what);
                self.push(Act::CreateRole { role: *id }, shown, Some(&role.at));
                continue;
            };
            if before.content != role.content || before.origin != Origin::File {
                let (lost, what) = compared(&before.content, &role.content);
                let shown = shown(self, *id, what);
                self.push(Act::ChangeRole { role: *id, lost }, shown, Some(&role.at));
            }
        }
        let gone = self
            .observed
            .roles
            .iter()
            .filter(|(id, role)| role.origin == Origin::File && !self.desired.roles.contains_key(id));
        let gone: Vec<(RoleId, u32, bool)> = gone
            .map(|(id, role)| {
                let stays = role.held_otherwise && role.content.kind != RoleKind::Basic;
                (*id, u32::try_from(role.content.permissions.len()).unwrap_or(u32::MAX), stays)
            })
            .collect();
        for (role, lost, stays) in gone {
            if stays {
                let (_, name) = self.role(role);
                notes.push(format!(
                    "no file declares the role `{name}` any longer; rules or people give it still, so it stays until they do not"
                ));
            } else {
                let shown = shown(self, role, String::new());
                self.push(Act::DeleteRole { role, lost }, shown, None);
            }
        }
        notes
    }

    fn accounts(&mut self) {
        for (user, at) in &self.desired.kept {
            if self.observed.users.get(user).is_some_and(|user| user.dropped) {
                let shown = Shown { person: self.login(*user), ..Shown::default() };
                self.push(Act::ResumeAccount { user: *user }, shown, Some(at));
            }
        }
        let before: BTreeSet<UserId> = declared_accounts(&self.observed.names).collect();
        let after: BTreeSet<UserId> = declared_accounts(&self.desired.names).collect();
        for user in before.difference(&after) {
            // One that somebody suspended by hand is to stay so when that is lifted.
            let known = self.observed.users.get(user);
            if known.is_some_and(|user| user.service && !user.dropped && !user.elsewhere) {
                let what = "suspended".to_owned();
                let shown = Shown { person: self.login(*user), what, ..Shown::default() };
                self.push(Act::DropAccount { user: *user }, shown, None);
            }
        }
    }

    fn memberships(&mut self) {
        for (key, old, new) in differing(&self.observed.members, &self.desired.members) {
            let ((org, user), old, at) = (*key, old.copied(), new.map(|(_, at)| at));
            let new = new.map(|(role, _)| *role);
            let what = arrow(old.map(|role| role.name()), new.map(|role| role.name()));
            let shown = Shown { org: self.org(org), person: self.login(user), what, ..Shown::default() };
            self.push(Act::Member { org, user, old, new }, shown, at);
        }
        for (key, old, new) in differing(&self.observed.team_members, &self.desired.team_members) {
            let ((team, user), old, at) = (*key, old.copied(), new.map(|(_, at)| at));
            let new = new.map(|(role, _)| *role);
            let what = arrow(old.map(|role| role.name()), new.map(|role| role.name()));
            let (org, name) = self.team(team);
            let shown = Shown { org, team: name, person: self.login(user), what, ..Shown::default() };
            self.push(Act::TeamMember { team, user, old, new }, shown, at);
        }
    }

    fn held(&mut self) {
        for (key, old, new) in differing(&self.observed.holders, &self.desired.holders) {
            let ((entitlement, holder), old, at) = (*key, old.copied(), new.map(|(_, at)| at));
            let new = new.map(|(until, _)| *until);
            let what = match (old, new) {
                (Some(old), Some(new)) => format!("until {} → {}", until(old), until(new)),
                (None, Some(new)) if new < FOR_EVER => format!("until {}", until(new)),
                _ => String::new(),
            };
            let (org, about) = self.entitlement(entitlement);
            let mut shown = Shown { org: org.unwrap_or_default(), about, what, ..Shown::default() };
            match holder {
                HolderId::User(user) => shown.person = self.login(user),
                HolderId::Team(team) => shown.team = self.team(team).1,
                HolderId::Org(_) => shown.person = "everybody".to_owned(),
            }
            self.push(Act::Hold { entitlement, holder, old, new }, shown, at);
        }
    }

    fn entitlement(&self, id: EntitlementId) -> (Option<String>, String) {
        let known = self.desired.entitlements.get(&id).or_else(|| self.observed.entitlements.get(&id));
        let Some(what) = known else { return (None, String::new()) };
        let (role, person) = match what.subject {
            Subject::Role(role) => (Some(self.role(role).1), None),
            Subject::Person(user) => (None, Some(self.login(user))),
        };
        let about = shown(role.as_deref(), person.as_deref(), &what.scope, &what.parameters);
        (what.org.map(|org| self.org(org)), about)
    }

    fn limits(&mut self) {
        for (key, old, new) in differing(&self.observed.limits, &self.desired.limits) {
            let ((user, name), old, at) = (key.clone(), old.copied(), new.map(|(_, at)| at));
            let new = new.map(|(value, _)| *value);
            let text = |value: Option<i64>| value.map(|value| value.to_string());
            let what = arrow(text(old).as_deref(), text(new).as_deref());
            let shown = Shown { person: self.login(user), about: name.clone(), what, ..Shown::default() };
            self.push(Act::Limit { user, name, old, new }, shown, at);
        }
    }
}

/// The service accounts that files declare, or declared when they were last applied.
fn declared_accounts(names: &BTreeMap<Name, u32>) -> impl Iterator<Item = UserId> {
    names.iter().filter(|(name, _)| name.is_account()).map(|(_, id)| UserId(*id))
}

/// How many permissions are lost, and the difference in words.
fn compared(before: &RoleContent, after: &RoleContent) -> (u32, String) {
    let gone = before.permissions.iter().filter(|(what, parameters)| after.permissions.get(*what) != Some(parameters));
    let new = after.permissions.iter().filter(|(what, parameters)| before.permissions.get(*what) != Some(parameters));
    let (gone, new) = (gone.count(), new.count());
    let mut parts = Vec::new();
    if new > 0 {
        parts.push(format!("{new} permissions new"));
    }
    if gone > 0 {
        parts.push(format!("{gone} gone"));
    }
    if before.limits != after.limits {
        parts.push("limits".to_owned());
    }
    if (&before.title, &before.description, before.kind) != (&after.title, &after.description, after.kind) {
        parts.push("title, description or kind".to_owned());
    }
    (u32::try_from(gone).unwrap_or(u32::MAX), parts.join(", "))
}

fn arrow(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}
