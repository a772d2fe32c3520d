//! Nobody grants what they don't hold: asked of the view, before anything is written, in the same transaction.
//!
//! What they hold is a permission with the parameters that count for them and for as long as it lasts. Whoever could give
//! with other parameters could give themselves another row filter; whoever could give for longer, keep what ends.

use super::super::StoreError;
use super::super::permissions::said;
use super::super::session::{Param, Session};
use super::rows::pattern;
use super::{Granting, Role, RolePermission, RoleText};
use rosterd_core::access::{Nearest, Parameters, Pattern};
use rosterd_core::ids::{Timestamp, UserId};
use std::collections::BTreeMap;

/// What is to be given, or to be in a role.
pub(super) struct Wanted<'a> {
    pub(super) permissions: &'a [RolePermission],
    pub(super) limits: &'a BTreeMap<String, i64>,
    /// To what all of it is narrowed.
    pub(super) scope: Pattern,
    /// What is said besides, nearer than what the permissions say themselves.
    pub(super) parameters: Parameters,
    pub(super) until: Timestamp,
}

/// A permission that somebody has by a right of their own.
struct OwnPermission {
    action: Pattern,
    scope: Pattern,
    nearness: i64,
    parameters: Parameters,
    role_parameters: Parameters,
    until: Timestamp,
}

/// What somebody may at a place (`None`: in every organization), by rights of their own. What they have because they
/// stand in for somebody is not theirs to hand on: it ends with that.
struct Own {
    permissions: Vec<OwnPermission>,
    limits: BTreeMap<String, i64>,
}

impl Own {
    async fn of(db: &mut dyn Session, user: UserId, org: Option<i64>) -> Result<Self, StoreError> {
        let place = [Param::Int(Some(user.into())), Param::Int(org)];
        let rows = db
            .rows(
                "SELECT action, scope, nearness, parameters, role_parameters, until FROM effective_permissions
                 WHERE user_id = $1 AND from_user_id = user_id AND (org_id IS NULL OR org_id = $2)",
                &place,
            )
            .await?;
        let mut permissions = Vec::with_capacity(rows.len());
        for row in &rows {
            permissions.push(OwnPermission {
                action: pattern("an action", &row.text(0)?)?,
                scope: pattern("a scope", &row.text(1)?)?,
                nearness: row.int(2)?,
                parameters: said(&row.text(3)?)?,
                role_parameters: said(&row.text(4)?)?,
                until: Timestamp(row.int(5)?),
            });
        }
        let rows = db
            .rows(
                "SELECT name, max(value) FROM effective_limits
                 WHERE user_id = $1 AND (org_id IS NULL OR org_id = $2) GROUP BY name",
                &place,
            )
            .await?;
        let limits = rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect::<Result<_, StoreError>>()?;
        Ok(Self { permissions, limits })
    }

    /// What they lack of this, with these parameters and until then.
    fn lacks(&self, (action, scope): (&Pattern, &Pattern), given: &Parameters, until: Timestamp) -> Option<Lack> {
        let mut lasting = Nearest::default();
        let mut now = Nearest::default();
        let (mut lasts, mut held) = (None, false);
        let mut differs = false;
        for own in &self.permissions {
            // A pattern is a prefix: what several cover together, one of them covers.
            if own.action.covers(action) && own.scope.covers(scope) {
                held = true;
                lasts = lasts.max(Some(own.until));
                own.add_to(&mut now);
                if own.until >= until {
                    own.add_to(&mut lasting);
                }
            } else if own.action.meet(action).is_some() && own.scope.meet(scope).is_some() {
                differs |= own.says().any(|(name, value)| given.get(name) != Some(value));
            }
        }
        if !held {
            Some(Lack::Permission)
        } else if let Some(end) = lasts.filter(|end| *end < until) {
            Some(Lack::Time(end))
        } else if differs || now.finish() != *given || lasting.finish() != *given {
            Some(Lack::Parameters)
        } else {
            None
        }
    }

    /// Whether they may do this, with whatever parameters.
    fn may(&self, action: &Pattern, scope: &Pattern) -> bool {
        self.permissions.iter().any(|own| own.action.covers(action) && own.scope.covers(scope))
    }
}

