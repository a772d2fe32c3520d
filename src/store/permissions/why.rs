//! Each way in which somebody may do something, and who gave it; or why they may not.

use super::super::StoreError;
use super::super::session::{Param, Row, Session};
use super::{Effective, Question, acts_for, all_of, number, numbers, sql};
use rosterd_core::access::covers;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::FOR_EVER;
use std::collections::BTreeMap;

/// Why somebody may, or may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub login: String,
    pub user: i64,
    pub state: String,
    /// In whose name they asked to act: number, login, and whether they may.
    pub acting_for: Option<(i64, String, bool)>,
    /// The organization, by number; `None` for every one. With a name that is not known, everything below is empty.
    pub org: Option<i64>,
    pub org_known: bool,
    /// Whether whoever's rights count is a member there.
    pub member: bool,
    /// What allows it, each with who gave that.
    pub ways: Vec<(Effective, Vec<Giver>)>,
    pub instead: Instead,
}

/// What comes near, where nothing allows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instead {
    /// The same action to something else.
    pub other_scopes: Vec<Effective>,
    /// The same in other organizations.
    pub elsewhere: Vec<Effective>,
    /// What they held once.
    pub expired: Vec<Expired>,
    /// Roles that would allow it.
    pub roles: Vec<String>,
}

/// An entitlement that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    pub entitlement: i64,
    pub role: String,
    pub until: Timestamp,
}

/// Who gave something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Giver {
    /// A rule, at a provider, because of a group.
    Rule { rule: String, provider: String, group: Option<String> },
    /// A provisioning file, until then where that is not for ever.
    File { until: Option<Timestamp> },
    /// Somebody's hand.
    Hand { until: Option<Timestamp> },
}

/// See [`super::Permissions::why`].
pub(super) async fn why(db: &mut dyn Session, question: &Question, now: Timestamp) -> Result<Option<Why>, StoreError> {
    let people = [Some(&question.who), question.acting_for.as_ref()];
    let users = numbers(db, sql::USERS, people.into_iter().flatten().collect()).await?;
    let orgs = numbers(db, sql::ORGS, question.org.iter().collect()).await?;
    let Some(user) = number(&question.who, &users) else { return Ok(None) };
    let Some((login, state)) = account(db, user).await? else { return Ok(None) };
    let org = question.org.as_ref().map(|org| number(org, &orgs));
    let org_known = org != Some(None);
    let org = org.flatten();
    let mut acting_for = None;
    if let Some(other) = &question.acting_for {
        let Some(other) = number(other, &users) else { return Ok(None) };
        let Some((name, _)) = account(db, other).await? else { return Ok(None) };
        let may = other == user || acts_for(db, user, other, org.unwrap_or(0)).await?;
        acting_for = Some((other, name, may));
    }
    let whose = acting_for.as_ref().map_or(user, |(other, ..)| *other);
    let member = match org {
        Some(org) => {
            let params = [Param::Int(Some(org)), Param::Int(Some(whose))];
            !db.rows("SELECT 1 FROM org_members WHERE org_id = $1 AND user_id = $2", &params).await?.is_empty()
        }
        None => true,
    };
    let mut why =
        Why { login, user, state, acting_for, org, org_known, member, ways: Vec::new(), instead: Instead::default() };
    let rows = all_of(db, whose).await?;
    let (ways, near) = sorted_out(rows, question, &why, whose);
    for way in ways {
        let given_by = givers(db, &way).await?;
        why.ways.push((way, given_by));
    }
    if why.ways.is_empty() {
        let (other_scopes, elsewhere) = near;
        why.instead = Instead {
            other_scopes,
            elsewhere,
            expired: expired(db, whose, question, now).await?,
            roles: roles(db, question, org).await?,
        };
    }
    Ok(Some(why))
}

