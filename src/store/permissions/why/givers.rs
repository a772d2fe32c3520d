//! Who gave something that counts now.

use super::super::super::StoreError;
use super::super::super::session::{Param, Row, Session};
use super::super::Effective;
use super::Giver;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::FOR_EVER;

/// Who gave what a row comes from.
pub(super) async fn givers(db: &mut dyn Session, row: &Effective, now: Timestamp) -> Result<Vec<Giver>, StoreError> {
    let user = Param::Int(Some(row.from_user));
    let org = row.org.as_ref().map(|(_, org)| *org);
    let (rules, by_others) = match (row.source.as_str(), row.entitlement) {
        ("basic", _) => (
            db.rows(
                "SELECT g.rule, g.provider, g.provider_group FROM grants g
                 JOIN org_members m ON m.user_id = g.user_id AND m.org_id = g.org_id AND m.role = g.role
                 WHERE g.user_id = $1 AND g.kind = 'org' AND g.org_id = $2 ORDER BY g.provider, g.rule",
                &[user, Param::Int(org)],
            )
            .await?,
            db.rows(
                "SELECT CASE WHEN declared_role = role THEN 253402300799999 END,
                        CASE WHEN manual_role = role THEN 253402300799999 END
                 FROM org_members WHERE user_id = $1 AND org_id = $2",
                &[user, Param::Int(org)],
            )
            .await?,
        ),
        ("server_admin", _) => (
            db.rows(
                "SELECT g.rule, g.provider, g.provider_group FROM grants g
                 WHERE g.user_id = $1 AND g.kind = 'server_admin' ORDER BY g.provider, g.rule",
                &[user],
            )
            .await?,
            db.rows(
                "SELECT CAST(NULL AS BIGINT), CASE WHEN manual_admin = 1 THEN 253402300799999 END FROM users WHERE id = $1",
                &[user],
            )
            .await?,
        ),
        ("team", Some(entitlement)) => (
            Vec::new(),
            db.rows(
                "SELECT declared_until, manual_until FROM team_entitlements WHERE team_id = $1 AND entitlement_id = $2",
                &[Param::Int(row.team.as_ref().map(|(_, team)| *team)), Param::Int(Some(entitlement))],
            )
            .await?,
        ),
        ("org", Some(entitlement)) => (
            Vec::new(),
            db.rows(
                "SELECT declared_until, manual_until FROM org_entitlements WHERE org_id = $1 AND entitlement_id = $2",
                &[Param::Int(org), Param::Int(Some(entitlement))],
            )
            .await?,
        ),
        (_, entitlement) => return of_user(db, row.from_user, entitlement, now).await,
    };
    put_together(&rules, &by_others, now)
}

/// Who gave somebody an entitlement of their own.
pub(super) async fn of_user(
    db: &mut dyn Session,
    user: i64,
    entitlement: Option<i64>,
    now: Timestamp,
) -> Result<Vec<Giver>, StoreError> {
    let params = [Param::Int(Some(user)), Param::Int(entitlement)];
    let rules = db
        .rows(
            "SELECT g.rule, g.provider, g.provider_group FROM grants g
             WHERE g.user_id = $1 AND g.kind = 'entitlement' AND g.entitlement_id = $2 ORDER BY g.provider, g.rule",
            &params,
        )
        .await?;
    let by_others = db
        .rows(
            "SELECT declared_until, manual_until FROM user_entitlements WHERE user_id = $1 AND entitlement_id = $2",
            &params,
        )
        .await?;
    put_together(&rules, &by_others, now)
}

/// Without whoever gave it until a moment that is over: it is not by them that it is held.
fn put_together(rules: &[Row], by_others: &[Row], now: Timestamp) -> Result<Vec<Giver>, StoreError> {
    let mut all = Vec::new();
    for rule in rules {
        // A rule's name is gone when the rule is; then what it gave still says which provider.
        let name = rule.opt_text(0)?.unwrap_or_else(|| "?".to_owned());
        all.push(Giver::Rule { rule: name, provider: rule.text(1)?, group: rule.opt_text(2)? });
    }
    let until = |row: &Row, field: usize| -> Result<Option<Option<Timestamp>>, StoreError> {
        let counts = row.opt_int(field)?.filter(|until| *until > now.0);
        Ok(counts.map(|until| (until != FOR_EVER).then_some(Timestamp(until))))
    };
    for row in by_others {
        all.extend(until(row, 0)?.map(|until| Giver::File { until }));
        all.extend(until(row, 1)?.map(|until| Giver::Hand { until }));
    }
    Ok(all)
}
