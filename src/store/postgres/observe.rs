//! Reads everything that a plan needs in one transaction, by `COPY`.
//!
//! `COPY` takes no parameters; the two that are needed go through settings of the transaction, so
//! that every statement stays a constant. The server sends rows as they lie; they are sorted here.

use super::super::json;
use super::super::renewals::{self, Standing};
use super::super::session::{id, word};
use super::copy::{Fields, each};
use super::{StoreError, error};
use rosterd_core::entitlements::{EntitlementRow, HolderRow, RoleRow};
use rosterd_core::ids::{ReadingNumber, RuleId, Timestamp};
use rosterd_core::lifecycle::Kind;
use rosterd_core::observed::{
    GroupRow, IdentityRow, LastIds, Observed, OrgMemberRow, OrgRow, OtherIdentity, ProviderRow, RecentRemoval,
    RemovalClass, SuspensionRow, TeamMemberRow, TeamRow, UserRow, UserState,
};
use rosterd_core::renewal::Renewal;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::text::Text;
use sqlx::{PgConnection, Row};

/// See [`super::super::Store::observe`].
pub(super) async fn observe(c: &mut PgConnection, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
    let mut o = Observed::default();
    let row = sqlx::query(
        "SELECT s.generation, p.id, p.applied_at,
                set_config('rosterd.provider', coalesce(p.id, -1)::text, true),
                set_config('rosterd.window', $2::bigint::text, true)
         FROM state s LEFT JOIN providers p ON p.name = $1",
    )
    .persistent(false)
    .bind(provider)
    .bind(window.0)
    .fetch_one(&mut *c)
    .await
    .map_err(error)?;
    o.generation = row.try_get(0).map_err(error)?;
    if let Some(number) = row.try_get::<Option<i64>, _>(1).map_err(error)? {
        let applied_at: Option<i64> = row.try_get(2).map_err(error)?;
        o.provider =
            Some(ProviderRow { id: id("providers.id", number)?, applied_at: applied_at.map(Timestamp), base: None });
    }
    authorization(c, &mut o).await?;
    members(c, &mut o).await?;
    entitlements(c, &mut o).await?;
    provenance(c, &mut o).await?;
    others(c, &mut o).await?;
    budget(c, &mut o).await?;
    o.last = last_ids(c).await?;
    Ok(o)
}

fn opt_id<T: TryFrom<i64>>(what: &str, row: &mut Fields<'_>) -> Result<Option<T>, StoreError> {
    row.opt_int()?.map(|n| id(what, n)).transpose()
}

async fn authorization(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    each(c, "COPY (SELECT id, name, key FROM orgs ORDER BY id) TO STDOUT", |row| {
        o.orgs.push(OrgRow {
            id: id("orgs.id", row.int()?)?,
            name: o.texts.push(&row.text()?),
            key: row.opt_text()?.map_or(Text::EMPTY, |key| o.texts.push(&key)),
        });
        Ok(())
    })
    .await?;
    each(c, "COPY (SELECT id, org_id, name, named_after FROM teams ORDER BY id) TO STDOUT", |row| {
        o.teams.push(TeamRow {
            id: id("teams.id", row.int()?)?,
            org: id("teams.org_id", row.int()?)?,
            name: o.texts.push(&row.text()?),
            named_after: opt_id("teams.named_after", row)?,
        });
        Ok(())
    })
    .await?;
    each(
        c,
        "COPY (SELECT id, state, login, name, email, synced_admin, manual_admin, kind FROM users) TO STDOUT",
        |row| {
            o.users.push(UserRow {
                id: id("users.id", row.int()?)?,
                state: word("users.state", &row.text()?, UserState::parse)?,
                login: o.texts.push(&row.text()?),
                name: o.texts.push(&row.text()?),
                email: o.texts.push(&row.text()?),
                synced_admin: row.int()? == 1,
                manual_admin: row.int()? == 1,
                kind: word("users.kind", &row.text()?, Kind::parse)?,
            });
            Ok(())
        },
    )
    .await?;
    o.users.sort_unstable_by_key(|user| user.id);
    // By bytes, as the difference compares them, whatever the database's collation.
    each(
        c,
        "COPY (SELECT user_id, origin, since FROM user_suspensions ORDER BY user_id, origin COLLATE \"C\") TO STDOUT",
        |row| {
            o.suspensions.push(SuspensionRow {
                user: id("user_suspensions.user_id", row.int()?)?,
                origin: o.texts.push(&row.text()?),
                since: Timestamp(row.int()?),
            });
            Ok(())
        },
    )
    .await
}

