//! Entitlements that are of no use any longer. Rules make one for each value that a claim takes; without this there would be
//! more with every change.

use super::super::StoreError;
use super::super::session::{Param, Session};
use rosterd_core::ids::Timestamp;

macro_rules! nobodys {
    ($begin:literal) => {
        concat!(
            $begin,
            " FROM entitlements
             WHERE NOT EXISTS (SELECT 1 FROM user_entitlements h WHERE h.entitlement_id = entitlements.id)
               AND NOT EXISTS (SELECT 1 FROM team_entitlements h WHERE h.entitlement_id = entitlements.id)
               AND NOT EXISTS (SELECT 1 FROM org_entitlements h WHERE h.entitlement_id = entitlements.id)"
        )
    };
}

/// Forgets this one, if nobody holds it.
pub(in crate::store) async fn forget_unheld(db: &mut dyn Session, entitlement: i64) -> Result<(), StoreError> {
    db.run(concat!(nobodys!("DELETE"), " AND id = $1"), &[Param::Int(Some(entitlement))]).await.map(drop)
}

/// Whether there is anything to forget.
pub(super) async fn any(db: &mut dyn Session, before: Timestamp) -> Result<bool, StoreError> {
    let over = "SELECT 1 FROM user_entitlements WHERE synced = 0 AND declared_until IS NULL AND manual_until < $1
        UNION ALL SELECT 1 FROM team_entitlements WHERE declared_until IS NULL AND manual_until < $1
        UNION ALL SELECT 1 FROM org_entitlements WHERE declared_until IS NULL AND manual_until < $1 LIMIT 1";
    if !db.rows(over, &[Param::Int(Some(before.0))]).await?.is_empty() {
        return Ok(true);
    }
    Ok(!db.rows(concat!(nobodys!("SELECT 1"), " LIMIT 1"), &[]).await?.is_empty())
}

/// See [`super::Roles::forget_entitlements`]. What a file gives is the file's, also when it is over.
pub(super) async fn forget(db: &mut dyn Session, before: Timestamp) -> Result<u64, StoreError> {
    let before = [Param::Int(Some(before.0))];
    let mut gone = 0;
    for sql in [
        "DELETE FROM user_entitlements WHERE synced = 0 AND declared_until IS NULL AND manual_until < $1",
        "DELETE FROM team_entitlements WHERE declared_until IS NULL AND manual_until < $1",
        "DELETE FROM org_entitlements WHERE declared_until IS NULL AND manual_until < $1",
    ] {
        gone += db.run(sql, &before).await?;
    }
    gone += db.run(nobodys!("DELETE"), &[]).await?;
    // A plan that was made before may name one of them.
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(gone)
}
