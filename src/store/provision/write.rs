//! Carries out a plan for files, in the order of the foreign keys, with its audit records.

use super::sql::{self, Owned};
use crate::fault::point;
use crate::store::session::{Param, Session, Sql};
use crate::store::{StoreError, history, holds, leases};
use rosterd_core::ids::{EntitlementId, OrgId, RoleId, TeamId, Timestamp, UserId};
use rosterd_core::provision::{HolderId, Name, PROVISIONING, Subject, Writes, parameters_text};
use serde_json::{Value, json};

/// See [`super::Provisions::apply_declared`].
pub(super) async fn apply(db: &mut dyn Session, w: &Writes, now: Timestamp) -> Result<u64, StoreError> {
    let state = db.rows("SELECT generation FROM state WHERE one = 1", &[]).await?;
    if state.first().map(|row| row.int(0)).transpose()? != Some(w.generation) {
        return Err(StoreError::Moved);
    }
    leases::pass(db, PROVISIONING, w.epoch).await?;
    let mut put = Put { db, now, rows: 0 };
    if let Some(hold) = w.hold {
        let params = [Param::Int(Some(hold)), Param::Int(Some(now.0))];
        if put.db.run(sql::USE_HOLD, &params).await? != 1 {
            return Err(holds::not_approved(hold));
        }
    }
    made(&mut put, w).await?;
    point("provision.made");
    roles(&mut put, w).await?;
    point("provision.roles");
    given(&mut put, w).await?;
    point("provision.given");
    gone(&mut put, w).await?;
    names(&mut put, w).await?;
    point("provision.gone");
    let records: Vec<(Option<UserId>, &str)> =
        w.records.iter().map(|record| (record.user, record.body.as_str())).collect();
    history::append_all(put.db, now, PROVISIONING, &records).await?;
    point("provision.audit");
    put.db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(put.rows)
}

struct Put<'d> {
    db: &'d mut (dyn Session + 'd),
    now: Timestamp,
    rows: u64,
}

impl Put<'_> {
    /// Carries a statement out with these rows, if there are any.
    async fn all(&mut self, sql: Sql, rows: &[Value]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let (sql, list) = (sql.of(self.db.dialect()), Value::from(rows).to_string());
        let params = [Param::Text(Some(&list)), Param::Int(Some(self.now.0))];
        // A statement is given no more arguments than it names.
        let params = if sql.contains("$2") { &params[..] } else { &params[..1] };
        self.rows += self.db.run(sql, params).await?;
        Ok(())
    }

    async fn owned(&mut self, owned: &Owned, give: &[Value], take: &[Value]) -> Result<(), StoreError> {
        self.all(owned.give, give).await?;
        self.all(owned.delete, take).await?;
        self.all(owned.take, take).await
    }
}

fn users(users: &[UserId]) -> Vec<Value> {
    users.iter().map(|user| json!([user.0])).collect()
}

async fn made(put: &mut Put<'_>, w: &Writes) -> Result<(), StoreError> {
    let orgs: Vec<Value> = w.orgs.iter().map(|(org, name)| json!([org.0, name])).collect();
    put.all(sql::NEW_ORGS, &orgs).await?;
    let teams: Vec<Value> = w.teams.iter().map(|(team, org, name)| json!([team.0, org.0, name])).collect();
    put.all(sql::NEW_TEAMS, &teams).await?;
    let accounts: Vec<Value> = w.accounts.iter().map(|(user, login, name)| json!([user.0, login, name])).collect();
    put.all(sql::NEW_ACCOUNTS, &accounts).await?;
    let resumed = users(&w.resumed);
    put.all(sql::RESUME_REASONS, &resumed).await?;
    put.all(sql::RESUME_ACCOUNTS, &resumed).await?;
    let dropped = users(&w.dropped);
    put.all(sql::DROP_REASONS, &dropped).await?;
    put.all(sql::DROP_ACCOUNTS, &dropped).await
}

