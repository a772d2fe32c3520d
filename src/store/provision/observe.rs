//! Reads what a plan for files needs. What nothing declares and no file names is not read.

use super::sql;
use crate::store::StoreError;
use crate::store::session::{Param, Row, Session, id, word};
use rosterd_core::access::{Pattern, parameters};
use rosterd_core::ids::{EntitlementId, RoleId, Timestamp, UserId};
use rosterd_core::lifecycle::Kind;
use rosterd_core::provision::{
    Entitlement, HolderId, Last, Name, Observed, Org, Origin, RoleContent, RoleKind, RoleRow, Subject, User, Wanted,
};
use rosterd_core::rights::{OrgRole, TeamRole};
use std::collections::BTreeMap;

/// See [`super::Provisions::observe_declared`].
pub(super) async fn observe(db: &mut dyn Session, wanted: &Wanted, now: Timestamp) -> Result<Observed, StoreError> {
    let dialect = db.dialect();
    let list = |texts: &std::collections::BTreeSet<String>| serde_json::json!(texts).to_string();
    let (logins, teams, roles) = (list(&wanted.logins), list(&wanted.teams), list(&wanted.roles));
    let mut o = Observed::default();
    if let Some(row) = db.rows(sql::STATE, &[]).await?.first() {
        o.generation = row.int(0)?;
        o.last = Last {
            org: id("orgs.id", row.int(1)?).map(|org: rosterd_core::ids::OrgId| org.0)?,
            team: id("teams.id", row.int(2)?).map(|team: rosterd_core::ids::TeamId| team.0)?,
            user: id("users.id", row.int(3)?).map(|user: UserId| user.0)?,
            role: id("roles.id", row.int(4)?).map(|role: RoleId| role.0)?,
            entitlement: id("entitlements.id", row.int(5)?).map(|one: EntitlementId| one.0)?,
        };
    }
    for row in db.rows(sql::ORGS, &[]).await? {
        o.orgs.insert(id("orgs.id", row.int(0)?)?, Org { name: row.text(1)?, key: row.opt_text(2)? });
    }
    for row in db.rows(sql::TEAMS.of(dialect), &[Param::Text(Some(&teams))]).await? {
        o.teams.insert(id("teams.id", row.int(0)?)?, (id("teams.org_id", row.int(1)?)?, row.text(2)?));
    }
    let ids = serde_json::json!(wanted.users.iter().map(|user| user.0).collect::<Vec<_>>()).to_string();
    for row in db.rows(sql::USERS.of(dialect), &[Param::Text(Some(&logins)), Param::Text(Some(&ids))]).await? {
        let kind = word("users.kind", &row.text(2)?, Kind::parse)?;
        let user = User {
            login: row.text(1)?,
            service: kind == Kind::Service,
            break_glass: kind == Kind::BreakGlass,
            active: row.text(3)? == "active",
            dropped: row.int(4)? == 1,
            elsewhere: row.int(5)? == 1,
        };
        o.users.insert(id("users.id", row.int(0)?)?, user);
    }
    self::roles(db, &roles, now, &mut o).await?;
    held(db, &roles, &mut o).await?;
    for row in db.rows(sql::MEMBERS, &[]).await? {
        let role = word("org_members.declared_role", &row.text(2)?, OrgRole::parse)?;
        o.members.insert((id("org_members.org_id", row.int(0)?)?, id("org_members.user_id", row.int(1)?)?), role);
    }
    for row in db.rows(sql::TEAM_MEMBERS, &[]).await? {
        let role = word("team_members.declared_role", &row.text(2)?, TeamRole::parse)?;
        o.team_members
            .insert((id("team_members.team_id", row.int(0)?)?, id("team_members.user_id", row.int(1)?)?), role);
    }
    for row in db.rows(sql::LIMITS, &[]).await? {
        o.limits.insert((id("user_limits.user_id", row.int(0)?)?, row.text(1)?), row.int(2)?);
    }
    names(db, &mut o).await?;
    if wanted.reach {
        reach(db, &mut o).await?;
    }
    if wanted.admins {
        for row in db.rows(sql::ADMINS, &[]).await? {
            let (org, user) = (id("org_members.org_id", row.int(0)?)?, id("org_members.user_id", row.int(1)?)?);
            o.admins.entry(org).or_default().insert(user, row.int(2)? == 1);
        }
    }
    Ok(o)
}

/// What names meant.
async fn names(db: &mut dyn Session, o: &mut Observed) -> Result<(), StoreError> {
    for row in db.rows(sql::NAMES, &[]).await? {
        let (kind, name) = (row.text(0)?, row.text(2)?);
        let name = match kind.as_str() {
            "org" => Name::Org(name),
            "team" => Name::Team(id("declared_names.org_id", row.int(1)?)?, name),
            "user" => Name::User(name),
            _ => return Err(StoreError::Database(format!("declared_names.kind holds {kind:?}"))),
        };
        let meant: UserId = id("declared_names.id", row.int(3)?)?;
        o.names.insert(name, meant.0);
    }
    Ok(())
}