/// Of somebody's rows what allows it; and what is for the same action, but to something else, or elsewhere.
fn sorted_out(
    rows: Vec<Effective>,
    question: &Question,
    why: &Why,
    whose: i64,
) -> (Vec<Effective>, (Vec<Effective>, Vec<Effective>)) {
    let may_act = why.acting_for.as_ref().is_none_or(|(_, _, may)| *may);
    let (mut ways, mut other_scopes, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        // Whoever acts for somebody has what is theirs, not what they have for others.
        if !covers(&row.action, &question.action) || whose != why.user && row.from_user != whose {
            continue;
        }
        let there = match &row.org {
            None => why.org_known,
            Some((_, org)) => why.org == Some(*org),
        };
        if !there {
            elsewhere.push(row);
        } else if question.scope.as_ref().is_some_and(|scope| !covers(&row.scope, scope)) {
            other_scopes.push(row);
        } else if may_act {
            ways.push(row);
        }
    }
    (ways, (other_scopes, elsewhere))
}

async fn account(db: &mut dyn Session, user: i64) -> Result<Option<(String, String)>, StoreError> {
    let rows = db.rows("SELECT login, state FROM users WHERE id = $1", &[Param::Int(Some(user))]).await?;
    rows.first().map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

/// Who gave what a row comes from.
async fn givers(db: &mut dyn Session, row: &Effective) -> Result<Vec<Giver>, StoreError> {
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
        (_, entitlement) => (
            db.rows(
                "SELECT g.rule, g.provider, g.provider_group FROM grants g
                 WHERE g.user_id = $1 AND g.kind = 'entitlement' AND g.entitlement_id = $2 ORDER BY g.provider, g.rule",
                &[user, Param::Int(entitlement)],
            )
            .await?,
            db.rows(
                "SELECT declared_until, manual_until FROM user_entitlements WHERE user_id = $1 AND entitlement_id = $2",
                &[user, Param::Int(entitlement)],
            )
            .await?,
        ),
    };
    let mut all = Vec::new();
    for rule in &rules {
        // A rule's name is gone when the rule is; then what it gave still says which provider.
        let name = rule.opt_text(0)?.unwrap_or_else(|| "?".to_owned());
        all.push(Giver::Rule { rule: name, provider: rule.text(1)?, group: rule.opt_text(2)? });
    }
    let until = |row: &Row, field: usize| -> Result<Option<Option<Timestamp>>, StoreError> {
        Ok(row.opt_int(field)?.map(|until| (until != FOR_EVER).then_some(Timestamp(until))))
    };
    for row in &by_others {
        all.extend(until(row, 0)?.map(|until| Giver::File { until }));
        all.extend(until(row, 1)?.map(|until| Giver::Hand { until }));
    }
    Ok(all)
}

/// What somebody held until some moment that is over, and that would allow it.
async fn expired(
    db: &mut dyn Session,
    user: i64,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Expired>, StoreError> {
    let rows = db
        .rows(
            "SELECT e.id, r.name, ue.until, p.action, p.scope, e.scope
             FROM user_entitlements ue JOIN entitlements e ON e.id = ue.entitlement_id
             JOIN roles r ON r.id = e.role_id JOIN role_permissions p ON p.role_id = r.id
             WHERE ue.user_id = $1 AND ue.until <= $2 ORDER BY e.id",
            &[Param::Int(Some(user)), Param::Int(Some(now.0))],
        )
        .await?;
    let mut all = BTreeMap::new();
    for row in &rows {
        let fits = |text: &str| question.scope.as_ref().is_none_or(|scope| covers(text, scope));
        if covers(&row.text(3)?, &question.action) && fits(&row.text(4)?) && fits(&row.text(5)?) {
            let one = Expired { entitlement: row.int(0)?, role: row.text(1)?, until: Timestamp(row.int(2)?) };
            all.insert(one.entitlement, one);
        }
    }
    Ok(all.into_values().collect())
}

/// Roles that would allow it there.
async fn roles(db: &mut dyn Session, question: &Question, org: Option<i64>) -> Result<Vec<String>, StoreError> {
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
        let fits = question.scope.as_ref().is_none_or(|scope| row.text(2).is_ok_and(|text| covers(&text, scope)));
        if fits && covers(&row.text(1)?, &question.action) && all.last() != Some(&name) {
            all.push(name);
        }
    }
    Ok(all)
}
