//! Nobody grants what they don't hold: asked of the view, before anything is written, in the same transaction.

use super::super::StoreError;
use super::super::session::{Param, Session};
use super::rows::pattern;
use super::{Granting, RolePermission};
use rosterd_core::access::Pattern;
use rosterd_core::ids::UserId;

/// What somebody may at a place (`None`: in every organization), by rights of their own. What they have because they
/// stand in for somebody is not theirs to hand on: it ends with that.
struct Own(Vec<(Pattern, Pattern)>);

impl Own {
    async fn of(db: &mut dyn Session, user: UserId, org: Option<i64>) -> Result<Self, StoreError> {
        let rows = db
            .rows(
                "SELECT action, scope FROM effective_permissions
                 WHERE user_id = $1 AND from_user_id = user_id AND (org_id IS NULL OR org_id = $2)",
                &[Param::Int(Some(user.into())), Param::Int(org)],
            )
            .await?;
        let mut own = Vec::with_capacity(rows.len());
        for row in &rows {
            let (action, scope) = (row.text(0)?, row.text(1)?);
            own.push((pattern("an action", &action)?, pattern("a scope", &scope)?));
        }
        Ok(Self(own))
    }

    fn covers(&self, action: &Pattern, scope: &Pattern) -> bool {
        // A pattern is a prefix: what several cover together, one of them covers.
        self.0.iter().any(|(own, on)| own.covers(action) && on.covers(scope))
    }
}

/// Refuses what whoever asks may not: `action` on the role, or a permission that they lack. Of the operator nothing.
pub(super) async fn check(
    db: &mut dyn Session,
    by: &Granting,
    (action, role): (&str, &str),
    org: Option<i64>,
    (permissions, narrowed): (&[RolePermission], &Pattern),
) -> Result<(), StoreError> {
    let Some(user) = by.acting_for else { return Ok(()) };
    let own = Own::of(db, user, org).await?;
    let whole = pattern("an action", action)?;
    let on = pattern("a scope", &format!("roles:{role}"))?;
    if !own.covers(&whole, &on) {
        return Err(StoreError::NotAllowed(format!("this needs `{action}` on `{on}` there")));
    }
    for permission in permissions {
        let Some(scope) = permission.scope.meet(narrowed) else { continue };
        if !own.covers(&permission.action, scope) {
            let lacks = format!("nobody can grant what they don't hold: `{}` on `{scope}`", permission.action);
            return Err(StoreError::NotAllowed(lacks));
        }
    }
    Ok(())
}
