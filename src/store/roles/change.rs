//! Making, changing and deleting roles by hand.

use super::super::session::{Param, Session};
use super::super::{StoreError, history};
use super::rows;
use super::{Granting, Role, RoleChanged, RoleText, SeenRole, may};
use rosterd_core::access::Pattern;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::check_role;
use serde_json::json;

/// See [`super::Roles::make_role`].
pub(super) async fn make(
    db: &mut dyn Session,
    (org, name): (Option<&str>, &str),
    text: &RoleText,
    by: &Granting,
    now: Timestamp,
) -> Result<Role, StoreError> {
    let org = match org {
        Some(org) => Some(rows::org(db, org).await?),
        None => None,
    };
    named(name)?;
    sensible(text)?;
    may::check(db, by, ("roles:write", name), org, (&text.permissions, &Pattern::everything())).await?;
    let there = db
        .rows(
            "SELECT id FROM roles WHERE name = $1 AND coalesce(org_id, 0) = $2",
            &[Param::Text(Some(name)), Param::Int(Some(org.unwrap_or(0)))],
        )
        .await?;
    if !there.is_empty() {
        return Err(StoreError::Refused(format!("there is a role {name} already")));
    }
    let rows = db.rows("SELECT coalesce(max(id), 0) + 1 FROM roles", &[]).await?;
    let id = rows.first().ok_or_else(|| StoreError::Database("it counted nothing".to_owned()))?.int(0)?;
    db.run(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'manual', 1, $7)",
        &[
            Param::Int(Some(id)),
            Param::Int(org),
            Param::Text(Some(name)),
            Param::Text(Some(&text.kind)),
            Param::Text(Some(&text.title)),
            Param::Text(Some(&text.description)),
            Param::Int(Some(now.0)),
        ],
    )
    .await?;
    fill(db, id, text).await?;
    record(db, by, ("create_role", id), now).await?;
    rows::one(db, id).await?.ok_or_else(|| StoreError::Database(format!("role {id} is gone at once")))
}

fn named(name: &str) -> Result<(), StoreError> {
    if let Err(why) = check_role(name) {
        return Err(StoreError::Refused(format!("{name:?} is no name for a role: one {why}")));
    }
    if name.starts_with("basic:") || name.starts_with("fixed:") {
        return Err(StoreError::Refused(format!("{name}: such names are not made by hand")));
    }
    Ok(())
}

fn sensible(text: &RoleText) -> Result<(), StoreError> {
    if !["custom", "bundle"].contains(&text.kind.as_str()) {
        return Err(StoreError::Refused("by hand a role is `custom` or `bundle`".to_owned()));
    }
    let mut all: Vec<_> = text.permissions.iter().map(|one| (&one.action, &one.scope)).collect();
    all.sort_unstable();
    if let Some([one, _]) = all.array_windows().find(|[one, other]| one == other) {
        return Err(StoreError::Refused(format!("`{}` on `{}` is there twice", one.0, one.1)));
    }
    Ok(())
}

async fn fill(db: &mut dyn Session, id: i64, text: &RoleText) -> Result<(), StoreError> {
    let role = Param::Int(Some(id));
    for sql in ["DELETE FROM role_permissions WHERE role_id = $1", "DELETE FROM role_limits WHERE role_id = $1"] {
        db.run(sql, &[role]).await?;
    }
    for permission in &text.permissions {
        let parameters = json!(permission.parameters).to_string();
        db.run(
            "INSERT INTO role_permissions (role_id, action, scope, parameters) VALUES ($1, $2, $3, $4)",
            &[
                role,
                Param::Text(Some(permission.action.as_str())),
                Param::Text(Some(permission.scope.as_str())),
                Param::Text(Some(&parameters)),
            ],
        )
        .await?;
    }
    for (name, value) in &text.limits {
        db.run(
            "INSERT INTO role_limits (role_id, name, value) VALUES ($1, $2, $3)",
            &[role, Param::Text(Some(name)), Param::Int(Some(*value))],
        )
        .await?;
    }
    Ok(())
}

