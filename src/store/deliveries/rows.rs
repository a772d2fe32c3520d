//! The statements behind [`super::Deliveries`].

use super::{Delivery, DeliveryResult, Kept, NewDelivery, Then};
use crate::store::StoreError;
use crate::store::session::{Dialect, Param, Row, Session};
use rosterd_core::ids::Timestamp;

/// The word in `outcome` of a delivery that a later one overtook.
const SUPERSEDED: &str = r#"{"finding":"superseded"}"#;

/// See [`Deliveries::keep_deliveries`].
pub(super) async fn keep(db: &mut dyn Session, new: &[NewDelivery], now: Timestamp) -> Result<Vec<Kept>, StoreError> {
    let mut kept = Vec::with_capacity(new.len());
    for one in new {
        kept.push(keep_one(db, one, now).await?);
    }
    Ok(kept)
}

async fn keep_one(db: &mut dyn Session, new: &NewDelivery, now: Timestamp) -> Result<Kept, StoreError> {
    let written = db
        .run(
            "INSERT INTO deliveries (id, hook, sender_id, body_hash, event, provider, person, login, event_at,
                                     received_at, state, not_before)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11)
             ON CONFLICT (hook, sender_id) DO NOTHING",
            &[
                Param::Text(Some(&new.id)),
                Param::Text(Some(&new.hook)),
                Param::Text(Some(&new.sender_id)),
                Param::Bytes(&new.body_hash),
                Param::Text(Some(&new.event)),
                Param::Text(Some(&new.provider)),
                Param::Text(Some(&new.person)),
                Param::Text(Some(&new.login)),
                Param::Int(new.event_at.map(|at| at.0)),
                Param::Int(Some(now.0)),
                Param::Int(Some(new.not_before.0)),
            ],
        )
        .await?;
    if written == 0 {
        let rows = db
            .rows(
                "SELECT body_hash FROM deliveries WHERE hook = $1 AND sender_id = $2",
                &[Param::Text(Some(&new.hook)), Param::Text(Some(&new.sender_id))],
            )
            .await?;
        let same = rows.first().map(|row| row.bytes(0)).transpose()?.is_some_and(|hash| hash == new.body_hash);
        return Ok(if same { Kept::Again } else { Kept::OtherBody });
    }
    let overtaken = new.event_at.is_some() && supersede(db, &new.id, now).await?;
    Ok(if overtaken { Kept::Superseded } else { Kept::New })
}

/// Finishes a delivery if a later event of its person is there. One that failed says nothing.
async fn supersede(db: &mut dyn Session, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = db
        .run(
            "UPDATE deliveries SET state = 'done', finished_at = $2, outcome = $3
             WHERE id = $1 AND EXISTS (
                 SELECT 1 FROM deliveries later
                 WHERE later.provider = deliveries.provider AND later.person = deliveries.person
                   AND later.event_at > deliveries.event_at AND later.state <> 'failed')",
            &[Param::Text(Some(id)), Param::Int(Some(now.0)), Param::Text(Some(SUPERSEDED))],
        )
        .await?;
    Ok(changed > 0)
}

