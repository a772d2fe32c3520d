//! Making a service account: members of one organization that no provider knows.

use super::super::session::{Param, Session, id};
use super::super::{StoreError, history};
use super::rows;
use super::{Account, Among, NewService, WhichAccount};
use rosterd_core::ids::{OrgId, Timestamp, UserId};
use rosterd_core::lifecycle;

/// See [`super::Accounts::add_service`].
pub(super) async fn add(db: &mut dyn Session, new: &NewService, now: Timestamp) -> Result<Account, StoreError> {
    let orgs = db.rows("SELECT id FROM orgs WHERE name = $1", &[Param::Text(Some(&new.org))]).await?;
    let no_org = || StoreError::Refused(format!("there is no organization {:?}", new.org));
    let org: OrgId = id("orgs.id", orgs.first().ok_or_else(no_org)?.int(0)?)?;
    let login = lifecycle::service_login(org.0, &new.name).ok_or_else(|| {
        let good = "small letters, digits, `-`, `_` and `.`, a letter or digit first, at most 60";
        StoreError::Refused(format!("{:?} is no name for a service account: {good}", new.name))
    })?;
    let there = db.rows("SELECT state FROM users WHERE login = $1", &[Param::Text(Some(&login))]).await?;
    if let Some(row) = there.first() {
        let state = row.text(0)?;
        let what = if state == "archived" { "; enable it, or purge it first" } else { "" };
        return Err(StoreError::Refused(format!("{login} is there already, {state}{what}")));
    }
    // The audit records remember the numbers of accounts that were purged: those are never used again.
    let rows = db
        .rows(
            "SELECT coalesce((SELECT max(id) FROM users), 0),
                    coalesce((SELECT max(user_id) FROM audit WHERE user_id IS NOT NULL), 0)",
            &[],
        )
        .await?;
    let row = rows.first().ok_or_else(|| StoreError::Database("it counted nothing".to_owned()))?;
    let user: UserId = id("users.id", row.int(0)?.max(row.int(1)?) + 1)?;
    db.run(
        "INSERT INTO users (id, login, name, email, state, synced_admin, created_at, updated_at, kind)
         VALUES ($1, $2, $3, '', 'active', 0, $4, $4, 'service')",
        &[
            Param::Int(Some(user.into())),
            Param::Text(Some(&login)),
            Param::Text(Some(&new.title)),
            Param::Int(Some(now.0)),
        ],
    )
    .await?;
    db.run(
        "INSERT INTO org_members (org_id, user_id, manual_role) VALUES ($1, $2, $3)",
        &[Param::Int(Some(org.into())), Param::Int(Some(user.into())), Param::Text(Some(new.role.name()))],
    )
    .await?;
    let body = serde_json::json!({ "changes": [["create_service_account", org.0, new.role.name()]] }).to_string();
    history::append(db, now, &new.by, Some(user), &body).await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    let made = rows::one(db, &WhichAccount::Number(user.into()), Among::Services).await?;
    made.ok_or_else(|| StoreError::Database(format!("{login} is gone at once")))
}
