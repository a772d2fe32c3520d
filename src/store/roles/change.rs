//! Making, changing and deleting roles by hand.

use super::super::session::{Param, Session};
use super::super::{StoreError, history};
use super::rows;
use super::{FOR_EVER, Granting, Role, RoleChanged, RolePermission, RoleText, SeenRole, may};
use rosterd_core::access::{Parameters, Pattern};
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::check_role;
use serde_json::{Value, json};

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
    // Whoever gives it later is asked then until when they have what is in it.
    may::grant(db, by, ("roles:write", name), org, text.wanted(&text.permissions, Timestamp(0))).await?;
    free(db, org, name).await?;
    let rows = db.rows("SELECT 1 + max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM roles UNION ALL SELECT last_role FROM state) ids", &[]).await?;
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
    let content = json!({ "org": org, "allow": shown(&text.permissions), "limits": text.limits });
    record(db, by, ("create_role", id, 1), content, now).await?;
    rows::one(db, id).await?.ok_or_else(|| StoreError::Database(format!("role {id} is gone at once")))
}

/// Refuses a name that is taken. One of every organization is taken in each, and the other way round: rules and files give
/// roles by name, and nobody decides by making another one what they give.
async fn free(db: &mut dyn Session, org: Option<i64>, name: &str) -> Result<(), StoreError> {
    for row in &db.rows("SELECT org_id FROM roles WHERE name = $1", &[Param::Text(Some(name))]).await? {
        let why = match (org, row.opt_int(0)?) {
            (Some(one), Some(other)) if one != other => continue,
            (Some(_), None) => "of every organization already; an organization's own needs another name",
            (None, Some(_)) => "of an organization already; one of every organization needs another name",
            _ => "already",
        };
        return Err(StoreError::Refused(format!("there is a role {name} {why}")));
    }
    Ok(())
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
    may::revoke(db, by, ("roles:write", &role), org, (&Pattern::everything(), &Parameters::new())).await?;
    // Whoever holds the role has what is new at once, and for as long as they hold it.
    let new = without(&text.permissions, &role.text.permissions);
    may::grant(db, by, ("roles:write", &role.name), org, text.wanted(&new, FOR_EVER)).await?;
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
    let gone = without(&role.text.permissions, &text.permissions);
    let content = json!({ "allow": shown(&new), "take": shown(&gone), "limits": text.limits });
    record(db, by, ("change_role", role.id, role.version + 1), content, now).await?;
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
    may::revoke(db, by, ("roles:write", &role), org, (&Pattern::everything(), &Parameters::new())).await?;
    let id = Param::Int(Some(role.id));
    // A file that says until when says so again at its next look: then it is held by it, though it counts no longer.
    let held = db
        .rows(
            "SELECT 1 FROM entitlements e WHERE e.role_id = $1 AND (
                 EXISTS (SELECT 1 FROM user_entitlements u WHERE u.entitlement_id = e.id
                         AND (u.until > $2 OR u.declared_until IS NOT NULL))
                 OR EXISTS (SELECT 1 FROM team_entitlements t WHERE t.entitlement_id = e.id
                            AND (t.until > $2 OR t.declared_until IS NOT NULL))
                 OR EXISTS (SELECT 1 FROM org_entitlements o WHERE o.entitlement_id = e.id
                            AND (o.until > $2 OR o.declared_until IS NOT NULL))) LIMIT 1",
            &[id, Param::Int(Some(now.0))],
        )
        .await?;
    if !held.is_empty() {
        return Err(StoreError::Refused(format!("{} is held by somebody; take it from them first", role.name)));
    }
    for sql in [
        "DELETE FROM user_entitlements WHERE entitlement_id IN (SELECT id FROM entitlements WHERE role_id = $1)",
        "DELETE FROM team_entitlements WHERE entitlement_id IN (SELECT id FROM entitlements WHERE role_id = $1)",
        "DELETE FROM org_entitlements WHERE entitlement_id IN (SELECT id FROM entitlements WHERE role_id = $1)",
        "DELETE FROM entitlements WHERE role_id = $1",
        "DELETE FROM role_limits WHERE role_id = $1",
        "DELETE FROM role_permissions WHERE role_id = $1",
        "DELETE FROM roles WHERE id = $1",
    ] {
        db.run(sql, &[id]).await?;
    }
    let content = json!({ "take": shown(&role.text.permissions) });
    record(db, by, ("delete_role", role.id, role.version), content, now).await?;
    Ok(RoleChanged::Done(Box::new(role)))
}

/// Of these permissions those that the others are without, or have with other parameters.
fn without(these: &[RolePermission], others: &[RolePermission]) -> Vec<RolePermission> {
    these.iter().filter(|one| !others.contains(one)).cloned().collect()
}

/// Action and scope. What parameters say can be about people, and the chain forgets nothing.
fn shown(permissions: &[RolePermission]) -> Vec<[&str; 2]> {
    permissions.iter().map(|one| [one.action.as_str(), one.scope.as_str()]).collect()
}

async fn record(
    db: &mut dyn Session,
    by: &Granting,
    (did, role, version): (&str, i64, i64),
    content: Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = json!([did, role, version, content, by.acting_for.map(|user| user.0)]);
    history::append(db, now, &by.actor, None, &json!({ "changes": [change] }).to_string()).await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(())
}