async fn roles(put: &mut Put<'_>, w: &Writes) -> Result<(), StoreError> {
    let (mut roles, mut permissions, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    for role in &w.roles {
        let (id, content) = (role.id.0, &role.content);
        let org = role.org.map(|org| org.0);
        let (kind, origin) = (content.kind.name(), role.origin.name());
        roles.push(json!([id, org, role.name, kind, content.title, content.description, origin, role.version]));
        for ((action, scope), parameters) in &content.permissions {
            permissions.push(json!([id, action.as_str(), scope.as_str(), parameters_text(parameters)]));
        }
        limits.extend(content.limits.iter().map(|(name, value)| json!([id, name, value])));
    }
    put.all(sql::ROLES_PUT, &roles).await?;
    // What is in a role is small, and is written whole.
    put.all(sql::PERMISSIONS_OUT, &roles).await?;
    put.all(sql::ROLE_LIMITS_OUT, &roles).await?;
    put.all(sql::PERMISSIONS_IN, &permissions).await?;
    put.all(sql::ROLE_LIMITS_IN, &limits).await
}

/// Gives and takes in one go.
fn split<A: Copy + Into<i64>, B: Copy + Into<i64>, V: Into<Value> + Clone>(
    rows: impl Iterator<Item = (A, B, Option<V>)>,
) -> (Vec<Value>, Vec<Value>) {
    let (mut give, mut take) = (Vec::new(), Vec::new());
    for (of, who, value) in rows {
        let (of, who): (i64, i64) = (of.into(), who.into());
        match value {
            Some(value) => give.push(Value::Array(vec![of.into(), who.into(), value.into()])),
            None => take.push(json!([of, who])),
        }
    }
    (give, take)
}

async fn given(put: &mut Put<'_>, w: &Writes) -> Result<(), StoreError> {
    let (give, take) = split(w.members.iter().map(|(org, user, role)| (*org, *user, role.map(|role| role.name()))));
    put.owned(&sql::OWN_MEMBERS, &give, &take).await?;
    let rows = w.team_members.iter().map(|(team, user, role)| (*team, *user, role.map(|role| role.name())));
    let (give, take) = split(rows);
    put.owned(&sql::OWN_TEAM_MEMBERS, &give, &take).await?;
    let entitlements: Vec<Value> = w
        .entitlements
        .iter()
        .map(|(id, what)| {
            let (role, person) = match what.subject {
                Subject::Role(role) => (Some(role.0), None),
                Subject::Person(user) => (None, Some(user.0)),
            };
            json!([id.0, what.org.map(|org| org.0), role, person, what.scope, what.parameters])
        })
        .collect();
    put.all(sql::NEW_ENTITLEMENTS, &entitlements).await?;
    let (mut of_users, mut of_teams, mut of_orgs) = (Vec::new(), Vec::new(), Vec::new());
    for (entitlement, holder, until) in &w.holders {
        let entitlement: EntitlementId = *entitlement;
        match holder {
            HolderId::User(user) => of_users.push((entitlement, *user, *until)),
            HolderId::Team(team) => of_teams.push((entitlement, *team, *until)),
            HolderId::Org(org) => of_orgs.push((entitlement, *org, *until)),
        }
    }
    let (give, take) = split::<_, UserId, _>(of_users.into_iter());
    put.owned(&sql::OWN_USER_HOLDERS, &give, &take).await?;
    let (give, take) = split::<_, TeamId, _>(of_teams.into_iter());
    put.owned(&sql::OWN_TEAM_HOLDERS, &give, &take).await?;
    let (give, take) = split::<_, OrgId, _>(of_orgs.into_iter());
    put.owned(&sql::OWN_ORG_HOLDERS, &give, &take).await?;
    let give: Vec<Value> =
        w.limits.iter().filter_map(|(user, name, value)| Some(json!([user.0, name, (*value)?]))).collect();
    put.all(sql::LIMITS_PUT, &give).await?;
    let gone = w.limits.iter().filter(|(_, _, value)| value.is_none());
    let take: Vec<Value> = gone.map(|(user, name, _)| json!([user.0, name])).collect();
    put.all(sql::LIMITS_OUT, &take).await
}

/// Roles that nobody holds any longer, after their holders.
async fn gone(put: &mut Put<'_>, w: &Writes) -> Result<(), StoreError> {
    let roles: Vec<Value> = w.deleted_roles.iter().map(|role: &RoleId| json!([role.0])).collect();
    put.all(sql::PERMISSIONS_OUT, &roles).await?;
    put.all(sql::ROLE_LIMITS_OUT, &roles).await?;
    for holders in sql::HOLDERS_OUT {
        put.all(holders, &roles).await?;
    }
    put.all(sql::ROLE_ENTITLEMENTS_OUT, &roles).await?;
    put.all(sql::ROLES_OUT, &roles).await
}

/// What names mean.
async fn names(put: &mut Put<'_>, w: &Writes) -> Result<(), StoreError> {
    let (mut meant, mut gone) = (Vec::new(), Vec::new());
    for (name, id) in &w.names {
        let (kind, org, name) = match name {
            Name::Org(name) => ("org", 0, name),
            Name::Team(org, name) => ("team", org.0, name),
            Name::User(name) => ("user", 0, name),
        };
        match id {
            Some(id) => meant.push(json!([kind, org, name, id])),
            None => gone.push(json!([kind, org, name])),
        }
    }
    put.all(sql::NAMES_OUT, &gone).await?;
    put.all(sql::NAMES_PUT, &meant).await
}
