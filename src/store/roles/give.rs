//! Giving and taking by hand.

use super::super::permissions::said;
use super::super::session::{Param, Row, Session, id};
use super::super::{StoreError, history};
use super::may::Wanted;
use super::rows;
use super::{Giving, Granting, Held, Holder, HolderNumber, Role, What, list, may};
use rosterd_core::access::Pattern;
use rosterd_core::ids::{Timestamp, UserId};
use serde_json::json;

/// What an entitlement is of.
enum Of {
    Role(Box<Role>),
    ActFor(i64),
}

/// See [`super::Roles::give`].
pub(super) async fn give(
    db: &mut dyn Session,
    giving: &Giving,
    by: &Granting,
    now: Timestamp,
) -> Result<Held, StoreError> {
    if giving.until <= now {
        return Err(StoreError::Refused("`until` is over already".to_owned()));
    }
    let org = match &giving.org {
        Some(org) => Some(rows::org(db, org).await?),
        None => None,
    };
    let holder = holder(db, &giving.to).await?;
    let of = match &giving.what {
        What::Role(name) => {
            let none = || StoreError::Refused(format!("there is no role {name:?} there"));
            let role = rows::named(db, org, name).await?.ok_or_else(none)?;
            if role.text.kind == "basic" {
                return Err(StoreError::Refused(format!("{name} is what a membership gives; make somebody a member")));
            }
            counts(db, holder, org).await?;
            let wanted = Wanted {
                permissions: &role.text.permissions,
                limits: &role.text.limits,
                scope: giving.scope.clone(),
                parameters: giving.parameters.clone(),
                until: giving.until,
            };
            may::grant(db, by, ("roles:assign", name), org, wanted).await?;
            Of::Role(Box::new(role))
        }
        What::ActFor(login) => {
            let whom = user(db, login).await?;
            delegation(by, holder, whom)?;
            Of::ActFor(whom)
        }
    };
    let parameters = json!(giving.parameters).to_string();
    let entitlement = entitlement(db, &of, org, &giving.scope, &parameters).await?;
    if let Some(before) = list::one(db, entitlement, holder).await?
        && let Some(until) = before.manual_until
    {
        if until == giving.until {
            return Ok(before);
        }
        if let (Of::Role(role), true) = (&of, giving.until < until) {
            may::revoke(db, by, ("roles:assign", role), org, (&giving.scope, &giving.parameters)).await?;
        }
    }
    let params = [Param::Int(Some(entitlement)), Param::Int(Some(holder.parts().1)), Param::Int(Some(giving.until.0))];
    let put = match holder {
        HolderNumber::User(_) => {
            "INSERT INTO user_entitlements (entitlement_id, user_id, manual_until) VALUES ($1, $2, $3)
             ON CONFLICT (entitlement_id, user_id) DO UPDATE SET manual_until = excluded.manual_until"
        }
        HolderNumber::Team(_) => {
            "INSERT INTO team_entitlements (entitlement_id, team_id, manual_until) VALUES ($1, $2, $3)
             ON CONFLICT (entitlement_id, team_id) DO UPDATE SET manual_until = excluded.manual_until"
        }
        HolderNumber::Org(_) => {
            "INSERT INTO org_entitlements (entitlement_id, org_id, manual_until) VALUES ($1, $2, $3)
             ON CONFLICT (entitlement_id, org_id) DO UPDATE SET manual_until = excluded.manual_until"
        }
    };
    db.run(put, &params).await?;
    record(db, by, ("give", entitlement, Some(giving.until)), holder, now).await?;
    let held = list::one(db, entitlement, holder).await?;
    held.ok_or_else(|| StoreError::Database(format!("entitlement {entitlement} is gone at once")))
}

async fn user(db: &mut dyn Session, login: &str) -> Result<i64, StoreError> {
    let rows = db.rows("SELECT id FROM users WHERE login = $1", &[Param::Text(Some(login))]).await?;
    rows.first().ok_or_else(|| StoreError::Refused(format!("nobody has the login {login:?}")))?.int(0)
}

async fn holder(db: &mut dyn Session, to: &Holder) -> Result<HolderNumber, StoreError> {
    match to {
        Holder::User(login) => user(db, login).await.map(HolderNumber::User),
        Holder::Org(name) => rows::org(db, name).await.map(HolderNumber::Org),
        Holder::Team { org, team } => {
            let number = rows::org(db, org).await?;
            let params = [Param::Int(Some(number)), Param::Text(Some(team))];
            let rows = db.rows("SELECT id FROM teams WHERE org_id = $1 AND name = $2", &params).await?;
            let none = || StoreError::Refused(format!("{org} has no team {team:?}"));
            rows.first().ok_or_else(none)?.int(0).map(HolderNumber::Team)
        }
    }
}

/// Refuses what would give nobody anything: a team's and an organization's roles count in their organization only.
async fn counts(db: &mut dyn Session, holder: HolderNumber, org: Option<i64>) -> Result<(), StoreError> {
    let own = match holder {
        HolderNumber::User(_) => return Ok(()),
        HolderNumber::Org(number) => Some(number),
        HolderNumber::Team(number) => {
            let rows = db.rows("SELECT org_id FROM teams WHERE id = $1", &[Param::Int(Some(number))]).await?;
            rows.first().map(|row| row.int(0)).transpose()?
        }
    };
    if own.is_some() && own == org {
        return Ok(());
    }
    let kind = holder.parts().0;
    Err(StoreError::Refused(format!(
        "what everybody in {kind} holds counts in its own organization only: name that one"
    )))
}