async fn members(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    each(
        c,
        "COPY (SELECT user_id, org_id, synced_role, manual_role, declared_role FROM org_members) TO STDOUT",
        |row| {
            let (user, org) = (id("org_members.user_id", row.int()?)?, id("org_members.org_id", row.int()?)?);
            let mut role = || row.opt_text()?.map(|role| word("org_members.role", &role, OrgRole::parse)).transpose();
            o.org_members.push(OrgMemberRow { user, org, synced: role()?, manual: role()?.max(role()?) });
            Ok(())
        },
    )
    .await?;
    o.org_members.sort_unstable_by_key(|m| (m.user, m.org));
    each(
        c,
        "COPY (SELECT user_id, team_id, synced_role, manual_role, declared_role FROM team_members) TO STDOUT",
        |row| {
            let (user, team) = (id("team_members.user_id", row.int()?)?, id("team_members.team_id", row.int()?)?);
            let mut role = || row.opt_text()?.map(|role| word("team_members.role", &role, TeamRole::parse)).transpose();
            o.team_members.push(TeamMemberRow { user, team, synced: role()?, manual: role()?.max(role()?) });
            Ok(())
        },
    )
    .await?;
    o.team_members.sort_unstable_by_key(|m| (m.user, m.team));
    Ok(())
}

async fn entitlements(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    let roles = "COPY (SELECT id, org_id, name, (kind = 'basic')::int, (origin = 'manual')::int
                 FROM roles ORDER BY id) TO STDOUT";
    each(c, roles, |row| {
        o.roles.push(RoleRow {
            id: id("roles.id", row.int()?)?,
            org: opt_id("roles.org_id", row)?.into(),
            name: o.texts.push(&row.text()?),
            basic: row.int()? == 1,
            by_hand: row.int()? == 1,
        });
        Ok(())
    })
    .await?;
    each(
        c,
        "COPY (SELECT id, org_id, role_id, for_user_id, scope, parameters FROM entitlements ORDER BY id) TO STDOUT",
        |row| {
            o.entitlements.push(EntitlementRow {
                id: id("entitlements.id", row.int()?)?,
                org: opt_id("entitlements.org_id", row)?.into(),
                role: opt_id("entitlements.role_id", row)?.into(),
                for_user: opt_id("entitlements.for_user_id", row)?.into(),
                scope: o.texts.push(&row.text()?),
                parameters: o.texts.push(&row.text()?),
            });
            Ok(())
        },
    )
    .await?;
    each(c, "COPY (SELECT user_id, entitlement_id, synced FROM user_entitlements) TO STDOUT", |row| {
        o.holders.push(HolderRow {
            user: id("user_entitlements.user_id", row.int()?)?,
            entitlement: id("user_entitlements.entitlement_id", row.int()?)?,
            synced: row.int()? == 1,
        });
        Ok(())
    })
    .await?;
    o.holders.sort_unstable_by_key(|row| (row.user, row.entitlement));
    Ok(())
}

async fn provenance(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    each(
        c,
        "COPY (SELECT id, subject, dn, name, parents, gone_at FROM provider_groups
               WHERE provider_id = current_setting('rosterd.provider')::bigint ORDER BY id) TO STDOUT",
        |row| {
            o.groups.push(GroupRow {
                id: id("provider_groups.id", row.int()?)?,
                subject: o.texts.push(&row.text()?),
                dn: o.texts.push(&row.text()?),
                name: o.texts.push(&row.text()?),
                parents: json::ids(&row.text()?)?.into_boxed_slice(),
                gone_at: row.opt_int()?.map(Timestamp),
            });
            Ok(())
        },
    )
    .await?;
    each(
        c,
        "COPY (SELECT group_id, digest FROM group_lists
               WHERE provider_id = current_setting('rosterd.provider')::bigint ORDER BY group_id) TO STDOUT",
        |row| {
            o.lists.push((id("group_lists.group_id", row.int()?)?, row.int()?));
            Ok(())
        },
    )
    .await?;
    each(
        c,
        "COPY (SELECT id, subject, user_id, login, name, email, group_ids, digest, grants_digest, gone_at, reading
               FROM identities WHERE provider_id = current_setting('rosterd.provider')::bigint) TO STDOUT",
        |row| {
            o.identities.push(IdentityRow {
                id: id("identities.id", row.int()?)?,
                subject: o.texts.push(&row.text()?),
                user: id("identities.user_id", row.int()?)?,
                login: o.texts.push(&row.text()?),
                name: o.texts.push(&row.text()?),
                email: o.texts.push(&row.text()?),
                groups: json::ids(&row.text()?)?.into_boxed_slice(),
                digest: row.int()?,
                grants_digest: row.int()?,
                gone_at: row.opt_int()?.map(Timestamp),
                reading: ReadingNumber(row.int()?),
            });
            Ok(())
        },
    )
    .await?;
    o.identities.sort_unstable_by_key(|identity| identity.id);
    each(
        c,
        "COPY (SELECT identity_id, renewed_at, until, ended_at, withdrawn FROM renewals
               WHERE provider_id = current_setting('rosterd.provider')::bigint ORDER BY identity_id) TO STDOUT",
        |row| {
            let identity = id("renewals.identity_id", row.int()?)?;
            let renewal = Renewal { at: Timestamp(row.int()?), until: row.opt_int()?.map(Timestamp) };
            let ended = row.opt_int()?.is_some();
            renewals::put(o, identity, renewal, Standing { ended, withdrawn: row.int()? != 0 });
            Ok(())
        },
    )
    .await?;
    each(c, "COPY (SELECT name, read_at FROM providers WHERE read_at IS NOT NULL) TO STDOUT", |row| {
        o.reads.insert(row.text()?.into_owned(), Timestamp(row.int()?));
        Ok(())
    })
    .await?;
    each(c, "COPY (SELECT id, name FROM rules ORDER BY id) TO STDOUT", |row| {
        let rule: RuleId = id("rules.id", row.int()?)?;
        o.rules.push((rule, o.texts.push(&row.text()?)));
        Ok(())
    })
    .await
}

