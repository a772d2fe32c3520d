//! The statements behind [`super::Deliveries`].

use super::{Delivery, DeliveryResult, Kept, NewDelivery, Then};
use crate::store::StoreError;
use crate::store::session::{Dialect, Param, Row, Session, Sql};
use rosterd_core::ids::Timestamp;
use rosterd_core::text::hex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The word in `outcome` of a delivery that a later one overtook.
const SUPERSEDED: &str = r#"{"finding":"superseded"}"#;

macro_rules! insert {
    ($from:literal, $hash:literal) => {
        concat!(
            "INSERT INTO deliveries (id, hook, sender_id, body_hash, event, provider, person, login, event_at,
                                     received_at, state, not_before)
             SELECT value ->> 0, value ->> 1, value ->> 2, ",
            $hash,
            ", value ->> 4, value ->> 5, value ->> 6, value ->> 7, CAST(value ->> 8 AS BIGINT), $2, 'pending',
                    CAST(value ->> 9 AS BIGINT)
             FROM ",
            $from,
            " ON CONFLICT (hook, sender_id) DO NOTHING RETURNING id"
        )
    };
}

/// $1: the rows as a JSON array of arrays, $2: now. Answers the ids of those that were not there.
const INSERT: Sql = Sql {
    sqlite: insert!("json_each($1) WHERE true", "unhex(value ->> 3)"),
    postgres: insert!("json_array_elements($1::json) AS n (value)", "decode(value ->> 3, 'hex')"),
};

macro_rules! hashes {
    ($from:literal) => {
        concat!(
            "SELECT d.hook, d.sender_id, d.body_hash
             FROM ",
            $from,
            " JOIN deliveries d ON d.hook = n.value ->> 0 AND d.sender_id = n.value ->> 1"
        )
    };
}

/// hook, sender_id, body_hash. $1: a JSON array of pairs: hook, sender's id.
const HASHES: Sql =
    Sql { sqlite: hashes!("json_each($1) AS n"), postgres: hashes!("json_array_elements($1::json) AS n (value)") };

macro_rules! supersede {
    ($from:literal) => {
        concat!(
            "UPDATE deliveries SET state = 'done', finished_at = $2, outcome = $3
             WHERE id IN (SELECT value FROM ",
            $from,
            ") AND EXISTS (
                 SELECT 1 FROM deliveries later
                 WHERE later.provider = deliveries.provider AND later.person = deliveries.person
                   AND later.event_at > deliveries.event_at AND later.state <> 'failed')
             RETURNING id"
        )
    };
}

/// $1: ids, $2: now, $3: what came of it. Answers the ids of those that a later event has overtaken.
const SUPERSEDE: Sql = Sql {
    sqlite: supersede!("json_each($1)"),
    postgres: supersede!("json_array_elements_text($1::json) AS n (value)"),
};

/// See [`Deliveries::keep_deliveries`].
pub(super) async fn keep(db: &mut dyn Session, new: &[NewDelivery], now: Timestamp) -> Result<Vec<Kept>, StoreError> {
    // In one order always: two replicas that are told the same must not wait for each other.
    let mut sorted: Vec<&NewDelivery> = new.iter().collect();
    sorted.sort_by_key(|one| (&one.hook, &one.sender_id));
    let rows = sorted.iter().map(|one| {
        json!([
            one.id,
            one.hook,
            one.sender_id,
            hex(&one.body_hash),
            one.event,
            one.provider,
            one.person,
            one.login,
            one.event_at.map(|at| at.0),
            one.not_before.0
        ])
    });
    let rows = Value::from_iter(rows).to_string();
    let written = ids(db, INSERT, &[Param::Text(Some(&rows)), Param::Int(Some(now.0))]).await?;
    let signed = new.iter().filter(|one| one.event_at.is_some() && written.contains(&one.id));
    let overtaken = supersede(db, signed.map(|one| one.id.as_str()), now).await?;
    let before = hashes(db, new.iter().filter(|one| !written.contains(&one.id))).await?;
    Ok(new
        .iter()
        .map(|one| match before.get(&(one.hook.clone(), one.sender_id.clone())) {
            _ if overtaken.contains(&one.id) => Kept::Superseded,
            _ if written.contains(&one.id) => Kept::New,
            Some(hash) if *hash == one.body_hash => Kept::Again,
            _ => Kept::OtherBody,
        })
        .collect())
}