/// The role, if it is one that people change and at the version that was seen.
async fn seen(db: &mut dyn Session, seen: SeenRole) -> Result<Result<Role, RoleChanged>, StoreError> {
    let Some(role) = rows::one(db, seen.id).await? else { return Ok(Err(RoleChanged::None)) };
    match role.origin.as_str() {
        "manual" => {}
        "file" => {
            return Err(StoreError::Refused(format!(
                "a provisioning file says what {} is; change it there",
                role.name
            )));
        }
        _ => return Err(StoreError::Refused(format!("{} is there from the beginning, and stays", role.name))),
    }
    Ok(if role.version == seen.version { Ok(role) } else { Err(RoleChanged::Other(role.version)) })
}

/// See [`super::Roles::change_role`].
pub(super) async fn change(
    db: &mut dyn Session,
    which: SeenRole,
    text: &RoleText,
    by: &Granting,
    now: Timestamp,
) -> Result<RoleChanged, StoreError> {
    let role = match seen(db, which).await? {
        Ok(role) => role,
        Err(other) => return Ok(other),
    };
    sensible(text)?;
    let org = role.org.as_ref().map(|(number, _)| *number);
    for permissions in [&role.text.permissions, &text.permissions] {
        may::check(db, by, ("roles:write", &role.name), org, (permissions, &Pattern::everything())).await?;
    }
    if role.text == *text {
        return Ok(RoleChanged::Done(Box::new(role)));
    }
    db.run(
        "UPDATE roles SET kind = $2, title = $3, description = $4, version = version + 1, updated_at = $5 WHERE id = $1",
        &[
            Param::Int(Some(role.id)),
            Param::Text(Some(&text.kind)),
            Param::Text(Some(&text.title)),
            Param::Text(Some(&text.description)),
            Param::Int(Some(now.0)),
        ],
    )
    .await?;
    fill(db, role.id, text).await?;
    record(db, by, ("change_role", role.id), now).await?;
    Ok(rows::one(db, role.id).await?.map_or(RoleChanged::None, |role| RoleChanged::Done(Box::new(role))))
}

/// See [`super::Roles::delete_role`].
pub(super) async fn delete(
    db: &mut dyn Session,
    which: SeenRole,
    by: &Granting,
    now: Timestamp,
) -> Result<RoleChanged, StoreError> {
    let role = match seen(db, which).await? {
        Ok(role) => role,
        Err(other) => return Ok(other),
    };
    let org = role.org.as_ref().map(|(number, _)| *number);
    may::check(db, by, ("roles:write", &role.name), org, (&role.text.permissions, &Pattern::everything())).await?;
    let id = Param::Int(Some(role.id));
    let held = db
        .rows(
            "SELECT 1 FROM entitlements e WHERE e.role_id = $1 AND (
                 EXISTS (SELECT 1 FROM user_entitlements u WHERE u.entitlement_id = e.id)
                 OR EXISTS (SELECT 1 FROM team_entitlements t WHERE t.entitlement_id = e.id)
                 OR EXISTS (SELECT 1 FROM org_entitlements o WHERE o.entitlement_id = e.id)) LIMIT 1",
            &[id],
        )
        .await?;
    if !held.is_empty() {
        return Err(StoreError::Refused(format!("{} is held by somebody; take it from them first", role.name)));
    }
    for sql in [
        "DELETE FROM entitlements WHERE role_id = $1",
        "DELETE FROM role_limits WHERE role_id = $1",
        "DELETE FROM role_permissions WHERE role_id = $1",
        "DELETE FROM roles WHERE id = $1",
    ] {
        db.run(sql, &[id]).await?;
    }
    record(db, by, ("delete_role", role.id), now).await?;
    Ok(RoleChanged::Done(Box::new(role)))
}

async fn record(
    db: &mut dyn Session,
    by: &Granting,
    (op, role): (&str, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    let body = json!({ "op": op, "id": role, "for": by.acting_for.map(|user| user.0) }).to_string();
    history::append(db, now, &by.actor, None, &body).await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(())
}
