//! Reading roles.

use super::super::StoreError;
use super::super::permissions::said;
use super::super::session::{Param, Row, Session};
use super::{Role, RolePermission, RoleText};
use rosterd_core::access::Pattern;
use std::collections::BTreeMap;

pub(super) async fn after(db: &mut dyn Session, after: i64, limit: u32) -> Result<Vec<Role>, StoreError> {
    let rows = db
        .rows(
            "SELECT r.id, r.org_id, o.name, r.name, r.kind, r.title, r.description, r.origin, r.version
             FROM roles r LEFT JOIN orgs o ON o.id = r.org_id WHERE r.id > $1 ORDER BY r.id LIMIT $2",
            &[Param::Int(Some(after)), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    let mut roles = Vec::with_capacity(rows.len());
    for row in &rows {
        roles.push(role(db, row).await?);
    }
    Ok(roles)
}

pub(super) async fn one(db: &mut dyn Session, id: i64) -> Result<Option<Role>, StoreError> {
    let rows = db
        .rows(
            "SELECT r.id, r.org_id, o.name, r.name, r.kind, r.title, r.description, r.origin, r.version
             FROM roles r LEFT JOIN orgs o ON o.id = r.org_id WHERE r.id = $1",
            &[Param::Int(Some(id))],
        )
        .await?;
    match rows.first() {
        Some(row) => role(db, row).await.map(Some),
        None => Ok(None),
    }
}

/// The role of that name that counts in the organization: its own that a file made, else that of every organization, else
/// its own that somebody made. What a rule or an operator means by a name is not for an organization's people to say.
pub(super) async fn named(db: &mut dyn Session, org: Option<i64>, name: &str) -> Result<Option<Role>, StoreError> {
    let rows = db
        .rows(
            "SELECT r.id, r.org_id, o.name, r.name, r.kind, r.title, r.description, r.origin, r.version
             FROM roles r LEFT JOIN orgs o ON o.id = r.org_id
             WHERE r.name = $1 AND (r.org_id IS NULL OR r.org_id = $2) 
             ORDER BY CASE WHEN r.org_id IS NULL THEN 1 WHEN r.origin = 'manual' THEN 2 ELSE 0 END LIMIT 1",
            &[Param::Text(Some(name)), Param::Int(org)],
        )
        .await?;
    match rows.first() {
        Some(row) => role(db, row).await.map(Some),
        None => Ok(None),
    }
}

async fn role(db: &mut dyn Session, row: &Row) -> Result<Role, StoreError> {
    let id = row.int(0)?;
    let params = [Param::Int(Some(id))];
    let allows = db
        .rows(
            "SELECT action, scope, parameters FROM role_permissions WHERE role_id = $1 ORDER BY action, scope",
            &params,
        )
        .await?;
    let limits = db.rows("SELECT name, value FROM role_limits WHERE role_id = $1 ORDER BY name", &params).await?;
    let org = match row.opt_int(1)? {
        Some(number) => Some((number, row.text(2)?)),
        None => None,
    };
    Ok(Role {
        id,
        org,
        name: row.text(3)?,
        origin: row.text(7)?,
        version: row.int(8)?,
        text: RoleText {
            kind: row.text(4)?,
            title: row.text(5)?,
            description: row.text(6)?,
            permissions: allows.iter().map(permission).collect::<Result<_, _>>()?,
            limits: limits
                .iter()
                .map(|row| Ok((row.text(0)?, row.int(1)?)))
                .collect::<Result<BTreeMap<_, _>, StoreError>>()?,
        },
    })
}

fn permission(row: &Row) -> Result<RolePermission, StoreError> {
    Ok(RolePermission {
        action: pattern("role_permissions.action", &row.text(0)?)?,
        scope: pattern("role_permissions.scope", &row.text(1)?)?,
        parameters: said(&row.text(2)?)?,
    })
}

pub(super) fn pattern(what: &str, text: &str) -> Result<Pattern, StoreError> {
    Pattern::parse(text).map_err(|why| StoreError::Database(format!("{what} holds {text:?}, which {why}")))
}

/// The number of the organization of that name.
pub(super) async fn org(db: &mut dyn Session, name: &str) -> Result<i64, StoreError> {
    let rows = db.rows("SELECT id FROM orgs WHERE name = $1", &[Param::Text(Some(name))]).await?;
    let none = || StoreError::Refused(format!("there is no organization {name:?}"));
    rows.first().ok_or_else(none)?.int(0)
}
