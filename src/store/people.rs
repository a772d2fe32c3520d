//! Everything the database knows of a person, for `rosterd explain user`; and forgetting one.

use super::provider_groups::Groups;
use super::roles::forget_unheld;
use super::session::{Param, Row, Session, id, word};
use super::{
    EntitlementView, GrantView, IdentityView, Names, OrgListing, OrgView, PersonView, StoreError, TeamView, history,
    json,
};
use rosterd_core::entitlements::shown;
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::lifecycle::{self, Access, Kind};
use rosterd_core::observed::{Right, UserState};
use rosterd_core::renewal::Renewal;
use std::collections::BTreeMap;

/// See [`super::Store::people`].
pub(super) async fn find(db: &mut dyn Session, query: &str) -> Result<Vec<PersonView>, StoreError> {
    let mut rows = db
        .rows(
            "SELECT id, login, name, email, state, synced_admin, manual_admin, kind FROM users WHERE login = $1",
            &[Param::Text(Some(query))],
        )
        .await?;
    if rows.is_empty() && !query.is_empty() {
        rows = db
            .rows(
                "SELECT id, login, name, email, state, synced_admin, manual_admin, kind FROM users
                 WHERE lower(email) = lower($1) ORDER BY id",
                &[Param::Text(Some(query))],
            )
            .await?;
    }
    let number = query.strip_prefix('#').and_then(|number| number.parse::<i64>().ok());
    if let (true, Some(number)) = (rows.is_empty(), number) {
        rows = db
            .rows(
                "SELECT id, login, name, email, state, synced_admin, manual_admin, kind FROM users WHERE id = $1",
                &[Param::Int(Some(number))],
            )
            .await?;
    }
    let mut people = Vec::with_capacity(rows.len());
    for row in &rows {
        people.push(view(db, row).await?);
    }
    Ok(people)
}

/// The one with that number.
pub(super) async fn by_number(db: &mut dyn Session, number: i64) -> Result<Option<PersonView>, StoreError> {
    let rows = db
        .rows(
            "SELECT id, login, name, email, state, synced_admin, manual_admin, kind FROM users WHERE id = $1",
            &[Param::Int(Some(number))],
        )
        .await?;
    match rows.first() {
        Some(row) => Ok(Some(view(db, row).await?)),
        None => Ok(None),
    }
}

/// See [`super::Store::orgs`].
pub(super) async fn all_orgs(db: &mut dyn Session) -> Result<Vec<OrgListing>, StoreError> {
    let rows = db.rows("SELECT id, name, key FROM orgs ORDER BY id", &[]).await?;
    rows.iter().map(|row| Ok(OrgListing { id: row.int(0)?, key: row.opt_text(2)?, name: row.text(1)? })).collect()
}

async fn view(db: &mut dyn Session, row: &Row) -> Result<PersonView, StoreError> {
    let user = row.int(0)?;
    let suspensions = db
        .rows(
            "SELECT origin, reason, since FROM user_suspensions WHERE user_id = $1 ORDER BY origin",
            &[Param::Int(Some(user))],
        )
        .await?;
    Ok(PersonView {
        id: user,
        login: row.text(1)?,
        name: row.text(2)?,
        email: row.text(3)?,
        state: row.text(4)?,
        kind: row.text(7)?,
        synced_admin: row.int(5)? == 1,
        manual_admin: row.int(6)? == 1,
        suspensions: suspensions
            .iter()
            .map(|row| Ok((row.text(0)?, row.text(1)?, Timestamp(row.int(2)?))))
            .collect::<Result<_, StoreError>>()?,
        orgs: orgs(db, user).await?,
        entitlements: entitlements(db, user).await?,
        identities: identities(db, user).await?,
        history: history::audit_of(db, user, 20).await?,
        names: names(db).await?,
    })
}

async fn names(db: &mut dyn Session) -> Result<Names, StoreError> {
    Ok(Names {
        orgs: named(db, "SELECT id, name FROM orgs").await?,
        teams: named(db, "SELECT t.id, o.name || ' / ' || t.name FROM teams t JOIN orgs o ON o.id = t.org_id").await?,
        rules: named(db, "SELECT id, name FROM rules").await?,
        groups: named(db, "SELECT id, name FROM provider_groups").await?,
        entitlements: every_entitlement(db).await?,
    })
}

async fn every_entitlement(db: &mut dyn Session) -> Result<BTreeMap<i64, String>, StoreError> {
    let rows = db
        .rows(
            "SELECT e.id, o.name, r.name, u.login, e.scope, e.parameters FROM entitlements e
             LEFT JOIN orgs o ON o.id = e.org_id LEFT JOIN roles r ON r.id = e.role_id
             LEFT JOIN users u ON u.id = e.for_user_id",
            &[],
        )
        .await?;
    let named = |row: &Row| {
        let what = what(row, 2)?;
        let place = row.opt_text(1)?;
        Ok((row.int(0)?, place.map_or_else(|| what.clone(), |place| format!("{place}: {what}"))))
    };
    rows.iter().map(named).collect()
}

