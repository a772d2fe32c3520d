//! Who is logged in.

use super::super::session::{Param, Row, Session, id};
use super::super::{StoreError, history};
use super::{LoginSession, NewLoginSession, Whose};
use rosterd_core::ids::{Timestamp, UserId};
use std::collections::BTreeSet;

pub(super) async fn open(db: &mut dyn Session, new: &NewLoginSession, now: Timestamp) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO sessions (id, hash, user_id, provider, subject, provider_session, hint, created_at, used_at,
                               expires_at, sub)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)",
        &[
            Param::Text(Some(&new.id)),
            Param::Bytes(&new.hash),
            Param::Int(Some(i64::from(new.user.0))),
            Param::Text(Some(&new.provider)),
            Param::Text(Some(&new.subject)),
            Param::Text(new.provider_session.as_deref()),
            Param::Bytes(new.hint.as_deref().unwrap_or_default()),
            Param::Int(Some(now.0)),
            Param::Int(Some(new.expires_at.0)),
            Param::Text(Some(&new.sub)),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn by_hash(db: &mut dyn Session, hash: &[u8]) -> Result<Option<LoginSession>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, user_id, provider, subject, hint, created_at, used_at, expires_at, ended_at, ended_by
             FROM sessions WHERE hash = $1",
            &[Param::Bytes(hash)],
        )
        .await?;
    rows.first().map(read).transpose()
}

pub(super) async fn list(db: &mut dyn Session, now: Timestamp) -> Result<Vec<LoginSession>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, user_id, provider, subject, hint, created_at, used_at, expires_at, ended_at, ended_by
             FROM sessions WHERE ended_at IS NULL AND expires_at > $1 ORDER BY created_at DESC, id",
            &[Param::Int(Some(now.0))],
        )
        .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn subject_of(db: &mut dyn Session, provider: &str, sub: &str) -> Result<Option<String>, StoreError> {
    let rows = db
        .rows(
            "SELECT DISTINCT subject FROM sessions WHERE ended_at IS NULL AND provider = $1 AND sub = $2 LIMIT 2",
            &[Param::Text(Some(provider)), Param::Text(Some(sub))],
        )
        .await?;
    only(&rows)
}

pub(super) async fn with_email(
    db: &mut dyn Session,
    provider: &str,
    email: &str,
) -> Result<Option<String>, StoreError> {
    // All are looked through: one that is equal to the letter says nothing of another that differs by case.
    let rows = db
        .rows(
            "SELECT i.subject FROM providers p JOIN identities i ON i.provider_id = p.id
             WHERE p.name = $1 AND i.gone_at IS NULL AND lower(i.email) = lower($2) LIMIT 2",
            &[Param::Text(Some(provider)), Param::Text(Some(email))],
        )
        .await?;
    only(&rows)
}

/// The first column, where there is one row.
fn only(rows: &[Row]) -> Result<Option<String>, StoreError> {
    match rows {
        [one] => one.text(0).map(Some),
        _ => Ok(None),
    }
}

fn read(row: &Row) -> Result<LoginSession, StoreError> {
    Ok(LoginSession {
        id: row.text(0)?,
        user: UserId(id("sessions.user_id", row.int(1)?)?),
        provider: row.text(2)?,
        subject: row.text(3)?,
        hint: Some(row.bytes(4)?).filter(|hint| !hint.is_empty()),
        created_at: Timestamp(row.int(5)?),
        used_at: Timestamp(row.int(6)?),
        expires_at: Timestamp(row.int(7)?),
        ended_at: row.opt_int(8)?.map(Timestamp),
        ended_by: row.opt_text(9)?,
    })
}

pub(super) async fn used(db: &mut dyn Session, id: &str, now: Timestamp) -> Result<(), StoreError> {
    // Several replicas may note it; the clock of none of them puts it back.
    db.run(
        "UPDATE sessions SET used_at = $1 WHERE id = $2 AND used_at < $1",
        &[Param::Int(Some(now.0)), Param::Text(Some(id))],
    )
    .await?;
    Ok(())
}

/// Returns the ids of the sessions that ended, with their subjects and users.
async fn ended(
    db: &mut dyn Session,
    whose: &Whose,
    by: &str,
    now: Timestamp,
) -> Result<Vec<(String, String, UserId)>, StoreError> {
    let (at, by) = (Param::Int(Some(now.0)), Param::Text(Some(by)));
    let rows = match whose {
        Whose::Session(session) => {
            db.rows(
                "UPDATE sessions SET ended_at = $1, ended_by = $2 WHERE ended_at IS NULL AND id = $3
                 RETURNING id, subject, user_id",
                &[at, by, Param::Text(Some(session))],
            )
            .await?
        }
        Whose::Sub { provider, sub } => {
            db.rows(
                "UPDATE sessions SET ended_at = $1, ended_by = $2
                 WHERE ended_at IS NULL AND provider = $3 AND sub = $4 RETURNING id, subject, user_id",
                &[at, by, Param::Text(Some(provider)), Param::Text(Some(sub))],
            )
            .await?
        }
        Whose::ProviderSession { provider, session } => {
            db.rows(
                "UPDATE sessions SET ended_at = $1, ended_by = $2
                 WHERE ended_at IS NULL AND provider = $3 AND provider_session = $4 RETURNING id, subject, user_id",
                &[at, by, Param::Text(Some(provider)), Param::Text(Some(session))],
            )
            .await?
        }
        Whose::Subject { provider, subject, until } => {
            db.rows(
                "UPDATE sessions SET ended_at = $1, ended_by = $2
                 WHERE ended_at IS NULL AND provider = $3 AND subject = $4 AND created_at <= $5
                   AND user_id IN (SELECT i.user_id FROM identities i JOIN providers p ON p.id = i.provider_id
                                   WHERE p.name = $3 AND i.subject = $4)
                   AND user_id NOT IN (SELECT id FROM users WHERE kind <> 'person' AND kind = 'break_glass')
                 RETURNING id, subject, user_id",
                &[at, by, Param::Text(Some(provider)), Param::Text(Some(subject)), Param::Int(Some(until.0))],
            )
            .await?
        }
    };
    let one = |row: &Row| Ok((row.text(0)?, row.text(1)?, UserId(id("sessions.user_id", row.int(2)?)?)));
    rows.iter().map(one).collect()
}

fn subjects(ended: Vec<(String, String, UserId)>) -> Vec<String> {
    let subjects: BTreeSet<String> = ended.into_iter().map(|(_, subject, _)| subject).collect();
    subjects.into_iter().collect()
}

pub(super) async fn end(
    db: &mut dyn Session,
    whose: Whose,
    by: String,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    Ok(subjects(ended(db, &whose, &by, now).await?))
}

pub(super) async fn end_by_hand(
    db: &mut dyn Session,
    whose: Whose,
    by: String,
    actor: String,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let ended = ended(db, &whose, &by, now).await?;
    for (session, _, user) in &ended {
        let body = serde_json::json!({ "op": "end_session", "id": session });
        history::append(db, now, &actor, Some(*user), &body.to_string()).await?;
    }
    Ok(subjects(ended))
}
