//! A target in memory: the tables, as plainly as they can be written down.

use rosterd_core::entitlements::{EntitlementRow, HolderRow, RoleRow};
use rosterd_core::ids::{
    EntitlementId, GroupId, IdentityId, OrgId, ProviderId, ReadingNumber, RoleId, RuleId, TeamId, Timestamp, UserId,
};
use rosterd_core::lifecycle::Kind;
use rosterd_core::observed::{
    Base, Grant, GroupRow, IdentityRow, LastIds, Observed, OrgMemberRow, OrgRow, OtherIdentity, ProviderRow,
    RecentRemoval, RemovalClass, SuspensionRow, TeamMemberRow, TeamRow, UserRow, UserState,
};
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::writes::{RenewalWrite, Writes};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) state: UserState,
    pub(crate) synced_admin: bool,
    pub(crate) manual_admin: bool,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
struct Identity {
    provider: ProviderId,
    subject: String,
    user: UserId,
    login: String,
    name: String,
    email: String,
    groups: Vec<GroupId>,
    grants: Vec<Grant>,
    digest: i64,
    grants_digest: i64,
    gone_at: Option<Timestamp>,
    reading: ReadingNumber,
}

#[derive(Debug, Clone)]
struct Group {
    provider: ProviderId,
    subject: String,
    dn: String,
    name: String,
    parents: Vec<GroupId>,
    gone_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entitlement {
    org: Option<OrgId>,
    role: Option<u32>,
    for_user: Option<UserId>,
    scope: String,
    parameters: String,
}

/// See the module's text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) generation: i64,
    providers: BTreeMap<ProviderId, (String, Timestamp)>,
    rules: BTreeMap<RuleId, String>,
    pub(crate) orgs: BTreeMap<OrgId, String>,
    pub(crate) org_keys: BTreeMap<OrgId, String>,
    pub(crate) teams: BTreeMap<TeamId, (OrgId, String, Option<GroupId>)>,
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) org_members: BTreeMap<(UserId, OrgId), (Option<OrgRole>, Option<OrgRole>)>,
    pub(crate) team_members: BTreeMap<(UserId, TeamId), (Option<TeamRole>, Option<TeamRole>)>,
    /// By number: organization, name, whether it is basic.
    pub(crate) roles: BTreeMap<u32, (Option<OrgId>, String, bool)>,
    pub(crate) by_hand: BTreeSet<u32>,
    pub(crate) entitlements: BTreeMap<EntitlementId, Entitlement>,
    /// Whether rules give it, and whether somebody's hand does.
    pub(crate) holders: BTreeMap<(UserId, EntitlementId), (bool, bool)>,
    pub(crate) suspensions: BTreeMap<(UserId, String), (String, Timestamp)>,
    groups: BTreeMap<GroupId, Group>,
    identities: BTreeMap<IdentityId, Identity>,
    bases: BTreeMap<ProviderId, Base>,
    pub(crate) renewals: BTreeMap<IdentityId, RenewalWrite>,
    /// What the provider itself has withdrawn.
    pub(crate) withdrawn: BTreeSet<IdentityId>,
    /// When providers were last read completely, as far as that is to be noted.
    pub(crate) reads: BTreeMap<String, Timestamp>,
    removals: Vec<(Timestamp, ProviderId, RemovalClass, Option<OrgId>, u32, bool)>,
    /// How many audit records were written.
    pub(crate) audit: usize,
}