/// An entitlement in words: role, for whom, scope and parameters from `field` on.
pub(super) fn what(row: &Row, field: usize) -> Result<String, StoreError> {
    let (role, person) = (row.opt_text(field)?, row.opt_text(field + 1)?);
    Ok(shown(role.as_deref(), person.as_deref(), &row.text(field + 2)?, &row.text(field + 3)?))
}

async fn entitlements(db: &mut dyn Session, user: i64) -> Result<Vec<EntitlementView>, StoreError> {
    let rows = db
        .rows(
            "SELECT e.id, o.name, r.name, u.login, e.scope, e.parameters, h.synced, h.declared_until, h.manual_until
             FROM user_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
             LEFT JOIN orgs o ON o.id = e.org_id LEFT JOIN roles r ON r.id = e.role_id
             LEFT JOIN users u ON u.id = e.for_user_id WHERE h.user_id = $1",
            &[Param::Int(Some(user))],
        )
        .await?;
    let view = |row: &Row| {
        Ok(EntitlementView {
            id: row.int(0)?,
            org: row.opt_text(1)?,
            what: what(row, 2)?,
            synced: row.int(6)? == 1,
            declared_until: row.opt_int(7)?.map(Timestamp),
            manual_until: row.opt_int(8)?.map(Timestamp),
        })
    };
    let mut held = rows.iter().map(view).collect::<Result<Vec<_>, StoreError>>()?;
    held.sort_by(|a, b| (&a.org, &a.what, a.id).cmp(&(&b.org, &b.what, b.id)));
    Ok(held)
}

async fn named(db: &mut dyn Session, sql: &'static str) -> Result<BTreeMap<i64, String>, StoreError> {
    db.rows(sql, &[]).await?.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
}

async fn orgs(db: &mut dyn Session, user: i64) -> Result<Vec<OrgView>, StoreError> {
    let members = db
        .rows(
            "SELECT o.id, o.name, m.synced_role, m.manual_role, m.declared_role
             FROM org_members m JOIN orgs o ON o.id = m.org_id WHERE m.user_id = $1",
            &[Param::Int(Some(user))],
        )
        .await?;
    let teams = db
        .rows(
            "SELECT o.id, o.name, t.id, t.name, m.synced_role, m.manual_role, m.declared_role
             FROM team_members m JOIN teams t ON t.id = m.team_id JOIN orgs o ON o.id = t.org_id
             WHERE m.user_id = $1 ORDER BY t.name",
            &[Param::Int(Some(user))],
        )
        .await?;
    let mut orgs = BTreeMap::new();
    for row in &members {
        let (id, name) = (row.int(0)?, row.text(1)?);
        let (synced_role, manual_role, declared_role) = (row.opt_text(2)?, row.opt_text(3)?, row.opt_text(4)?);
        let org = OrgView { id, name: name.clone(), synced_role, manual_role, declared_role, teams: Vec::new() };
        orgs.insert((name, id), org);
    }
    for row in &teams {
        let (id, name) = (row.int(0)?, row.text(1)?);
        let key = (name.clone(), id);
        let (synced_role, manual_role, declared_role) = (None, None, None);
        let bare = OrgView { id, name, synced_role, manual_role, declared_role, teams: Vec::new() };
        let org = orgs.entry(key).or_insert(bare);
        org.teams.push(TeamView {
            id: row.int(2)?,
            name: row.text(3)?,
            synced_role: row.opt_text(4)?,
            manual_role: row.opt_text(5)?,
            declared_role: row.opt_text(6)?,
        });
    }
    Ok(orgs.into_values().collect())
}

