//! A database in memory: what a store does with [`Writes`], in the plainest way there is.

use rosterd_core::ids::{GroupId, IdentityId, OrgId, ProviderId, RuleId, TeamId, Timestamp, UserId};
use rosterd_core::observed::{
    Grant, GroupRow, IdentityRow, LastIds, Observed, OrgMemberRow, OrgRow, OtherIdentity, ProviderRow, SuspensionRow,
    TeamMemberRow, TeamRow, UserRow, UserState,
};
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::writes::Writes;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    providers: BTreeMap<ProviderId, (String, Option<Timestamp>)>,
    orgs: BTreeMap<OrgId, String>,
    teams: BTreeMap<TeamId, (OrgId, String, Option<GroupId>)>,
    users: BTreeMap<UserId, User>,
    org_members: BTreeMap<(UserId, OrgId), (Option<OrgRole>, Option<OrgRole>)>,
    team_members: BTreeMap<(UserId, TeamId), (Option<TeamRole>, Option<TeamRole>)>,
    suspensions: BTreeMap<(UserId, String), Timestamp>,
    identities: BTreeMap<IdentityId, Identity>,
    groups: BTreeMap<GroupId, Group>,
    rules: BTreeMap<RuleId, String>,
}

#[derive(Debug, Clone)]
struct User {
    login: String,
    name: String,
    email: String,
    state: UserState,
    synced_admin: bool,
    manual_admin: bool,
}

#[derive(Debug, Clone)]
struct Identity {
    provider: ProviderId,
    subject: String,
    user: UserId,
    texts: [String; 3],
    groups: Vec<GroupId>,
    grants: Vec<Grant>,
    digests: (i64, i64),
    gone_at: Option<Timestamp>,
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

impl Memory {
    fn provider(&self, name: &str) -> Option<ProviderId> {
        self.providers.iter().find(|(_, (known, _))| known == name).map(|(id, _)| *id)
    }

    pub(crate) fn observe(&self, provider: &str) -> Observed {
        let mut o = Observed::default();
        let own = self.provider(provider);
        o.provider = own.map(|id| ProviderRow { id, applied_at: self.providers[&id].1 });
        o.orgs = self.orgs.iter().map(|(id, name)| OrgRow { id: *id, name: o.texts.push(name) }).collect();
        for (id, (org, name, named_after)) in &self.teams {
            let name = o.texts.push(name);
            o.teams.push(TeamRow { id: *id, org: *org, name, named_after: *named_after });
        }
        for (id, u) in &self.users {
            let [login, name, email] = [&u.login, &u.name, &u.email].map(|text| o.texts.push(text));
            let (state, synced_admin, manual_admin) = (u.state, u.synced_admin, u.manual_admin);
            o.users.push(UserRow { id: *id, state, login, name, email, synced_admin, manual_admin });
        }
        for ((user, org), (synced, manual)) in &self.org_members {
            o.org_members.push(OrgMemberRow { user: *user, org: *org, synced: *synced, manual: *manual });
        }
        for ((user, team), (synced, manual)) in &self.team_members {
            o.team_members.push(TeamMemberRow { user: *user, team: *team, synced: *synced, manual: *manual });
        }
        for (id, i) in &self.identities {
            let [login, name, email] = i.texts.each_ref().map(|text| o.texts.push(text));
            if Some(i.provider) == own {
                let (subject, groups) = (o.texts.push(&i.subject), i.groups.clone().into());
                let (digest, grants_digest) = i.digests;
                let (user, gone_at) = (i.user, i.gone_at);
                let row =
                    IdentityRow { id: *id, subject, user, login, name, email, groups, digest, grants_digest, gone_at };
                o.identities.push(row);
            } else {
                let provider = o.texts.push(&self.providers[&i.provider].0);
                let gone = i.gone_at.is_some();
                o.other_identities.push(OtherIdentity { user: i.user, provider, login, name, email, gone });
                o.other_grants.extend(i.grants.iter().map(|grant| (i.user, *grant)));
            }
        }
        o.other_identities.sort_by_key(|other| other.user);
        o.other_grants.sort();
        for (id, g) in self.groups.iter().filter(|(_, g)| Some(g.provider) == own) {
            let [subject, dn, name] = [&g.subject, &g.dn, &g.name].map(|text| o.texts.push(text));
            o.groups.push(GroupRow {
                id: *id,
                subject,
                dn,
                name,
                parents: g.parents.clone().into(),
                gone_at: g.gone_at,
            });
        }
        for ((user, origin), since) in &self.suspensions {
            o.suspensions.push(SuspensionRow { user: *user, origin: o.texts.push(origin), since: *since });
        }
        o.rules = self.rules.iter().map(|(id, name)| (*id, o.texts.push(name))).collect();
        o.last = LastIds {
            org: self.orgs.keys().last().map_or(0, |id| id.0),
            team: self.teams.keys().last().map_or(0, |id| id.0),
            user: self.users.keys().last().map_or(0, |id| id.0),
            provider: self.providers.keys().last().map_or(0, |id| id.0),
            group: self.groups.keys().last().map_or(0, |id| id.0),
            identity: self.identities.keys().last().map_or(0, |id| id.0),
            rule: self.rules.keys().last().map_or(0, |id| id.0),
        };
        o
    }