impl Target {
    /// What a store's `observe` would give.
    pub(crate) fn observe(&self, provider: &str, window: Timestamp) -> Observed {
        let mut o = Observed { generation: self.generation, ..Observed::default() };
        let known = self.providers.iter().find(|(_, (name, _))| name == provider);
        o.provider = known.map(|(id, (_, at))| ProviderRow {
            id: *id,
            applied_at: Some(*at),
            base: self.bases.get(id).cloned(),
        });
        let number = known.map(|(id, _)| *id);
        for (id, name) in &self.orgs {
            let key = self.org_keys.get(id).map_or("", String::as_str);
            o.orgs.push(OrgRow { id: *id, name: o.texts.push(name), key: o.texts.push(key) });
        }
        for (id, (org, name, named_after)) in &self.teams {
            o.teams.push(TeamRow { id: *id, org: *org, name: o.texts.push(name), named_after: *named_after });
        }
        for (id, u) in &self.users {
            let [login, name, email] = [&u.login, &u.name, &u.email].map(|text| o.texts.push(text));
            let (state, synced_admin, manual_admin) = (u.state, u.synced_admin, u.manual_admin);
            o.users.push(UserRow { id: *id, state, login, name, email, synced_admin, manual_admin, kind: u.kind });
        }
        o.org_members = self
            .org_members
            .iter()
            .map(|((user, org), (synced, manual))| OrgMemberRow {
                user: *user,
                org: *org,
                synced: *synced,
                manual: *manual,
            })
            .collect();
        o.team_members = self
            .team_members
            .iter()
            .map(|((user, team), (synced, manual))| {
                let (user, team) = (*user, *team);
                TeamMemberRow { user, team, synced: *synced, manual: *manual }
            })
            .collect();
        for (id, (org, name, basic)) in &self.roles {
            let (name, by_hand) = (o.texts.push(name), self.by_hand.contains(id));
            o.roles.push(RoleRow { id: RoleId(*id), org: (*org).into(), name, basic: *basic, by_hand });
        }
        for (id, e) in &self.entitlements {
            let (scope, parameters) = (o.texts.push(&e.scope), o.texts.push(&e.parameters));
            let (org, role, for_user) = (e.org.into(), e.role.map(RoleId).into(), e.for_user.into());
            o.entitlements.push(EntitlementRow { id: *id, org, role, for_user, scope, parameters });
        }
        o.holders = self
            .holders
            .iter()
            .map(|((user, entitlement), (synced, _))| HolderRow {
                user: *user,
                entitlement: *entitlement,
                synced: *synced,
            })
            .collect();
        for ((user, origin), (_, since)) in &self.suspensions {
            o.suspensions.push(SuspensionRow { user: *user, origin: o.texts.push(origin), since: *since });
        }
        for (id, g) in self.groups.iter().filter(|(_, g)| Some(g.provider) == number) {
            let [subject, dn, name] = [&g.subject, &g.dn, &g.name].map(|text| o.texts.push(text));
            let parents = g.parents.clone().into_boxed_slice();
            o.groups.push(GroupRow { id: *id, subject, dn, name, parents, gone_at: g.gone_at });
        }
        let mut others: Vec<&Identity> = Vec::new();
        for (id, i) in &self.identities {
            if Some(i.provider) != number {
                others.push(i);
                continue;
            }
            let [subject, login, name, email] = [&i.subject, &i.login, &i.name, &i.email].map(|t| o.texts.push(t));
            o.identities.push(IdentityRow {
                id: *id,
                subject,
                user: i.user,
                login,
                name,
                email,
                groups: i.groups.clone().into_boxed_slice(),
                digest: i.digest,
                grants_digest: i.grants_digest,
                gone_at: i.gone_at,
                reading: i.reading,
            });
        }
        let own = |id: &IdentityId| self.identities.get(id).is_some_and(|i| Some(i.provider) == number);
        let renewals = self.renewals.iter().filter(|(id, _)| own(id));
        o.last_renewal = renewals.clone().map(|(_, row)| row.renewal.at).max();
        o.renewals = renewals.filter(|(_, row)| row.ended_at.is_none()).map(|(id, row)| (*id, row.renewal)).collect();
        o.withdrawn = self.withdrawn.iter().copied().collect();
        o.reads = self.reads.clone();
        others.sort_by_key(|i| (i.user, i.provider));
        for i in others {
            let provider = self.providers[&i.provider].0.clone();
            let [provider, login, name, email] = [&provider, &i.login, &i.name, &i.email].map(|t| o.texts.push(t));
            o.other_identities.push(OtherIdentity {
                user: i.user,
                provider,
                login,
                name,
                email,
                gone: i.gone_at.is_some(),
            });
            o.other_grants.extend(i.grants.iter().map(|grant| (i.user, *grant)));
        }
        for (id, name) in &self.rules {
            let name = o.texts.push(name);
            o.rules.push((*id, name));
        }
        for (at, _, class, org, removed, approved) in &self.removals {
            if *at >= window && !approved {
                o.recent_removals.push(RecentRemoval { class: *class, org: *org, removed: *removed });
            }
        }
        o.last = LastIds {
            org: self.orgs.keys().last().map_or(0, |id| id.0),
            team: self.teams.keys().last().map_or(0, |id| id.0),
            user: self.users.keys().last().map_or(0, |id| id.0),
            provider: self.providers.keys().last().map_or(0, |id| id.0),
            group: self.groups.keys().last().map_or(0, |id| id.0),
            identity: self.identities.keys().last().map_or(0, |id| id.0),
            rule: self.rules.keys().last().map_or(0, |id| id.0),
            entitlement: self.entitlements.keys().last().map_or(0, |id| id.0),
        };
        o
    }