async fn identities(db: &mut dyn Session, user: i64) -> Result<Vec<IdentityView>, StoreError> {
    let rules = named(db, "SELECT id, name FROM rules").await?;
    let rows = db
        .rows(
            "SELECT p.id, p.name, i.subject, i.dn, i.login, i.name, i.email, i.observed_at, i.gone_at, i.group_ids,
                    i.grants, i.claims, r.renewed_at, r.until, r.ended_at, r.withdrawn,
                    p.read_at
             FROM identities i JOIN providers p ON p.id = i.provider_id
             LEFT JOIN renewals r ON r.identity_id = i.id WHERE i.user_id = $1 ORDER BY p.name, i.id",
            &[Param::Int(Some(user))],
        )
        .await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in &rows {
        let groups = Groups::of(db, row.int(0)?).await?;
        let direct: Vec<i64> = json::ids(&row.text(9)?)?.into_iter().map(i64::from).collect();
        let grants = json::grants(&row.text(10)?)?.into_iter().map(|grant| {
            let (kind, org_id, team_id, role) = match grant.right {
                Right::Org(org, role) => ("org", Some(i64::from(org)), None, Some(role.name())),
                Right::Team(team, role) => ("team", None, Some(i64::from(team)), Some(role.name())),
                Right::ServerAdmin => ("server_admin", None, None, None),
                Right::Entitlement(_) => ("entitlement", None, None, None),
            };
            let entitlement_id = match grant.right {
                Right::Entitlement(entitlement) => Some(i64::from(entitlement)),
                _ => None,
            };
            GrantView {
                kind: kind.to_owned(),
                org_id,
                team_id,
                entitlement_id,
                role: role.map(str::to_owned),
                rule: rules.get(&i64::from(grant.rule)).cloned().unwrap_or_else(|| format!("#{}", grant.rule)),
                via: grant.via.get().map(i64::from),
            }
        });
        views.push(IdentityView {
            provider: row.text(1)?,
            subject: row.text(2)?,
            dn: row.text(3)?,
            login: row.text(4)?,
            name: row.text(5)?,
            email: row.text(6)?,
            claims: row.opt_text(11)?.unwrap_or_default(),
            observed_at: Timestamp(row.int(7)?),
            gone_at: row.opt_int(8)?.map(Timestamp),
            renewal: match row.opt_int(12)? {
                Some(at) => Some(Renewal { at: Timestamp(at), until: row.opt_int(13)?.map(Timestamp) }),
                None => None,
            },
            lease_ended_at: row.opt_int(14)?.map(Timestamp),
            withdrawn: row.opt_int(15)?.is_some_and(|withdrawn| withdrawn != 0),
            provider_read_at: row.opt_int(16)?.map(Timestamp),
            groups: groups.closure(&direct),
            direct,
            grants: grants.collect(),
        });
    }
    Ok(views)
}

/// See [`super::Store::purge`].
pub(super) async fn purge(db: &mut dyn Session, login: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError> {
    let rows = db.rows("SELECT id, state, kind FROM users WHERE login = $1", &[Param::Text(Some(login))]).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let (number, state) = (row.int(0)?, row.text(1)?);
    let kind = word("users.kind", &row.text(2)?, Kind::parse)?;
    let stored = word("users.state", &state, UserState::parse)?;
    if !lifecycle::may(kind, stored.into(), Access::Purge).now() {
        return Err(StoreError::Refused(format!("{login} is {state}: only somebody who is archived can be purged")));
    }
    let user: UserId = id("users.id", number)?;
    let only = [Param::Int(Some(number))];
    // Whoever acted for them, or had their rights, has lost that: their own history says so.
    let stood_in = db
        .rows(
            "SELECT user_id, entitlement_id FROM user_entitlements
             WHERE entitlement_id IN (SELECT id FROM entitlements WHERE for_user_id = $1) ORDER BY user_id, entitlement_id",
            &only,
        )
        .await?;
    let held = db.rows("SELECT entitlement_id FROM user_entitlements WHERE user_id = $1", &only).await?;
    for sql in [
        "DELETE FROM org_members WHERE user_id = $1",
        "DELETE FROM team_members WHERE user_id = $1",
        "DELETE FROM user_suspensions WHERE user_id = $1",
        "DELETE FROM user_entitlements WHERE user_id = $1
             OR entitlement_id IN (SELECT id FROM entitlements WHERE for_user_id = $1)",
        "DELETE FROM entitlements WHERE for_user_id = $1",
        "DELETE FROM user_limits WHERE user_id = $1",
        "DELETE FROM service_tokens WHERE user_id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM refresh_tokens WHERE EXISTS (
             SELECT 1 FROM identities i JOIN providers p ON p.id = i.provider_id
             WHERE i.user_id = $1 AND p.name = refresh_tokens.provider AND i.subject = refresh_tokens.subject)",
        "DELETE FROM renewals WHERE identity_id IN (SELECT id FROM identities WHERE user_id = $1)",
        "DELETE FROM identities WHERE user_id = $1",
        "DELETE FROM declared_names WHERE kind = 'user' AND id = $1",
        "DELETE FROM users WHERE id = $1",
    ] {
        db.run(sql, &only).await?;
    }
    // A scope or a parameter that a rule made of them is theirs too.
    for row in &held {
        forget_unheld(db, row.int(0)?).await?;
    }
    for row in &stood_in {
        let (holder, entitlement) = (row.int(0)?, row.int(1)?);
        let change = serde_json::json!(["take_entitlement", entitlement, "user", holder, null, null]);
        let body = serde_json::json!({ "changes": [change] }).to_string();
        history::append(db, now, actor, Some(id("users.id", holder)?), &body).await?;
    }
    history::append(db, now, actor, Some(user), "{\"op\":\"purge\"}").await?;
    db.run("UPDATE state SET generation = generation + 1 WHERE one = 1", &[]).await?;
    Ok(true)
}