/// See [`Deliveries::take_deliveries`].
pub(super) async fn take(
    db: &mut dyn Session,
    most: u32,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Delivery>, StoreError> {
    // On PostgreSQL several replicas ask at once: each gets others. SQLite has one writer.
    let sql = match db.dialect() {
        Dialect::Sqlite => {
            "UPDATE deliveries SET not_before = $3, attempts = attempts + 1
             WHERE id IN (SELECT id FROM deliveries WHERE state = 'pending' AND not_before <= $1
                          ORDER BY not_before, received_at LIMIT $2)
             RETURNING id, hook, sender_id, event, provider, person, login, event_at, received_at, state, attempts,
                       not_before, finished_at, outcome"
        }
        Dialect::Postgres => {
            "UPDATE deliveries SET not_before = $3, attempts = attempts + 1
             WHERE id IN (SELECT id FROM deliveries WHERE state = 'pending' AND not_before <= $1
                          ORDER BY not_before, received_at LIMIT $2 FOR UPDATE SKIP LOCKED)
             RETURNING id, hook, sender_id, event, provider, person, login, event_at, received_at, state, attempts,
                       not_before, finished_at, outcome"
        }
    };
    let params = [Param::Int(Some(now.0)), Param::Int(Some(i64::from(most))), Param::Int(Some(until.0))];
    let mut taken = Vec::new();
    for row in &db.rows(sql, &params).await? {
        let delivery = read(row)?;
        if delivery.event_at.is_none() || !supersede(db, &delivery.id, now).await? {
            taken.push(delivery);
        }
    }
    taken.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
    Ok(taken)
}

/// See [`Deliveries::finish_deliveries`].
pub(super) async fn finish(db: &mut dyn Session, results: &[DeliveryResult], now: Timestamp) -> Result<(), StoreError> {
    // In one order always: two transactions that write the same rows must not wait for each other.
    let mut results: Vec<&DeliveryResult> = results.iter().collect();
    results.sort_by(|a, b| a.id.cmp(&b.id));
    for result in results {
        let (state, finished, not_before, untried) = match result.then {
            Then::Done => ("done", Some(now.0), 0, 0),
            Then::Failed => ("failed", Some(now.0), 0, 0),
            Then::Again(at) => ("pending", None, at.0, 0),
            Then::Wait(at) => ("pending", None, at.0, 1),
        };
        db.run(
            "UPDATE deliveries SET state = $2, finished_at = $3, not_before = $4, outcome = $5,
                                   attempts = attempts - $6
             WHERE id = $1",
            &[
                Param::Text(Some(&result.id)),
                Param::Text(Some(state)),
                Param::Int(finished),
                Param::Int(Some(not_before)),
                Param::Text(Some(&result.outcome)),
                Param::Int(Some(untried)),
            ],
        )
        .await?;
        if result.then == Then::Done {
            db.run(
                "UPDATE deliveries SET state = 'pending', not_before = 0, finished_at = NULL
                 WHERE state = 'done' AND event_at IS NOT NULL AND id IN (
                     SELECT later.id FROM deliveries mine
                     JOIN deliveries later ON later.provider = mine.provider AND later.person = mine.person
                     WHERE mine.id = $1 AND later.event_at > mine.event_at
                       AND NOT EXISTS (SELECT 1 FROM deliveries last
                                       WHERE last.provider = mine.provider AND last.person = mine.person
                                         AND last.state <> 'failed' AND last.event_at > later.event_at))",
                &[Param::Text(Some(&result.id))],
            )
            .await?;
        }
    }
    Ok(())
}

/// See [`Deliveries::deliveries`].
pub(super) async fn list(db: &mut dyn Session, hook: Option<&str>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, hook, sender_id, event, provider, person, login, event_at, received_at, state, attempts,
                    not_before, finished_at, outcome
             FROM deliveries WHERE ($1 = '' OR hook = $1) ORDER BY received_at DESC, id LIMIT $2",
            &[Param::Text(Some(hook.unwrap_or_default())), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// See [`Deliveries::replay_delivery`].
pub(super) async fn replay(db: &mut dyn Session, id: &str) -> Result<bool, StoreError> {
    let changed = db
        .run(
            "UPDATE deliveries SET state = 'pending', attempts = 0, not_before = 0, finished_at = NULL, outcome = NULL
             WHERE id = $1",
            &[Param::Text(Some(id))],
        )
        .await?;
    Ok(changed > 0)
}

/// See [`Deliveries::pending_deliveries`].
pub(super) async fn pending(db: &mut dyn Session) -> Result<u64, StoreError> {
    let rows = db.rows("SELECT count(*) FROM deliveries WHERE state = 'pending'", &[]).await?;
    let count = rows.first().map(|row| row.int(0)).transpose()?;
    Ok(count.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}

/// See [`Deliveries::prune_deliveries`].
pub(super) async fn prune(
    db: &mut dyn Session,
    before: Timestamp,
    keep: Timestamp,
    most: u32,
) -> Result<u64, StoreError> {
    let old = db
        .run("DELETE FROM deliveries WHERE state <> 'pending' AND received_at < $1", &[Param::Int(Some(before.0))])
        .await?;
    let many = db
        .run(
            "DELETE FROM deliveries WHERE state <> 'pending' AND received_at < $1 AND received_at < (
                 SELECT received_at FROM deliveries ORDER BY received_at DESC LIMIT 1 OFFSET $2)",
            &[Param::Int(Some(keep.0)), Param::Int(Some(i64::from(most)))],
        )
        .await?;
    Ok(old + many)
}

fn read(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.text(0)?,
        hook: row.text(1)?,
        sender_id: row.text(2)?,
        event: row.text(3)?,
        provider: row.text(4)?,
        person: row.text(5)?,
        login: row.text(6)?,
        event_at: row.opt_int(7)?.map(Timestamp),
        received_at: Timestamp(row.int(8)?),
        state: row.text(9)?,
        attempts: row.int(10)?,
        not_before: Timestamp(row.int(11)?),
        finished_at: row.opt_int(12)?.map(Timestamp),
        outcome: row.opt_text(13)?,
    })
}