    /// What a store's `given` would give.
    pub(crate) fn given(&self, provider: &str) -> Vec<(IdentityId, Grant)> {
        let of = |id: &ProviderId| self.providers[id].0 == provider;
        self.identities
            .iter()
            .filter(|(_, i)| of(&i.provider))
            .flat_map(|(id, i)| i.grants.iter().map(|grant| (*id, *grant)))
            .collect()
    }

    /// What a store's `apply` would do. Stops the test where a table's rules are broken.
    pub(crate) fn apply(&mut self, w: &Writes, now: Timestamp) {
        assert_eq!(w.generation, self.generation, "the plan rests on another state");
        self.generation += 1;
        let text = |t| w.texts.get(t).to_owned();
        let provider = w.provider.unwrap();
        if let Some((id, name)) = w.new_provider {
            self.providers.insert(id, (text(name), now));
        }
        if w.run.is_some() {
            self.providers.get_mut(&provider).unwrap().1 = now;
        }
        if let Some(at) = w.read_at {
            let name = self.providers[&provider].0.clone();
            self.reads.insert(name, at);
        }
        self.rules.extend(w.new_rules.iter().map(|(id, name)| (*id, text(*name))));
        assert!(w.changed_orgs.iter().all(|row| self.orgs.contains_key(&row.id)));
        for row in w.changed_orgs.iter().chain(&w.new_orgs) {
            self.orgs.insert(row.id, text(row.name));
            if !row.key.is_empty() {
                self.org_keys.insert(row.id, text(row.key));
            }
        }
        assert_eq!(self.orgs.values().collect::<BTreeSet<_>>().len(), self.orgs.len(), "two with one name");
        assert_eq!(self.org_keys.values().collect::<BTreeSet<_>>().len(), self.org_keys.len(), "two with one key");
        self.teams.extend(w.new_teams.iter().map(|t| (t.id, (t.org, text(t.name), t.named_after))));
        for (id, name) in &w.renamed_teams {
            self.teams.get_mut(id).unwrap().1 = text(*name);
        }
        for (rows, new) in [(&w.changed_users, false), (&w.new_users, true)] {
            for row in rows {
                assert_eq!(self.users.contains_key(&row.id), !new);
                let there = self.users.get(&row.id).map(|u| (u.manual_admin, u.kind));
                let (manual_admin, kind) = there.unwrap_or_default();
                let (state, synced_admin) = (row.state, row.synced_admin);
                let [login, name, email] = [row.login, row.name, row.email].map(text);
                assert!(!login.is_empty());
                self.users.insert(row.id, User { login, name, email, state, synced_admin, manual_admin, kind });
            }
        }
        let logins: BTreeMap<_, _> = self.users.iter().map(|(id, user)| (&user.login, id)).collect();
        assert_eq!(logins.len(), self.users.len(), "two users with one login");
        assert!(w.changed_users.is_sorted_by(|a, b| a.id < b.id), "each person once");
        self.renewals.extend(w.renewals.iter().map(|row| (row.identity, *row)));
        for row in &w.org_members {
            assert!(self.users.contains_key(&row.user) && self.orgs.contains_key(&row.org));
            let key = (row.user, row.org);
            assert_eq!(self.org_members.contains_key(&key), row.exists, "{row:?}");
            self.org_members.entry(key).or_default().0 = row.role;
        }
        self.org_members.retain(|_, roles| *roles != (None, None));
        for row in &w.team_members {
            let org = self.teams[&row.team].0;
            assert!(row.role.is_none() || self.org_members.contains_key(&(row.user, org)), "in a team, not in its org");
            let key = (row.user, row.team);
            assert_eq!(self.team_members.contains_key(&key), row.exists, "{row:?}");
            self.team_members.entry(key).or_default().0 = row.role;
        }
        self.team_members.retain(|_, roles| *roles != (None, None));
        for new in &w.new_entitlements {
            let (scope, parameters) = (text(new.scope), text(new.parameters));
            let (org, role, for_user) = (new.org.get(), new.role.get().map(|role| role.0), new.for_user.get());
            let new = (new.id, Entitlement { org, role, for_user, scope, parameters });
            assert!(self.entitlements.insert(new.0, new.1).is_none());
        }
        for row in &w.holders {
            let org =
                self.entitlements[&row.entitlement].org.filter(|_| self.entitlements[&row.entitlement].role.is_some());
            assert!(org.is_none_or(|org| !row.give || self.org_members.contains_key(&(row.user, org))), "no member");
            let key = (row.user, row.entitlement);
            assert_eq!(self.holders.contains_key(&key), row.exists, "{row:?}");
            self.holders.entry(key).or_default().0 = row.give;
        }
        self.holders.retain(|_, by| *by != (false, false));
        for row in &w.suspend {
            self.suspensions.insert((row.user, text(row.origin)), (text(row.reason), row.since));
        }
        for (user, origin) in &w.unsuspend {
            assert!(self.suspensions.remove(&(*user, text(*origin))).is_some());
        }
        for g in &w.groups {
            let [subject, dn, name] = [g.subject, g.dn, g.name].map(text);
            let (parents, gone_at) = (g.parents.of(&w.group_lists).to_vec(), g.gone_at);
            self.groups.insert(g.id, Group { provider, subject, dn, name, parents, gone_at });
        }
        if let Some(base) = &w.base {
            self.bases.insert(provider, base.clone());
        }
        for identity in &w.seen {
            let reading = &mut self.identities.get_mut(identity).unwrap().reading;
            *reading = (*reading).max(w.reading);
        }
        for i in &w.identities {
            assert!(self.identities.get(&i.id).is_none_or(|known| known.reading <= w.reading), "older over newer");
            assert_eq!(self.identities.contains_key(&i.id), !i.new);
            let [subject, login, name, email] = [i.subject, i.login, i.name, i.email].map(text);
            let grants = i.grants.of(&w.grants).to_vec();
            assert!(grants.is_sorted_by_key(|g| g.right));
            let identity = Identity {
                provider,
                subject,
                user: i.user,
                login,
                name,
                email,
                groups: i.groups.of(&w.group_lists).to_vec(),
                grants,
                digest: i.digest,
                grants_digest: i.grants_digest,
                gone_at: i.gone_at(w),
                reading: w.reading,
            };
            self.identities.insert(i.id, identity);
        }
        for r in &w.removals {
            self.removals.push((now, provider, r.class, r.org, r.removed, r.approved));
        }
        let users: Vec<_> = w.records().filter_map(|(user, _)| user).collect();
        assert!(users.is_sorted_by(|a, b| a < b), "one record a person");
        self.audit += w.records().count();
    }

