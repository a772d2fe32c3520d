//! Accounts for the day on which providers fail: marked as the configuration says, and each of their logins on record.

use super::super::session::{Param, Session, id, word};
use super::super::{StoreError, history};
use super::rows;
use super::{Among, BreakGlass, WhichAccount};
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::Kind;
use std::collections::BTreeMap;

/// Whose kind is not as the configuration says, and what it is to be.
pub(super) async fn marks(db: &mut dyn Session, logins: &[String]) -> Result<BTreeMap<i64, Kind>, StoreError> {
    let mut marks = BTreeMap::new();
    for row in db.rows("SELECT id, login FROM users WHERE kind <> 'person' AND kind = 'break_glass'", &[]).await? {
        if !logins.contains(&row.text(1)?) {
            marks.insert(row.int(0)?, Kind::Person);
        }
    }
    for login in logins {
        let rows = db.rows("SELECT id, kind FROM users WHERE login = $1", &[Param::Text(Some(login))]).await?;
        if let Some(row) = rows.first()
            && word("users.kind", &row.text(1)?, Kind::parse)? == Kind::Person
        {
            marks.insert(row.int(0)?, Kind::BreakGlass);
        }
    }
    Ok(marks)
}

/// See [`super::Accounts::mark_break_glass`].
pub(super) async fn mark(db: &mut dyn Session, logins: &[String], now: Timestamp) -> Result<(), StoreError> {
    let marks = marks(db, logins).await?;
    for (user, kind) in &marks {
        db.run(
            "UPDATE users SET kind = $2, updated_at = $3 WHERE id = $1",
            &[Param::Int(Some(*user)), Param::Text(Some(kind.name())), Param::Int(Some(now.0))],
        )
        .await?;
        let body = serde_json::json!({ "changes": [["kind", kind.name()]] }).to_string();
        history::append(db, now, "configuration", Some(id("users.id", *user)?), &body).await?;
    }
    if !marks.is_empty() {
        db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    }
    Ok(())
}

/// See [`super::Accounts::break_glass`].
pub(super) async fn list(db: &mut dyn Session, logins: &[String]) -> Result<Vec<BreakGlass>, StoreError> {
    let mut all = Vec::with_capacity(logins.len());
    for login in logins {
        let found = rows::find(db, &WhichAccount::Login(login.clone()), Among::People).await?;
        let admin = match &found {
            None => false,
            Some(found) => {
                let rows = db
                    .rows(
                        "SELECT 1 FROM users u WHERE u.id = $1 AND (u.server_admin = 1
                             OR EXISTS (SELECT 1 FROM org_members m WHERE m.user_id = u.id AND m.role = 'Admin'))",
                        &[Param::Int(Some(found.id))],
                    )
                    .await?;
                !rows.is_empty()
            }
        };
        all.push(BreakGlass { login: login.clone(), state: found.map(|found| found.state()), admin });
    }
    Ok(all)
}

/// See [`super::Accounts::record_sign_in`].
pub(super) async fn signed_in(
    db: &mut dyn Session,
    user: UserId,
    provider: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let body = serde_json::json!({ "changes": [["break_glass_login", provider]] }).to_string();
    history::append(db, now, provider, Some(user), &body).await
}
