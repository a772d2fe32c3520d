//! Who holds what, whoever gave it.

use super::super::StoreError;
use super::super::session::{Param, Row, Session};
use super::{Held, HolderNumber};
use rosterd_core::ids::Timestamp;

macro_rules! held {
    ($condition:literal) => {
        concat!(
            "SELECT h.entitlement_id, h.kind, h.holder, h.name, o.name, r.name, f.login, e.scope, e.parameters, h.synced,
                    h.declared_until, h.manual_until
             FROM (
                 SELECT ue.entitlement_id, CAST(1 AS BIGINT) AS kind, ue.user_id AS holder, u.login AS name, ue.synced, ue.declared_until,
                        ue.manual_until
                 FROM user_entitlements ue JOIN users u ON u.id = ue.user_id
                 UNION ALL
                 SELECT te.entitlement_id, CAST(2 AS BIGINT), te.team_id, t.name, CAST(0 AS BIGINT), te.declared_until, te.manual_until
                 FROM team_entitlements te JOIN teams t ON t.id = te.team_id
                 UNION ALL
                 SELECT oe.entitlement_id, CAST(3 AS BIGINT), oe.org_id, x.name, CAST(0 AS BIGINT), oe.declared_until, oe.manual_until
                 FROM org_entitlements oe JOIN orgs x ON x.id = oe.org_id
             ) h
             JOIN entitlements e ON e.id = h.entitlement_id
             LEFT JOIN orgs o ON o.id = e.org_id LEFT JOIN roles r ON r.id = e.role_id
             LEFT JOIN users f ON f.id = e.for_user_id WHERE ",
            $condition
        )
    };
}

fn key(holder: HolderNumber) -> (i64, i64) {
    match holder {
        HolderNumber::User(number) => (1, number),
        HolderNumber::Team(number) => (2, number),
        HolderNumber::Org(number) => (3, number),
    }
}

pub(super) async fn one(
    db: &mut dyn Session,
    entitlement: i64,
    holder: HolderNumber,
) -> Result<Option<Held>, StoreError> {
    let (kind, number) = key(holder);
    let params = [entitlement, kind, number].map(|number| Param::Int(Some(number)));
    let rows = db.rows(held!("h.entitlement_id = $1 AND h.kind = $2 AND h.holder = $3"), &params).await?;
    rows.first().map(read).transpose()
}

/// See [`super::Roles::held_after`].
pub(super) async fn after(
    db: &mut dyn Session,
    after: Option<(i64, HolderNumber)>,
    limit: u32,
) -> Result<Vec<Held>, StoreError> {
    let (entitlement, (kind, number)) = after.map_or((0, (0, 0)), |(entitlement, holder)| (entitlement, key(holder)));
    let params = [entitlement, kind, number, i64::from(limit)].map(|number| Param::Int(Some(number)));
    let rows = db
        .rows(
            held!(
                "(h.entitlement_id, h.kind, h.holder) > ($1, $2, $3)
                 ORDER BY h.entitlement_id, h.kind, h.holder LIMIT $4"
            ),
            &params,
        )
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Held, StoreError> {
    let number = row.int(2)?;
    Ok(Held {
        entitlement: row.int(0)?,
        holder: match row.int(1)? {
            1 => HolderNumber::User(number),
            2 => HolderNumber::Team(number),
            _ => HolderNumber::Org(number),
        },
        holder_name: row.text(3)?,
        org: row.opt_text(4)?,
        role: row.opt_text(5)?,
        act_for: row.opt_text(6)?,
        scope: row.text(7)?,
        parameters: row.text(8)?,
        synced: row.int(9)? == 1,
        declared_until: row.opt_int(10)?.map(Timestamp),
        manual_until: row.opt_int(11)?.map(Timestamp),
    })
}
