//! Suspending, blocking and archiving by hand, and back.

use super::super::session::{Param, Session};
use super::super::{StoreError, history};
use super::rows::{self, Found};
use super::{Account, AccountChange};
use rosterd_core::ids::Timestamp;
use rosterd_core::lifecycle::{self, Access, Act, Acted};

/// See [`super::Accounts::change_account`].
pub(super) async fn change(
    db: &mut dyn Session,
    change: &AccountChange,
    now: Timestamp,
) -> Result<Option<Account>, StoreError> {
    let Some(mut found) = rows::find(db, &change.which, change.among).await? else { return Ok(None) };
    let (mut done, mut refused) = (Vec::new(), "there is nothing to do".to_owned());
    for act in change.acts {
        match lifecycle::act(*act, found.stored, &found.origins()) {
            Err(why) => refused = format!("{} {why}", found.login),
            Ok(acted) => {
                one(db, &found, change, (*act, acted), now).await?;
                let again = rows::find(db, &change.which, change.among).await?;
                found = again.ok_or_else(|| StoreError::Database(format!("{} is gone at once", found.login)))?;
                done.push(*act);
            }
        }
    }
    if done.is_empty() {
        return Err(StoreError::Refused(refused));
    }
    let force = change.force.then_some("force");
    let said: Vec<Vec<&str>> =
        done.iter().map(|act| ["by_hand", act.name()].into_iter().chain(force).collect()).collect();
    let body = serde_json::json!({ "changes": said }).to_string();
    history::append(db, now, &change.by, Some(found.user()?), &body).await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    found.account().map(Some)
}

/// One act, with what goes with it.
async fn one(
    db: &mut dyn Session,
    found: &Found,
    change: &AccountChange,
    (act, acted): (Act, Acted),
    now: Timestamp,
) -> Result<(), StoreError> {
    let counts = lifecycle::may(found.kind, found.state(), Access::Admin).now();
    if act.takes() && counts && !change.force {
        last_admin(db, found).await?;
    }
    let user = Param::Int(Some(found.id));
    let (origin, put) = act.origin();
    if put {
        db.run(
            "INSERT INTO user_suspensions (user_id, origin, reason, since) VALUES ($1, $2, $3, $4)",
            &[user, Param::Text(Some(origin)), Param::Text(Some(&change.reason)), Param::Int(Some(now.0))],
        )
        .await?;
    } else {
        db.run("DELETE FROM user_suspensions WHERE user_id = $1 AND origin = $2", &[user, Param::Text(Some(origin))])
            .await?;
    }
    if acted.anew {
        db.run("UPDATE user_suspensions SET since = $2 WHERE user_id = $1", &[user, Param::Int(Some(now.0))]).await?;
    }
    db.run(
        "UPDATE users SET state = $2, updated_at = $3 WHERE id = $1",
        &[user, Param::Text(Some(acted.state.name())), Param::Int(Some(now.0))],
    )
    .await?;
    if put { end(db, found, act, now).await } else { Ok(()) }
}

/// What ends with it at once. Who is only suspended can be renewed meanwhile, so that nothing is lost when it is lifted.
async fn end(db: &mut dyn Session, found: &Found, act: Act, now: Timestamp) -> Result<(), StoreError> {
    let (user, at) = (Param::Int(Some(found.id)), Param::Int(Some(now.0)));
    db.run(
        "UPDATE sessions SET ended_at = $2, ended_by = $3 WHERE user_id = $1 AND ended_at IS NULL",
        &[user, at, Param::Text(Some(act.name()))],
    )
    .await?;
    if act == Act::Suspend {
        return Ok(());
    }
    db.run(
        "DELETE FROM refresh_tokens WHERE EXISTS (
             SELECT 1 FROM identities i JOIN providers p ON p.id = i.provider_id
             WHERE i.user_id = $1 AND p.name = refresh_tokens.provider AND i.subject = refresh_tokens.subject)",
        &[user],
    )
    .await?;
    db.run("UPDATE service_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL", &[user, at]).await?;
    Ok(())
}

/// Refuses to take the last one who can administer something (N4).
async fn last_admin(db: &mut dyn Session, found: &Found) -> Result<(), StoreError> {
    let user = [Param::Int(Some(found.id))];
    let orgs = db
        .rows(
            "SELECT o.name FROM org_members m JOIN orgs o ON o.id = m.org_id
             WHERE m.user_id = $1 AND m.role = 'Admin' AND NOT EXISTS (
                 SELECT 1 FROM org_members x JOIN users u ON u.id = x.user_id
                 WHERE x.org_id = m.org_id AND x.role = 'Admin' AND x.user_id <> m.user_id
                   AND u.state = 'active' AND u.kind <> 'service')
             ORDER BY o.name",
            &user,
        )
        .await?;
    let all = db
        .rows(
            "SELECT id FROM users WHERE id = $1 AND server_admin = 1 AND NOT EXISTS (
                 SELECT 1 FROM users x
                 WHERE x.server_admin = 1 AND x.id <> $1 AND x.state = 'active' AND x.kind <> 'service')",
            &user,
        )
        .await?;
    let mut last: Vec<String> =
        orgs.iter().map(|row| Ok(format!("Admin of {}", row.text(0)?))).collect::<Result<_, StoreError>>()?;
    if !all.is_empty() {
        last.push("server admin".to_owned());
    }
    if last.is_empty() {
        return Ok(());
    }
    let message =
        format!("{} is the last {}; make somebody else one first, or use force", found.login, last.join(", "));
    Err(StoreError::Refused(message))
}