/// A delegation is from one person to another, and theirs to give for whom it is.
fn delegation(by: &Granting, holder: HolderNumber, whom: i64) -> Result<(), StoreError> {
    match holder {
        HolderNumber::User(number) if number == whom => {
            return Err(StoreError::Refused("everybody acts for themselves anyhow".to_owned()));
        }
        HolderNumber::User(_) => {}
        HolderNumber::Team(_) | HolderNumber::Org(_) => {
            return Err(StoreError::Refused("only one account can act for another".to_owned()));
        }
    }
    match by.acting_for {
        Some(user) if i64::from(user) != whom => {
            Err(StoreError::NotAllowed("nobody lets somebody act for a third".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

/// The row that says just this, new where there is none.
async fn entitlement(
    db: &mut dyn Session,
    of: &Of,
    org: Option<i64>,
    scope: &Pattern,
    parameters: &str,
) -> Result<i64, StoreError> {
    let (role, whom) = match of {
        Of::Role(role) => (Some(role.id), None),
        Of::ActFor(number) => (None, Some(*number)),
    };
    let what = [
        Param::Int(Some(role.unwrap_or(0))),
        Param::Int(Some(whom.unwrap_or(0))),
        Param::Int(Some(org.unwrap_or(0))),
        Param::Text(Some(scope.as_str())),
        Param::Text(Some(parameters)),
    ];
    let there = db
        .rows(
            "SELECT id FROM entitlements WHERE coalesce(role_id, 0) = $1 AND coalesce(for_user_id, 0) = $2
             AND coalesce(org_id, 0) = $3 AND scope = $4 AND parameters = $5",
            &what,
        )
        .await?;
    if let Some(row) = there.first() {
        return row.int(0);
    }
    let rows = db.rows("SELECT 1 + max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM entitlements UNION ALL SELECT last_entitlement FROM state) ids", &[]).await?;
    let id = rows.first().ok_or_else(|| StoreError::Database("it counted nothing".to_owned()))?.int(0)?;
    db.run(
        "INSERT INTO entitlements (id, org_id, role_id, for_user_id, scope, parameters) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            Param::Int(Some(id)),
            Param::Int(org),
            Param::Int(role),
            Param::Int(whom),
            Param::Text(Some(scope.as_str())),
            Param::Text(Some(parameters)),
        ],
    )
    .await?;
    Ok(id)
}

/// See [`super::Roles::take`].
pub(super) async fn take(
    db: &mut dyn Session,
    entitlement: i64,
    holder: HolderNumber,
    by: &Granting,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let held = list::one(db, entitlement, holder).await?;
    if held.is_none_or(|held| held.manual_until.is_none()) {
        return Ok(false);
    }
    let of = db
        .rows(
            "SELECT role_id, for_user_id, org_id, scope, parameters FROM entitlements WHERE id = $1",
            &[Param::Int(Some(entitlement))],
        )
        .await?;
    let Some(of) = of.first() else { return Ok(false) };
    allowed(db, by, of, holder).await?;
    let (delete, clear) = match holder {
        HolderNumber::User(_) => (
            "DELETE FROM user_entitlements
             WHERE entitlement_id = $1 AND user_id = $2 AND synced = 0 AND declared_until IS NULL",
            "UPDATE user_entitlements SET manual_until = NULL WHERE entitlement_id = $1 AND user_id = $2",
        ),
        HolderNumber::Team(_) => (
            "DELETE FROM team_entitlements WHERE entitlement_id = $1 AND team_id = $2 AND declared_until IS NULL",
            "UPDATE team_entitlements SET manual_until = NULL WHERE entitlement_id = $1 AND team_id = $2",
        ),
        HolderNumber::Org(_) => (
            "DELETE FROM org_entitlements WHERE entitlement_id = $1 AND org_id = $2 AND declared_until IS NULL",
            "UPDATE org_entitlements SET manual_until = NULL WHERE entitlement_id = $1 AND org_id = $2",
        ),
    };
    let params = [Param::Int(Some(entitlement)), Param::Int(Some(holder.parts().1))];
    if db.run(delete, &params).await? == 0 {
        db.run(clear, &params).await?;
    }
    record(db, by, ("take", entitlement, None), holder, now).await?;
    Ok(true)
}

/// Whoever takes back needs what whoever gives does; but who acts for somebody may always give that up.
async fn allowed(db: &mut dyn Session, by: &Granting, of: &Row, holder: HolderNumber) -> Result<(), StoreError> {
    if let Some(whom) = of.opt_int(1)? {
        let gives_up = by.acting_for.is_some_and(|user| holder == HolderNumber::User(user.into()));
        return if gives_up { Ok(()) } else { delegation(by, holder, whom) };
    }
    let Some(role) = rows::one(db, of.int(0)?).await? else { return Ok(()) };
    let scope = rows::pattern("entitlements.scope", &of.text(3)?)?;
    let parameters = said(&of.text(4)?)?;
    may::revoke(db, by, ("roles:assign", &role), of.opt_int(2)?, (&scope, &parameters)).await
}

async fn record(
    db: &mut dyn Session,
    by: &Granting,
    (did, entitlement, until): (&str, i64, Option<Timestamp>),
    holder: HolderNumber,
    now: Timestamp,
) -> Result<(), StoreError> {
    let acting = by.acting_for.map(|user| user.0);
    let (kind, number) = holder.parts();
    let change = json!([format!("{did}_entitlement"), entitlement, kind, number, until.map(|until| until.0), acting]);
    let body = json!({ "changes": [change] }).to_string();
    let user: Option<UserId> = match holder {
        HolderNumber::User(number) => Some(id("users.id", number)?),
        HolderNumber::Team(_) | HolderNumber::Org(_) => None,
    };
    history::append(db, now, &by.actor, user, &body).await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(())
}