async fn others(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    each(
        c,
        "COPY (SELECT i.user_id, p.name, i.login, i.name, i.email, (i.gone_at IS NOT NULL)::int, i.grants
               FROM identities i JOIN providers p ON p.id = i.provider_id
               WHERE i.provider_id <> current_setting('rosterd.provider')::bigint
               ORDER BY i.user_id, p.name COLLATE \"C\", i.id) TO STDOUT",
        |row| {
            let user = id("identities.user_id", row.int()?)?;
            o.other_identities.push(OtherIdentity {
                user,
                provider: o.texts.push(&row.text()?),
                login: o.texts.push(&row.text()?),
                name: o.texts.push(&row.text()?),
                email: o.texts.push(&row.text()?),
                gone: row.int()? == 1,
            });
            o.other_grants.extend(json::grants(&row.text()?)?.into_iter().map(|grant| (user, grant)));
            Ok(())
        },
    )
    .await
}

async fn budget(c: &mut PgConnection, o: &mut Observed) -> Result<(), StoreError> {
    each(
        c,
        "COPY (SELECT class, org_id, sum(removed)::bigint FROM removals
               WHERE provider_id = current_setting('rosterd.provider')::bigint
                 AND at >= current_setting('rosterd.window')::bigint AND approved = 0
               GROUP BY class, org_id ORDER BY class COLLATE \"C\", org_id NULLS FIRST) TO STDOUT",
        |row| {
            o.recent_removals.push(RecentRemoval {
                class: word("removals.class", &row.text()?, RemovalClass::parse)?,
                org: opt_id("removals.org_id", row)?,
                removed: u32::try_from(row.int()?).unwrap_or(u32::MAX),
            });
            Ok(())
        },
    )
    .await
}

/// No number is used again: the audit records remember those of people who were purged, `state` those of entitlements.
async fn last_ids(c: &mut PgConnection) -> Result<LastIds, StoreError> {
    let mut last = LastIds::default();
    each(
        c,
        "COPY (SELECT coalesce((SELECT max(id) FROM orgs), 0), coalesce((SELECT max(id) FROM teams), 0),
                      GREATEST((SELECT max(id) FROM users),
                               (SELECT max(user_id) FROM audit WHERE user_id IS NOT NULL), 0),
                      coalesce((SELECT max(id) FROM providers), 0),
                      coalesce((SELECT max(id) FROM provider_groups), 0),
                      coalesce((SELECT max(id) FROM identities), 0),
                      coalesce((SELECT max(id) FROM rules), 0),
                      GREATEST((SELECT max(id) FROM entitlements),
                               (SELECT last_entitlement FROM state))) TO STDOUT",
        |row| {
            last = LastIds {
                org: id("orgs.id", row.int()?)?,
                team: id("teams.id", row.int()?)?,
                user: id("users.id", row.int()?)?,
                provider: id("providers.id", row.int()?)?,
                group: id("provider_groups.id", row.int()?)?,
                identity: id("identities.id", row.int()?)?,
                rule: id("rules.id", row.int()?)?,
                entitlement: id("entitlements.id", row.int()?)?,
            };
            Ok(())
        },
    )
    .await?;
    Ok(last)
}