    /// What the provider gave, by identity.
    pub(crate) fn given(&self, provider: &str) -> Vec<(IdentityId, Grant)> {
        let own = self.provider(provider);
        let of = self.identities.iter().filter(|(_, i)| Some(i.provider) == own);
        of.flat_map(|(id, i)| i.grants.iter().map(|grant| (*id, *grant))).collect()
    }

    pub(crate) fn apply(&mut self, w: &Writes, now: Timestamp) {
        let text = |text| w.texts.get(text).to_owned();
        if let Some((id, name)) = w.new_provider {
            self.providers.insert(id, (text(name), None));
        }
        let provider = w.run.unwrap().provider;
        self.providers.get_mut(&provider).unwrap().1 = Some(now);
        self.rules.extend(w.new_rules.iter().map(|(id, name)| (*id, text(*name))));
        self.orgs.extend(w.new_orgs.iter().map(|(id, name)| (*id, text(*name))));
        self.teams.extend(w.new_teams.iter().map(|team| (team.id, (team.org, text(team.name), team.named_after))));
        for (team, name) in &w.renamed_teams {
            self.teams.get_mut(team).unwrap().1 = text(*name);
        }
        for row in w.new_users.iter().chain(&w.changed_users) {
            let login = text(row.login);
            let (state, synced_admin) = (row.state, row.synced_admin);
            let manual_admin = self.users.get(&row.id).is_some_and(|user| user.manual_admin);
            let (name, email) = (text(row.name), text(row.email));
            self.users.insert(row.id, User { login, name, email, state, synced_admin, manual_admin });
        }
        let logins: BTreeMap<_, _> = self.users.iter().map(|(id, user)| (&user.login, id)).collect();
        assert_eq!(logins.len(), self.users.len(), "two users with one login");
        let changed: BTreeMap<_, _> = w.changed_users.iter().map(|row| (row.id, row)).collect();
        assert_eq!(changed.len(), w.changed_users.len(), "somebody is changed twice");
        for row in &w.org_members {
            let key = (row.user, row.org);
            assert_eq!(row.exists, self.org_members.contains_key(&key), "{row:?}");
            self.org_members.entry(key).or_default().0 = row.role;
        }
        self.org_members.retain(|_, roles| *roles != (None, None));
        for row in &w.team_members {
            let key = (row.user, row.team);
            assert_eq!(row.exists, self.team_members.contains_key(&key), "{row:?}");
            self.team_members.entry(key).or_default().0 = row.role;
        }
        self.team_members.retain(|_, roles| *roles != (None, None));
        for (user, origin) in &w.unsuspend {
            self.suspensions.remove(&(*user, text(*origin))).unwrap();
        }
        self.suspensions.extend(w.suspend.iter().map(|row| ((row.user, text(row.origin)), row.since)));
        for row in &w.groups {
            let (subject, dn, name) = (text(row.subject), text(row.dn), text(row.name));
            let parents = row.parents.of(&w.group_lists).to_vec();
            self.groups.insert(row.id, Group { provider, subject, dn, name, parents, gone_at: row.gone_at });
        }
        for row in &w.identities {
            assert_eq!(row.new, !self.identities.contains_key(&row.id), "{row:?}");
            let identity = Identity {
                provider,
                subject: text(row.subject),
                user: row.user,
                texts: [row.login, row.name, row.email].map(text),
                groups: row.groups.of(&w.group_lists).to_vec(),
                grants: row.grants.of(&w.grants).to_vec(),
                digests: (row.digest, row.grants_digest),
                gone_at: row.gone_at,
            };
            self.identities.insert(row.id, identity);
        }
    }

    /// What an application sees of people who may act, by names: a line for each right.
    pub(crate) fn rights(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, user) in self.users.iter().filter(|(_, user)| user.state == UserState::Active) {
            let login = &user.login;
            lines.push(format!("{login} {} {}", user.name, user.email));
            if user.synced_admin || user.manual_admin {
                lines.push(format!("{login} is server admin"));
            }
            let orgs = self.org_members.iter().filter(|((user, _), _)| user == id);
            lines.extend(orgs.map(|((_, org), (s, m))| format!("{login} is {:?} of {}", s.max(m), self.orgs[org])));
            let teams = self.team_members.iter().filter(|((user, _), _)| user == id);
            lines.extend(teams.map(|((_, team), (s, m))| {
                let (org, name, _) = &self.teams[team];
                format!("{login} is {:?} of {} {name}", s.max(m), self.orgs[org])
            }));
        }
        lines.sort();
        lines
    }

    /// A person gives everybody something by hand.
    pub(crate) fn grant_by_hand(&mut self, role: OrgRole) {
        let (users, orgs) =
            (self.users.keys().copied().collect::<Vec<_>>(), self.orgs.keys().copied().collect::<Vec<_>>());
        for user in users {
            for org in &orgs {
                self.org_members.entry((user, *org)).or_default().1 = Some(role);
            }
        }
    }

    /// Everything that people gave by hand.
    pub(crate) fn by_hand(&self) -> Vec<(UserId, OrgId, OrgRole)> {
        self.org_members.iter().filter_map(|((user, org), (_, manual))| Some((*user, *org, (*manual)?))).collect()
    }
}
