//! Plans over a limit, from being kept to being approved, rejected, used or overtaken.
//!
//! Whether a plan must be held is decided elsewhere; here a hold only changes its state, each time
//! with an audit record in the same transaction.

use super::session::{Param, Row, Session};
use super::{Hold, HoldDecision, HoldState, NewHold, StoreError, history, leases};
use rosterd_core::ids::Timestamp;

/// See [`super::Store::holds`].
pub(super) async fn list(db: &mut dyn Session, now: Timestamp) -> Result<Vec<Hold>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, plan_hash, state, reasons, plan, created_at, expires_at, decided_at, decided_by
             FROM holds ORDER BY id DESC",
            &[],
        )
        .await?;
    rows.iter().map(|row| read(row, now)).collect()
}

async fn one(db: &mut dyn Session, id: i64, now: Timestamp) -> Result<Option<Hold>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, provider, plan_hash, state, reasons, plan, created_at, expires_at, decided_at, decided_by
             FROM holds WHERE id = $1",
            &[Param::Int(Some(id))],
        )
        .await?;
    rows.first().map(|row| read(row, now)).transpose()
}

/// A hold as it stands at `now`: one that waits for a decision or for its use expires.
fn read(row: &Row, now: Timestamp) -> Result<Hold, StoreError> {
    let expires_at = Timestamp(row.int(7)?);
    let state = match super::session::word("holds.state", &row.text(3)?, HoldState::parse)? {
        HoldState::Pending | HoldState::Approved if expires_at <= now => HoldState::Expired,
        state => state,
    };
    let reasons = serde_json::from_str(&row.text(4)?).map_err(|e| {
        StoreError::Database(format!("the reasons of hold {} are damaged: {e}", row.int(0).unwrap_or(0)))
    })?;
    Ok(Hold {
        id: row.int(0)?,
        provider: row.text(1)?,
        plan_hash: row.text(2)?,
        state,
        reasons,
        plan: row.text(5)?,
        created_at: Timestamp(row.int(6)?),
        expires_at,
        decided_at: row.opt_int(8)?.map(Timestamp),
        decided_by: row.opt_text(9)?,
    })
}

/// The id of a hold that says the same and still counts.
pub(super) async fn equal(db: &mut dyn Session, new: &NewHold, now: Timestamp) -> Result<Option<Hold>, StoreError> {
    let rows = db
        .rows(
            "SELECT id FROM holds WHERE provider = $1 AND plan_hash = $2 AND expires_at > $3
             AND state IN ('pending', 'approved', 'rejected') ORDER BY id DESC LIMIT 1",
            &[Param::Text(Some(&new.provider)), Param::Text(Some(&new.plan_hash)), Param::Int(Some(now.0))],
        )
        .await?;
    match rows.first() {
        Some(row) => one(db, row.int(0)?, now).await,
        None => Ok(None),
    }
}

/// Keeps a plan that no hold says yet.
pub(super) async fn keep(db: &mut dyn Session, new: &NewHold, now: Timestamp) -> Result<Hold, StoreError> {
    leases::pass(db, &new.provider, new.epoch).await?;
    // Somebody may have kept it between the look and this transaction.
    if let Some(hold) = equal(db, new, now).await? {
        return Ok(hold);
    }
    db.run(
        "UPDATE holds SET state = 'superseded' WHERE provider = $1 AND state = 'pending'",
        &[Param::Text(Some(&new.provider))],
    )
    .await?;
    let id = match db.rows("SELECT max(id) FROM holds", &[]).await?.first() {
        Some(row) => row.opt_int(0)?.unwrap_or(0) + 1,
        None => 1,
    };
    let reasons = serde_json::to_string(&new.reasons).map_err(|e| StoreError::Database(e.to_string()))?;
    db.run(
        "INSERT INTO holds (id, provider, plan_hash, state, reasons, plan, created_at, expires_at)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7)",
        &[
            Param::Int(Some(id)),
            Param::Text(Some(&new.provider)),
            Param::Text(Some(&new.plan_hash)),
            Param::Text(Some(&reasons)),
            Param::Text(Some(&new.plan)),
            Param::Int(Some(now.0)),
            Param::Int(Some(new.expires_at.0)),
        ],
    )
    .await?;
    history::append(db, now, &new.provider, None, &body("hold", id, &new.plan_hash)).await?;
    one(db, id, now).await?.ok_or_else(|| StoreError::Database(format!("hold {id} is gone at once")))
}

/// See [`super::Store::decide`].
pub(super) async fn decide(db: &mut dyn Session, decision: &HoldDecision, now: Timestamp) -> Result<Hold, StoreError> {
    let id = decision.id;
    let Some(hold) = one(db, id, now).await? else {
        return Err(StoreError::Refused(format!("there is no hold {id}: see `rosterd holds list`")));
    };
    if hold.state != HoldState::Pending {
        return Err(StoreError::Refused(format!(
            "hold {id} is {}, not pending: see `rosterd holds list`",
            hold.state.name()
        )));
    }
    if hold.plan_hash != decision.plan_hash {
        return Err(StoreError::Refused(format!(
            "hold {id} is for the plan {}, not for the one named",
            hold.plan_hash
        )));
    }
    let state = if decision.approve { HoldState::Approved } else { HoldState::Rejected };
    db.run(
        "UPDATE holds SET state = $1, decided_at = $2, decided_by = $3 WHERE id = $4",
        &[
            Param::Text(Some(state.name())),
            Param::Int(Some(now.0)),
            Param::Text(Some(&decision.by)),
            Param::Int(Some(id)),
        ],
    )
    .await?;
    let op = if decision.approve { "approve" } else { "reject" };
    history::append(db, now, &decision.by, None, &body(op, id, &hold.plan_hash)).await?;
    Ok(Hold { state, decided_at: Some(now), decided_by: Some(decision.by.clone()), ..hold })
}

fn body(op: &str, id: i64, plan: &str) -> String {
    serde_json::json!({ "op": op, "id": id, "plan": plan }).to_string()
}

/// A hold that was used or rejected, or has expired, since the plan looked.
pub(super) fn not_approved(hold: i64) -> StoreError {
    StoreError::Refused(format!("hold {hold} is not approved any more: see `rosterd holds list`"))
}