async fn reach(db: &mut dyn Session, o: &mut Observed) -> Result<(), StoreError> {
    let people = |row: &Row| row.int(1).map(|people| u32::try_from(people).unwrap_or(u32::MAX));
    for row in db.rows(sql::ORG_REACH, &[]).await? {
        o.reach.orgs.insert(id("org_members.org_id", row.int(0)?)?, people(&row)?);
    }
    for row in db.rows(sql::TEAM_REACH, &[]).await? {
        o.reach.teams.insert(id("team_members.team_id", row.int(0)?)?, people(&row)?);
    }
    for row in db.rows(sql::BASIC_REACH, &[]).await? {
        o.reach.basic.insert(row.text(0)?, people(&row)?);
    }
    Ok(())
}

async fn roles(db: &mut dyn Session, names: &str, now: Timestamp, o: &mut Observed) -> Result<(), StoreError> {
    let dialect = db.dialect();
    for row in db.rows(sql::ROLES.of(dialect), &[Param::Text(Some(names)), Param::Int(Some(now.0))]).await? {
        let content = RoleContent {
            kind: word("roles.kind", &row.text(3)?, RoleKind::parse)?,
            title: row.text(4)?,
            description: row.text(5)?,
            permissions: BTreeMap::new(),
            limits: BTreeMap::new(),
        };
        let role = RoleRow {
            org: row.opt_int(1)?.map(|org| id("roles.org_id", org)).transpose()?,
            name: row.text(2)?,
            origin: word("roles.origin", &row.text(6)?, Origin::parse)?,
            version: row.int(7)?,
            held_otherwise: row.int(8)? == 1,
            content,
        };
        o.roles.insert(id("roles.id", row.int(0)?)?, role);
    }
    for row in db.rows(sql::PERMISSIONS.of(dialect), &[Param::Text(Some(names))]).await? {
        let role: RoleId = id("role_permissions.role_id", row.int(0)?)?;
        let pattern = |field| {
            let text = row.text(field)?;
            Pattern::parse(&text)
                .map_err(|why| StoreError::Database(format!("role_permissions holds {text:?}, which {why}")))
        };
        let (what, text) = ((pattern(1)?, pattern(2)?), row.text(3)?);
        let parameters = parameters(&text)
            .ok_or_else(|| StoreError::Database(format!("role_permissions.parameters holds {text:?}")))?;
        if let Some(role) = o.roles.get_mut(&role) {
            role.content.permissions.insert(what, parameters);
        }
    }
    for row in db.rows(sql::ROLE_LIMITS.of(dialect), &[Param::Text(Some(names))]).await? {
        let role: RoleId = id("role_limits.role_id", row.int(0)?)?;
        if let Some(role) = o.roles.get_mut(&role) {
            role.content.limits.insert(row.text(1)?, row.int(2)?);
        }
    }
    Ok(())
}

async fn held(db: &mut dyn Session, roles: &str, o: &mut Observed) -> Result<(), StoreError> {
    // Of everybody who can be named, by whatever name: what is there must not be made a second time.
    let ids = serde_json::json!(o.users.keys().map(|user| user.0).collect::<Vec<_>>()).to_string();
    let params = [Param::Text(Some(roles)), Param::Text(Some(&ids))];
    for row in db.rows(sql::ENTITLEMENTS.of(db.dialect()), &params).await? {
        let subject = match (row.opt_int(2)?, row.opt_int(3)?) {
            (Some(role), _) => Subject::Role(id("entitlements.role_id", role)?),
            (None, Some(user)) => Subject::Person(id("entitlements.for_user_id", user)?),
            (None, None) => return Err(StoreError::Database("an entitlement is about nothing".to_owned())),
        };
        let org = row.opt_int(1)?.map(|org| id("entitlements.org_id", org)).transpose()?;
        let what = Entitlement { org, subject, scope: row.text(4)?, parameters: row.text(5)? };
        o.entitlements.insert(id("entitlements.id", row.int(0)?)?, what);
    }
    type Holder = fn(i64) -> Result<HolderId, StoreError>;
    let kinds: [(&'static str, Holder); 3] = [
        (sql::USER_HOLDERS, |user| Ok(HolderId::User(id("user_entitlements.user_id", user)?))),
        (sql::TEAM_HOLDERS, |team| Ok(HolderId::Team(id("team_entitlements.team_id", team)?))),
        (sql::ORG_HOLDERS, |org| Ok(HolderId::Org(id("org_entitlements.org_id", org)?))),
    ];
    for (query, holder) in kinds {
        for row in db.rows(query, &[]).await? {
            let row: Row = row;
            o.holders.insert((id("entitlement_id", row.int(0)?)?, holder(row.int(1)?)?), row.int(2)?);
        }
    }
    Ok(())
}
