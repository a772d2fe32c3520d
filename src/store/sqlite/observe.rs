//! Reads everything that a plan needs in one read transaction.
//!
//! Memberships are read in the order of their key, which is how the table lies on the disk, and
//! sorted by person here: to follow the index by person costs a look-up for each row.

use super::super::json;
use super::super::renewals::{self, Standing};
use super::super::session::{id, word};
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
use rusqlite::{Connection, OptionalExtension, Params, Row, TransactionBehavior};

/// See [`super::super::Store::observe`].
pub(super) fn observe(connection: &mut Connection, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(error)?;
    within(&tx, provider, window)
}

/// The same within a transaction that is there.
pub(super) fn within(tx: &Connection, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
    let mut o = Observed {
        generation: tx.query_row("SELECT generation FROM state", [], |row| row.get(0)).map_err(error)?,
        ..Observed::default()
    };
    authorization(tx, &mut o)?;
    members(tx, &mut o)?;
    entitlements(tx, &mut o)?;
    let known: Option<(i64, Option<i64>)> = tx
        .query_row("SELECT id, applied_at FROM providers WHERE name = ?1", [provider], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(error)?;
    let number = known.map_or(-1, |(number, _)| number);
    if let Some((number, applied_at)) = known {
        o.provider =
            Some(ProviderRow { id: id("providers.id", number)?, applied_at: applied_at.map(Timestamp), base: None });
    }
    provenance(tx, number, &mut o)?;
    others(tx, number, &mut o)?;
    budget(tx, number, window, &mut o)?;
    o.last = last_ids(tx)?;
    Ok(o)
}

/// Calls `keep` with each row.
fn each(
    connection: &Connection,
    sql: &'static str,
    params: impl Params,
    mut keep: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let mut rows = statement.query(params).map_err(error)?;
    while let Some(row) = rows.next().map_err(error)? {
        keep(row)?;
    }
    Ok(())
}

fn int(row: &Row<'_>, field: usize) -> Result<i64, StoreError> {
    row.get(field).map_err(error)
}

fn opt_int(row: &Row<'_>, field: usize) -> Result<Option<i64>, StoreError> {
    row.get(field).map_err(error)
}

fn opt_text<'r>(row: &'r Row<'_>, field: usize) -> Result<Option<&'r str>, StoreError> {
    row.get_ref(field).map_err(error)?.as_str_or_null().map_err(|e| StoreError::Database(e.to_string()))
}

fn text<'r>(row: &'r Row<'_>, field: usize) -> Result<&'r str, StoreError> {
    Ok(opt_text(row, field)?.unwrap_or(""))
}

fn authorization(tx: &Connection, o: &mut Observed) -> Result<(), StoreError> {
    each(tx, "SELECT id, name, key FROM orgs ORDER BY id", [], |row| {
        o.orgs.push(OrgRow {
            id: id("orgs.id", int(row, 0)?)?,
            name: o.texts.push(text(row, 1)?),
            key: opt_text(row, 2)?.map_or(Text::EMPTY, |key| o.texts.push(key)),
        });
        Ok(())
    })?;
    each(tx, "SELECT id, org_id, name, named_after FROM teams ORDER BY id", [], |row| {
        o.teams.push(TeamRow {
            id: id("teams.id", int(row, 0)?)?,
            org: id("teams.org_id", int(row, 1)?)?,
            name: o.texts.push(text(row, 2)?),
            named_after: opt_int(row, 3)?.map(|n| id("teams.named_after", n)).transpose()?,
        });
        Ok(())
    })?;
    each(
        tx,
        "SELECT id, state, login, name, email, synced_admin, manual_admin, kind FROM users ORDER BY id",
        [],
        |row| {
            o.users.push(UserRow {
                id: id("users.id", int(row, 0)?)?,
                state: word("users.state", text(row, 1)?, UserState::parse)?,
                login: o.texts.push(text(row, 2)?),
                name: o.texts.push(text(row, 3)?),
                email: o.texts.push(text(row, 4)?),
                synced_admin: int(row, 5)? == 1,
                manual_admin: int(row, 6)? == 1,
                kind: word("users.kind", text(row, 7)?, Kind::parse)?,
            });
            Ok(())
        },
    )?;
    each(tx, "SELECT user_id, origin, since FROM user_suspensions ORDER BY user_id, origin", [], |row| {
        o.suspensions.push(SuspensionRow {
            user: id("user_suspensions.user_id", int(row, 0)?)?,
            origin: o.texts.push(text(row, 1)?),
            since: Timestamp(int(row, 2)?),
        });
        Ok(())
    })
}

fn members(tx: &Connection, o: &mut Observed) -> Result<(), StoreError> {
    each(
        tx,
        "SELECT user_id, org_id, synced_role, manual_role, declared_role FROM org_members ORDER BY org_id, user_id",
        [],
        |row| {
            let role =
                |field| opt_text(row, field)?.map(|role| word("org_members.role", role, OrgRole::parse)).transpose();
            o.org_members.push(OrgMemberRow {
                user: id("org_members.user_id", int(row, 0)?)?,
                org: id("org_members.org_id", int(row, 1)?)?,
                synced: role(2)?,
                manual: role(3)?.max(role(4)?),
            });
            Ok(())
        },
    )?;
    o.org_members.sort_unstable_by_key(|m| (m.user, m.org));
    each(
        tx,
        "SELECT user_id, team_id, synced_role, manual_role, declared_role FROM team_members ORDER BY team_id, user_id",
        [],
        |row| {
            let role =
                |field| opt_text(row, field)?.map(|role| word("team_members.role", role, TeamRole::parse)).transpose();
            o.team_members.push(TeamMemberRow {
                user: id("team_members.user_id", int(row, 0)?)?,
                team: id("team_members.team_id", int(row, 1)?)?,
                synced: role(2)?,
                manual: role(3)?.max(role(4)?),
            });
            Ok(())
        },
    )?;
    o.team_members.sort_unstable_by_key(|m| (m.user, m.team));
    Ok(())
}

fn entitlements(tx: &Connection, o: &mut Observed) -> Result<(), StoreError> {
    each(tx, "SELECT id, org_id, name, kind = 'basic', origin = 'manual' FROM roles ORDER BY id", [], |row| {
        o.roles.push(RoleRow {
            id: id("roles.id", int(row, 0)?)?,
            org: opt_int(row, 1)?.map(|n| id("roles.org_id", n)).transpose()?.into(),
            name: o.texts.push(text(row, 2)?),
            basic: int(row, 3)? == 1,
            by_hand: int(row, 4)? == 1,
        });
        Ok(())
    })?;
    let what = "SELECT id, org_id, role_id, for_user_id, scope, parameters FROM entitlements ORDER BY id";
    each(tx, what, [], |row| {
        o.entitlements.push(EntitlementRow {
            id: id("entitlements.id", int(row, 0)?)?,
            org: opt_int(row, 1)?.map(|n| id("entitlements.org_id", n)).transpose()?.into(),
            role: opt_int(row, 2)?.map(|n| id("entitlements.role_id", n)).transpose()?.into(),
            for_user: opt_int(row, 3)?.map(|n| id("entitlements.for_user_id", n)).transpose()?.into(),
            scope: o.texts.push(text(row, 4)?),
            parameters: o.texts.push(text(row, 5)?),
        });
        Ok(())
    })?;
    each(tx, "SELECT user_id, entitlement_id, synced FROM user_entitlements", [], |row| {
        o.holders.push(HolderRow {
            user: id("user_entitlements.user_id", int(row, 0)?)?,
            entitlement: id("user_entitlements.entitlement_id", int(row, 1)?)?,
            synced: int(row, 2)? == 1,
        });
        Ok(())
    })?;
    o.holders.sort_unstable_by_key(|row| (row.user, row.entitlement));
    Ok(())
}

fn provenance(tx: &Connection, provider: i64, o: &mut Observed) -> Result<(), StoreError> {
    each(
        tx,
        "SELECT id, subject, dn, name, parents, gone_at FROM provider_groups WHERE provider_id = ?1 ORDER BY id",
        [provider],
        |row| {
            o.groups.push(GroupRow {
                id: id("provider_groups.id", int(row, 0)?)?,
                subject: o.texts.push(text(row, 1)?),
                dn: o.texts.push(text(row, 2)?),
                name: o.texts.push(text(row, 3)?),
                parents: json::ids(text(row, 4)?)?.into_boxed_slice(),
                gone_at: opt_int(row, 5)?.map(Timestamp),
            });
            Ok(())
        },
    )?;
    each(tx, "SELECT group_id, digest FROM group_lists WHERE provider_id = ?1 ORDER BY group_id", [provider], |row| {
        o.lists.push((id("group_lists.group_id", int(row, 0)?)?, int(row, 1)?));
        Ok(())
    })?;
    // `+`: by the rows' own order, not by the index on (provider, subject) and then a sort.
    each(
        tx,
        "SELECT id, subject, user_id, login, name, email, group_ids, digest, grants_digest, gone_at, reading
         FROM identities WHERE +provider_id = ?1 ORDER BY id",
        [provider],
        |row| {
            o.identities.push(IdentityRow {
                id: id("identities.id", int(row, 0)?)?,
                subject: o.texts.push(text(row, 1)?),
                user: id("identities.user_id", int(row, 2)?)?,
                login: o.texts.push(text(row, 3)?),
                name: o.texts.push(text(row, 4)?),
                email: o.texts.push(text(row, 5)?),
                groups: json::ids(text(row, 6)?)?.into_boxed_slice(),
                digest: int(row, 7)?,
                grants_digest: int(row, 8)?,
                gone_at: opt_int(row, 9)?.map(Timestamp),
                reading: ReadingNumber(int(row, 10)?),
            });
            Ok(())
        },
    )?;
    let rests = "SELECT identity_id, renewed_at, until, ended_at, withdrawn FROM renewals WHERE provider_id = ?1 ORDER BY identity_id";
    each(tx, rests, [provider], |row| {
        let (at, until, ended) = (Timestamp(int(row, 1)?), opt_int(row, 2)?, opt_int(row, 3)?);
        let identity = id("renewals.identity_id", int(row, 0)?)?;
        let renewal = Renewal { at, until: until.map(Timestamp) };
        renewals::put(o, identity, renewal, Standing { ended: ended.is_some(), withdrawn: int(row, 4)? != 0 });
        Ok(())
    })?;
    each(tx, "SELECT name, read_at FROM providers WHERE read_at IS NOT NULL", [], |row| {
        o.reads.insert(text(row, 0)?.to_owned(), Timestamp(int(row, 1)?));
        Ok(())
    })?;
    each(tx, "SELECT id, name FROM rules ORDER BY id", [], |row| {
        let rule: RuleId = id("rules.id", int(row, 0)?)?;
        o.rules.push((rule, o.texts.push(text(row, 1)?)));
        Ok(())
    })
}

fn others(tx: &Connection, provider: i64, o: &mut Observed) -> Result<(), StoreError> {
    each(
        tx,
        "SELECT i.user_id, p.name, i.login, i.name, i.email, i.gone_at IS NOT NULL, i.grants
         FROM identities i JOIN providers p ON p.id = i.provider_id
         WHERE i.provider_id <> ?1 ORDER BY i.user_id, p.name, i.id",
        [provider],
        |row| {
            let user = id("identities.user_id", int(row, 0)?)?;
            o.other_identities.push(OtherIdentity {
                user,
                provider: o.texts.push(text(row, 1)?),
                login: o.texts.push(text(row, 2)?),
                name: o.texts.push(text(row, 3)?),
                email: o.texts.push(text(row, 4)?),
                gone: int(row, 5)? == 1,
            });
            o.other_grants.extend(json::grants(text(row, 6)?)?.into_iter().map(|grant| (user, grant)));
            Ok(())
        },
    )
}

fn budget(tx: &Connection, provider: i64, window: Timestamp, o: &mut Observed) -> Result<(), StoreError> {
    each(
        tx,
        "SELECT class, org_id, sum(removed) FROM removals
         WHERE provider_id = ?1 AND at >= ?2 AND approved = 0 GROUP BY class, org_id ORDER BY class, org_id",
        [provider, window.0],
        |row| {
            o.recent_removals.push(RecentRemoval {
                class: word("removals.class", text(row, 0)?, RemovalClass::parse)?,
                org: opt_int(row, 1)?.map(|n| id("removals.org_id", n)).transpose()?,
                removed: u32::try_from(int(row, 2)?).unwrap_or(u32::MAX),
            });
            Ok(())
        },
    )
}

/// No number is used again: the audit records remember those of people who were purged, `state` those of entitlements.
fn last_ids(tx: &Connection) -> Result<LastIds, StoreError> {
    let last = |what: &str, sql: &'static str| -> Result<u32, StoreError> {
        let n: Option<i64> = tx.query_row(sql, [], |row| row.get(0)).map_err(error)?;
        id(what, n.unwrap_or(0))
    };
    Ok(LastIds {
        org: last("orgs.id", "SELECT max(id) FROM orgs")?,
        team: last("teams.id", "SELECT max(id) FROM teams")?,
        user: last("users.id", "SELECT max(id) FROM users")?
            .max(last("audit.user_id", "SELECT max(user_id) FROM audit WHERE user_id IS NOT NULL")?),
        provider: last("providers.id", "SELECT max(id) FROM providers")?,
        group: last("provider_groups.id", "SELECT max(id) FROM provider_groups")?,
        identity: last("identities.id", "SELECT max(id) FROM identities")?,
        rule: last("rules.id", "SELECT max(id) FROM rules")?,
        entitlement: last("entitlements.id", "SELECT max(id) FROM entitlements")?
            .max(last("state.last_entitlement", "SELECT last_entitlement FROM state")?),
    })
}