impl OwnPermission {
    fn add_to(&self, nearest: &mut Nearest) {
        nearest.add(self.nearness, self.parameters.clone());
        nearest.add(Nearest::ROLE, self.role_parameters.clone());
    }

    /// Its own parameters before those of its role.
    fn says(&self) -> impl Iterator<Item = (&String, &String)> {
        let farther = self.role_parameters.iter().filter(|(name, _)| !self.parameters.contains_key(*name));
        self.parameters.iter().chain(farther)
    }
}

/// Why somebody cannot grant a permission.
enum Lack {
    Permission,
    /// Theirs ends then.
    Time(Timestamp),
    Parameters,
}

fn refused(why: String) -> StoreError {
    StoreError::NotAllowed(format!("nobody can grant what they don't hold: {why}"))
}

/// Refuses what whoever asks may not: `action` on the role, or something in it that they lack. Of the operator nothing.
pub(super) async fn grant(
    db: &mut dyn Session,
    by: &Granting,
    (action, role): (&str, &str),
    org: Option<i64>,
    wanted: Wanted<'_>,
) -> Result<(), StoreError> {
    let Some(user) = by.acting_for else { return Ok(()) };
    let own = Own::of(db, user, org).await?;
    needs(&own, action, role)?;
    for permission in wanted.permissions {
        let Some(scope) = permission.scope.meet(&wanted.scope) else { continue };
        let mut given = permission.parameters.clone();
        given.extend(wanted.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        let what = format!("`{}` on `{scope}`", permission.action);
        match own.lacks((&permission.action, scope), &given, wanted.until) {
            None => {}
            Some(Lack::Permission) => return Err(refused(what)),
            Some(Lack::Time(Timestamp(end))) => {
                let end =
                    jiff::Timestamp::from_millisecond(end).map_or_else(|_| end.to_string(), |end| end.to_string());
                return Err(refused(format!("{what} for as long as that: theirs ends at {end}")));
            }
            Some(Lack::Parameters) => {
                return Err(refused(format!("{what} with other parameters than those that count for them")));
            }
        }
    }
    for (name, value) in wanted.limits {
        match own.limits.get(name) {
            Some(most) if most >= value => {}
            Some(most) => return Err(refused(format!("`{name}` up to {value}; theirs is {most}"))),
            None => return Err(refused(format!("a limit `{name}`: they have none"))),
        }
    }
    Ok(())
}

/// Refuses who may not take something back, or change what a role says. What carries parameters is the operator's: without
/// a row filter there is more to see.
pub(super) async fn revoke(
    db: &mut dyn Session,
    by: &Granting,
    (action, role): (&str, &Role),
    org: Option<i64>,
    (scope, parameters): (&Pattern, &Parameters),
) -> Result<(), StoreError> {
    let Some(user) = by.acting_for else { return Ok(()) };
    let own = Own::of(db, user, org).await?;
    needs(&own, action, &role.name)?;
    let RoleText { permissions, .. } = &role.text;
    for permission in permissions {
        let Some(scope) = permission.scope.meet(scope) else { continue };
        if !own.may(&permission.action, scope) {
            let lacks = format!("nobody takes what they don't hold: `{}` on `{scope}`", permission.action);
            return Err(StoreError::NotAllowed(lacks));
        }
    }
    if !parameters.is_empty() || permissions.iter().any(|permission| !permission.parameters.is_empty()) {
        return Err(StoreError::NotAllowed(
            "this carries parameters: only the operator takes or changes it".to_owned(),
        ));
    }
    Ok(())
}

fn needs(own: &Own, action: &str, role: &str) -> Result<(), StoreError> {
    let whole = pattern("an action", action)?;
    let on = pattern("a scope", &format!("roles:{role}"))?;
    if own.may(&whole, &on) {
        return Ok(());
    }
    Err(StoreError::NotAllowed(format!("this needs `{whole}` on `{on}` there")))
}

impl RoleText {
    /// Of what it says these permissions, and its limits, to be in a role for whoever holds it until then.
    pub(super) fn wanted<'a>(&'a self, permissions: &'a [RolePermission], until: Timestamp) -> Wanted<'a> {
        let (scope, parameters) = (Pattern::everything(), Parameters::new());
        Wanted { permissions, limits: &self.limits, scope, parameters, until }
    }
}
