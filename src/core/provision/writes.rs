//! What one apply of a plan for files writes: rows by table, and one audit record a subject.

use super::change::{Act, Change, Whose};
use super::names::RoleKind;
use super::observed::{Entitlement, HolderId, Name, Origin, RoleContent};
use super::{PROVISIONING, Plan};
use crate::ids::{EntitlementId, OrgId, RoleId, TeamId, UserId};
use crate::rights::{OrgRole, TeamRole};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See the module's text.
#[derive(Debug, Default)]
pub struct Writes {
    /// That the plan was made against.
    pub generation: i64,
    /// Under which the process that applies it leads; `None` where there is no need to.
    pub epoch: Option<i64>,
    /// The hold that allows it, if one was needed.
    pub hold: Option<i64>,
    pub orgs: Vec<(OrgId, String)>,
    pub teams: Vec<(TeamId, OrgId, String)>,
    /// Service accounts: login and name.
    pub accounts: Vec<(UserId, String, String)>,
    pub resumed: Vec<UserId>,
    pub dropped: Vec<UserId>,
    pub roles: Vec<RoleWrite>,
    pub deleted_roles: Vec<RoleId>,
    pub entitlements: Vec<(EntitlementId, Entitlement)>,
    /// `None` takes back what a file gave.
    pub members: Vec<(OrgId, UserId, Option<OrgRole>)>,
    pub team_members: Vec<(TeamId, UserId, Option<TeamRole>)>,
    /// Until when; `None` takes it back.
    pub holders: Vec<(EntitlementId, HolderId, Option<i64>)>,
    pub limits: Vec<(UserId, String, Option<i64>)>,
    /// What names in files mean from now on; `None` for those that are in no file any longer.
    pub names: Vec<(Name, Option<u32>)>,
    pub records: Vec<Record>,
}

/// A role, whole: what is in it replaces what was.
#[derive(Debug)]
pub struct RoleWrite {
    pub id: RoleId,
    pub org: Option<OrgId>,
    pub name: String,
    pub origin: Origin,
    pub version: i64,
    pub content: RoleContent,
}

/// One audit record.
#[derive(Debug)]
pub struct Record {
    pub user: Option<UserId>,
    pub body: String,
}

impl Plan {
    /// What it writes. `hold`: the one that allows it.
    #[must_use]
    pub fn writes(&self, hold: Option<i64>, epoch: Option<i64>) -> Writes {
        let mut w = Writes { generation: self.observed.generation, epoch, hold, ..Writes::default() };
        for change in &self.changes {
            match &change.act {
                Act::CreateOrg { org } => {
                    w.orgs.extend(self.desired.orgs.get(org).map(|(name, _)| (*org, name.clone())));
                }
                Act::CreateTeam { team } => {
                    let new = self.desired.teams.get(team);
                    w.teams.extend(new.map(|(org, name, _)| (*team, *org, name.clone())));
                }
                Act::CreateAccount { user } => {
                    let new = self.desired.accounts.get(user);
                    w.accounts.extend(new.map(|new| (*user, new.login.clone(), new.name.clone())));
                }
                Act::ResumeAccount { user } => w.resumed.push(*user),
                Act::DropAccount { user } => w.dropped.push(*user),
                Act::CreateRole { role } | Act::ChangeRole { role, .. } => w.roles.extend(self.declared(*role)),
                Act::DeleteRole { role, .. } => match self.kept(*role) {
                    Some(mut basic) if basic.content.kind == RoleKind::Basic => {
                        basic.content.permissions.clear();
                        basic.content.limits.clear();
                        w.roles.push(basic);
                    }
                    _ => w.deleted_roles.push(*role),
                },
                Act::Member { org, user, new, .. } => w.members.push((*org, *user, *new)),
                Act::TeamMember { team, user, new, .. } => w.team_members.push((*team, *user, *new)),
                Act::Hold { entitlement, holder, new, .. } => {
                    let what = self.desired.entitlements.get(entitlement);
                    let known = w.entitlements.last().is_some_and(|(last, _)| last == entitlement);
                    w.entitlements.extend(what.filter(|_| !known).map(|what| (*entitlement, what.clone())));
                    w.holders.push((*entitlement, *holder, *new));
                }
                Act::Limit { user, name, new, .. } => w.limits.push((*user, name.clone(), *new)),
            }
        }
        w.names = self.names();
        w.records = self.records();
        w
    }

    /// Whether it writes nothing at all.
    #[must_use]
    pub fn writes_nothing(&self) -> bool {
        self.changes.is_empty() && self.names().is_empty()
    }

    /// Names that mean something else than they did, or something for the first time or no longer.
    fn names(&self) -> Vec<(Name, Option<u32>)> {
        let (before, now) = (&self.observed.names, &self.desired.names);
        let put = now.iter().filter(|(name, id)| before.get(*name) != Some(*id));
        let put = put.map(|(name, id)| (name.clone(), Some(*id)));
        let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| (name.clone(), None));
        put.chain(gone).collect()
    }

    fn version(&self, role: RoleId) -> i64 {
        self.observed.roles.get(&role).map_or(0, |before| before.version) + 1
    }

    fn declared(&self, id: RoleId) -> Option<RoleWrite> {
        let role = self.desired.roles.get(&id)?;
        let (org, name, content) = (role.org, role.name.clone(), role.content.clone());
        Some(RoleWrite { id, org, name, origin: Origin::File, version: self.version(id), content })
    }

    fn kept(&self, id: RoleId) -> Option<RoleWrite> {
        let role = self.observed.roles.get(&id)?;
        let (org, name, content) = (role.org, role.name.clone(), role.content.clone());
        Some(RoleWrite { id, org, name, origin: Origin::Builtin, version: self.version(id), content })
    }

    fn records(&self) -> Vec<Record> {
        let mut by_subject: BTreeMap<Whose, Vec<Value>> = BTreeMap::new();
        for change in &self.changes {
            by_subject.entry(change.whose()).or_default().push(self.said(change));
        }
        let record = |(whose, changes): (Whose, Vec<Value>)| {
            let (mut body, mut user) = (json!({ "op": PROVISIONING }), None);
            match whose {
                Whose::Org(org) => body["org"] = org.0.into(),
                Whose::Team(team) => body["team"] = team.0.into(),
                Whose::Role(role) => body["role"] = role.0.into(),
                Whose::User(who) => user = Some(who),
            }
            body["changes"] = changes.into();
            Record { user, body: body.to_string() }
        };
        by_subject.into_iter().map(record).collect()
    }

    /// In numbers: nothing can be taken out of the chain again.
    fn said(&self, change: &Change) -> Value {
        let kind = change.kind();
        match &change.act {
            Act::CreateOrg { org } => json!([kind, org.0]),
            Act::CreateTeam { team } => json!([kind, team.0]),
            Act::CreateAccount { .. } | Act::ResumeAccount { .. } => json!([kind]),
            Act::DropAccount { .. } => json!([kind, "dropped"]),
            Act::CreateRole { role } | Act::ChangeRole { role, .. } | Act::DeleteRole { role, .. } => {
                json!([kind, role.0, self.version(*role)])
            }
            Act::Member { org, old, new, .. } => {
                json!([kind, org.0, old.map(OrgRole::name), new.map(OrgRole::name), null, null])
            }
            Act::TeamMember { team, old, new, .. } => {
                json!([kind, team.0, old.map(TeamRole::name), new.map(TeamRole::name), null, null])
            }
            Act::Hold { entitlement, new, .. } => json!([kind, entitlement.0, new.is_some(), null, null, new]),
            Act::Limit { name, new, .. } => json!([kind, name, new]),
        }
    }
}