async fn ids(db: &mut dyn Session, sql: Sql, params: &[Param<'_>]) -> Result<BTreeSet<String>, StoreError> {
    db.rows(sql.of(db.dialect()), params).await?.iter().map(|row| row.text(0)).collect()
}

/// The hashes of the bodies that are kept, by hook and the sender's id.
async fn hashes(
    db: &mut dyn Session,
    of: impl Iterator<Item = &NewDelivery>,
) -> Result<BTreeMap<(String, String), Vec<u8>>, StoreError> {
    let pairs: Vec<Value> = of.map(|one| json!([one.hook, one.sender_id])).collect();
    if pairs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let pairs = Value::from(pairs).to_string();
    let rows = db.rows(HASHES.of(db.dialect()), &[Param::Text(Some(&pairs))]).await?;
    rows.iter().map(|row| Ok(((row.text(0)?, row.text(1)?), row.bytes(2)?))).collect()
}

/// Finishes those of which a later event of their person is there; returns their ids. One that failed
/// says nothing.
async fn supersede(
    db: &mut dyn Session,
    of: impl Iterator<Item = &str>,
    now: Timestamp,
) -> Result<BTreeSet<String>, StoreError> {
    let of: Vec<Value> = of.map(Value::from).collect();
    if of.is_empty() {
        return Ok(BTreeSet::new());
    }
    let of = Value::from(of).to_string();
    ids(db, SUPERSEDE, &[Param::Text(Some(&of)), Param::Int(Some(now.0)), Param::Text(Some(SUPERSEDED))]).await
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
    let mut taken = db.rows(sql, &params).await?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let signed = taken.iter().filter(|delivery| delivery.event_at.is_some());
    let overtaken = supersede(db, signed.map(|delivery| delivery.id.as_str()), now).await?;
    taken.retain(|delivery| !overtaken.contains(&delivery.id));
    taken.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
    Ok(taken)
}

macro_rules! finish {
    ($from:literal) => {
        concat!(
            "UPDATE deliveries SET state = n.value ->> 1, finished_at = CAST(n.value ->> 2 AS BIGINT),
                                   not_before = CAST(n.value ->> 3 AS BIGINT), outcome = n.value ->> 4,
                                   attempts = attempts - CAST(n.value ->> 5 AS BIGINT)
             FROM ",
            $from,
            " WHERE deliveries.id = n.value ->> 0"
        )
    };
}

/// $1: a JSON array of arrays.
const FINISH: Sql =
    Sql { sqlite: finish!("json_each($1) AS n"), postgres: finish!("json_array_elements($1::json) AS n (value)") };

macro_rules! once_more {
    ($from:literal) => {
        concat!(
            "UPDATE deliveries SET state = 'pending', not_before = 0, finished_at = NULL
             WHERE state = 'done' AND event_at IS NOT NULL AND id IN (
                 SELECT later.id FROM ",
            $from,
            " JOIN deliveries mine ON mine.id = n.value AND mine.event_at IS NOT NULL
                 JOIN deliveries later ON later.provider = mine.provider AND later.person = mine.person
                 WHERE later.event_at > mine.event_at
                   AND NOT EXISTS (SELECT 1 FROM deliveries last
                                   WHERE last.provider = mine.provider AND last.person = mine.person
                                     AND last.state <> 'failed' AND last.event_at > later.event_at))"
        )
    };
}

/// $1: ids of what was done.
const ONCE_MORE: Sql = Sql {
    sqlite: once_more!("json_each($1) AS n"),
    postgres: once_more!("json_array_elements_text($1::json) AS n (value)"),
};

/// See [`Deliveries::finish_deliveries`].
pub(super) async fn finish(db: &mut dyn Session, results: &[DeliveryResult], now: Timestamp) -> Result<(), StoreError> {
    // In one order always: two transactions that write the same rows must not wait for each other.
    let mut results: Vec<&DeliveryResult> = results.iter().collect();
    results.sort_by(|a, b| a.id.cmp(&b.id));
    let rows = results.iter().map(|result| {
        let (state, finished, not_before, untried) = match result.then {
            Then::Done => ("done", Some(now.0), 0, 0),
            Then::Failed => ("failed", Some(now.0), 0, 0),
            Then::Again(at) => ("pending", None, at.0, 0),
            Then::Wait(at) => ("pending", None, at.0, 1),
        };
        json!([result.id, state, finished, not_before, result.outcome, untried])
    });
    let rows = Value::from_iter(rows).to_string();
    db.run(FINISH.of(db.dialect()), &[Param::Text(Some(&rows))]).await?;
    let signed = results.iter().filter(|result| result.signed && result.then == Then::Done);
    let signed: Vec<&str> = signed.map(|result| result.id.as_str()).collect();
    if signed.is_empty() {
        return Ok(());
    }
    let done = Value::from(signed).to_string();
    db.run(ONCE_MORE.of(db.dialect()), &[Param::Text(Some(&done))]).await.map(drop)
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
