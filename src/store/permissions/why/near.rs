//! What comes near, where nothing allows it.

use super::super::super::StoreError;
use super::super::super::session::{Param, Row, Session};
use super::super::{Effective, Question, all_of};
use super::{Expired, Through, Why, account, fits, here};
use rosterd_core::access::covers;
use rosterd_core::ids::Timestamp;
use std::collections::BTreeMap;

/// What somebody held until some moment that is over, themselves, in a team or as everybody: role by role.
const ENDED: &str = "SELECT e.id, r.name, h.until, p.action, p.scope, e.scope, o.name, e.org_id, h.team, h.everybody
FROM (
    SELECT ue.entitlement_id, ue.until, CAST(NULL AS TEXT) AS team, CAST(0 AS BIGINT) AS everybody
    FROM user_entitlements ue WHERE ue.user_id = $1
    UNION ALL
    SELECT te.entitlement_id, te.until, t.name, CAST(0 AS BIGINT)
    FROM team_members tm JOIN teams t ON t.id = tm.team_id
    JOIN org_members m ON m.org_id = t.org_id AND m.user_id = tm.user_id
    JOIN team_entitlements te ON te.team_id = tm.team_id WHERE tm.user_id = $1
    UNION ALL
    SELECT oe.entitlement_id, oe.until, CAST(NULL AS TEXT), CAST(1 AS BIGINT)
    FROM org_members m JOIN org_entitlements oe ON oe.org_id = m.org_id WHERE m.user_id = $1
) h
JOIN entitlements e ON e.id = h.entitlement_id
JOIN roles r ON r.id = e.role_id
JOIN role_permissions p ON p.role_id = r.id
LEFT JOIN orgs o ON o.id = e.org_id
WHERE h.until <= $2
ORDER BY e.id";

/// Of what somebody held and does no more, what would allow it.
pub(super) async fn expired(
    db: &mut dyn Session,
    whose: i64,
    (question, why): (&Question, &Why),
    now: Timestamp,
) -> Result<Vec<Expired>, StoreError> {
    let mut all = BTreeMap::new();
    for row in &db.rows(ENDED, &[Param::Int(Some(whose)), Param::Int(Some(now.0))]).await? {
        if covers(&row.text(3)?, &question.action) && fits(&row.text(4)?, question) && fits(&row.text(5)?, question) {
            let one = held(row, why)?;
            all.insert((one.entitlement, one.through.clone()), one);
        }
    }
    let mut all: Vec<Expired> = all.into_values().collect();
    // Whoever acts for somebody has what is theirs, not what they have for others.
    if why.acting_for.is_none() {
        all.extend(stood_in(db, whose, (question, why), now).await?);
    }
    Ok(all)
}

fn held(row: &Row, why: &Why) -> Result<Expired, StoreError> {
    let org = row.opt_text(6)?.zip(row.opt_int(7)?);
    let through = match (row.opt_text(8)?, row.int(9)?) {
        (Some(team), _) => Through::Team(team),
        (None, 0) => Through::Themselves,
        (None, _) => Through::Everybody,
    };
    Ok(Expired {
        entitlement: row.int(0)?,
        role: row.text(1)?,
        until: Timestamp(row.int(2)?),
        here: here(why, org.as_ref()),
        org,
        through,
    })
}

/// The rights of somebody for whom they stood in until some moment that is over.
async fn stood_in(
    db: &mut dyn Session,
    user: i64,
    (question, why): (&Question, &Why),
    now: Timestamp,
) -> Result<Vec<Expired>, StoreError> {
    let rows = db
        .rows(
            "SELECT e.id, e.for_user_id, e.org_id, e.scope, ue.until FROM user_entitlements ue
             JOIN entitlements e ON e.id = ue.entitlement_id
             WHERE ue.user_id = $1 AND ue.until <= $2 AND e.for_user_id IS NOT NULL AND e.scope <> '*'
             ORDER BY ue.until DESC, e.id LIMIT 20",
            &[Param::Int(Some(user)), Param::Int(Some(now.0))],
        )
        .await?;
    let mut all = Vec::new();
    for row in &rows {
        let (entitlement, other, only, scope) = (row.int(0)?, row.int(1)?, row.opt_int(2)?, row.text(3)?);
        if !fits(&scope, question) {
            continue;
        }
        let Some(whose) = account(db, other).await? else { continue };
        let there = |org: Option<i64>| only.is_none() || org.is_none() || org == only;
        let would = |held: &Effective| {
            held.from_user == other
                && covers(&held.action, &question.action)
                && fits(&held.scope, question)
                && (question.scope.is_some() || covers(&scope, &held.scope) || covers(&held.scope, &scope))
                && there(held.org.as_ref().map(|(_, org)| *org))
        };
        let found = all_of(db, other).await?.into_iter().find(|held| would(held) && here(why, held.org.as_ref()));
        all.extend(found.map(|held| Expired {
            entitlement,
            role: held.role,
            org: held.org,
            through: Through::StandingIn(whose.login),
            until: Timestamp(row.int(4).unwrap_or_default()),
            here: true,
        }));
    }
    Ok(all)
}

/// Roles that would allow it there.
pub(super) async fn roles(
    db: &mut dyn Session,
    question: &Question,
    org: Option<i64>,
) -> Result<Vec<String>, StoreError> {
    let rows = db
        .rows(
            "SELECT r.name, p.action, p.scope FROM roles r JOIN role_permissions p ON p.role_id = r.id
             WHERE r.org_id IS NULL OR r.org_id = $1 ORDER BY r.name",
            &[Param::Int(org)],
        )
        .await?;
    let mut all = Vec::new();
    for row in &rows {
        let name = row.text(0)?;
        if fits(&row.text(2)?, question) && covers(&row.text(1)?, &question.action) && all.last() != Some(&name) {
            all.push(name);
        }
    }
    Ok(all)
}