    /// Everything an application sees, by name: `org: login = role`, `org/team: login = role`,
    /// `login: state`, `login: server admin`.
    pub(crate) fn seen(&self) -> Vec<String> {
        let mut seen = Vec::new();
        for ((user, org), (synced, manual)) in &self.org_members {
            let role = (*synced).max(*manual).unwrap();
            seen.push(format!("{}: {} = {role}", self.orgs[org], self.users[user].login));
        }
        for ((user, team), (synced, manual)) in &self.team_members {
            let (org, name, _) = &self.teams[team];
            let role = (*synced).max(*manual).unwrap();
            seen.push(format!("{}/{name}: {} = {role}", self.orgs[org], self.users[user].login));
        }
        for (user, entitlement) in self.holders.keys() {
            let e = &self.entitlements[entitlement];
            let place = e.org.map_or("everywhere", |org| &self.orgs[&org]);
            let what = match (e.role, e.for_user) {
                (Some(role), _) => self.roles[&role].1.clone(),
                (_, user) => format!("for {}", self.users[&user.unwrap()].login),
            };
            let (scope, parameters) = (&e.scope, &e.parameters);
            seen.push(format!("{place}: {} holds {what} on {scope} with {parameters}", self.users[user].login));
        }
        for user in self.users.values() {
            seen.push(format!("{}: {}", user.login, user.state.name()));
            if user.synced_admin || user.manual_admin {
                seen.push(format!("{}: server admin", user.login));
            }
        }
        seen.sort();
        seen
    }

    pub(crate) fn user(&self, login: &str) -> (UserId, &User) {
        let (id, user) = self.users.iter().find(|(_, u)| u.login == login).unwrap();
        (*id, user)
    }

    pub(crate) fn org(&self, name: &str) -> OrgId {
        *self.orgs.iter().find(|(_, n)| *n == name).unwrap().0
    }
}
