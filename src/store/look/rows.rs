//! The rows of those users, in the order that a plan walks them.

use super::super::renewals::{self, Standing};
use super::super::session::{Param, Row, Session, id, word};
use super::super::{StoreError, json};
use super::{Sight, Whom, list, neighbours, sql};
use rosterd_core::entitlements::HolderRow;
use rosterd_core::ids::{GroupId, ReadingNumber, Timestamp};
use rosterd_core::lifecycle::Kind;
use rosterd_core::observed::{
    GroupRow, IdentityRow, Observed, OrgMemberRow, OtherIdentity, RecentRemoval, RemovalClass, SuspensionRow,
    TeamMemberRow, UserRow, UserState,
};
use rosterd_core::renewal::Renewal;
use rosterd_core::rights::{OrgRole, TeamRole};
use std::collections::BTreeSet;

/// Fills in users, memberships, identities, groups and what was removed lately, as [`sql::LOOK`] answered;
/// asks for more only where somebody is new or an Admin.
pub(super) async fn fill(
    db: &mut dyn Session,
    (provider, name): (i64, &str),
    whom: &Whom,
    answer: &[Row],
    sight: &mut Sight,
) -> Result<(), StoreError> {
    for row in answer {
        one(row, name, sight)?;
    }
    let mut users: BTreeSet<i64> = sight.observed.users.iter().map(|user| user.id.into()).collect();
    if whom.link && known(whom, sight) < whom.subjects.len() {
        let others = neighbours::linkable(db, provider, whom).await?;
        let others: BTreeSet<i64> = others.difference(&users).copied().collect();
        read(db, &others, name, sight).await?;
        users.extend(others);
    }
    let others = admins(db, &users, sight).await?;
    read(db, &others, name, sight).await?;
    more_groups(db, provider, sight).await?;
    let o = &mut sight.observed;
    let texts = &o.texts;
    o.users.sort_unstable_by_key(|row| row.id);
    o.org_members.sort_unstable_by_key(|row| (row.user, row.org));
    o.team_members.sort_unstable_by_key(|row| (row.user, row.team));
    o.holders.sort_unstable_by_key(|row| (row.user, row.entitlement));
    o.suspensions.sort_unstable_by_key(|row| (row.user, texts.get(row.origin)));
    o.identities.sort_unstable_by_key(|row| row.id);
    o.renewals.sort_unstable();
    o.groups.sort_unstable_by_key(|row| row.id);
    o.groups.dedup_by_key(|row| row.id);
    o.other_identities.sort_by_key(|row| (row.user, texts.get(row.provider)));
    o.other_grants.sort_by_key(|(user, _)| *user);
    sight.given.sort_unstable();
    Ok(())
}

/// How many of the people are known.
fn known(whom: &Whom, sight: &Sight) -> usize {
    let subjects: BTreeSet<&str> = whom.subjects.iter().map(String::as_str).collect();
    let texts = &sight.observed.texts;
    sight.observed.identities.iter().filter(|row| subjects.contains(texts.get(row.subject))).count()
}

async fn read(
    db: &mut dyn Session,
    users: &BTreeSet<i64>,
    provider: &str,
    sight: &mut Sight,
) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let ids = list(users);
    for row in db.rows(sql::ROWS.of(db.dialect()), &[Param::Text(Some(&ids))]).await? {
        one(&row, provider, sight)?;
    }
    Ok(())
}

fn one(row: &Row, provider: &str, sight: &mut Sight) -> Result<(), StoreError> {
    let o = &mut sight.observed;
    match row.int(0)? {
        6 => return group(row, o),
        7 => return removed(row, o),
        8 => return renewed(row, o),
        _ => {}
    }
    let user = id("users.id", row.int(1)?)?;
    match row.int(0)? {
        1 => o.users.push(UserRow {
            id: user,
            state: word("users.state", &row.text(8)?, UserState::parse)?,
            login: o.texts.push(&row.text(5)?),
            name: o.texts.push(&row.text(6)?),
            email: o.texts.push(&row.text(7)?),
            synced_admin: row.int(3)? == 1,
            manual_admin: row.int(4)? == 1,
            kind: word("users.kind", &row.text(9)?, Kind::parse)?,
        }),
        9 => {
            let entitlement = id("user_entitlements.entitlement_id", row.int(2)?)?;
            o.holders.push(HolderRow { user, entitlement, synced: row.int(3)? == 1 });
        }
        10 => {
            let login = o.texts.push(&row.text(5)?);
            o.principals.push((login, user));
        }
        2 => {
            let role =
                |field| row.opt_text(field)?.map(|role| word("org_members.role", &role, OrgRole::parse)).transpose();
            let org = id("org_members.org_id", row.int(2)?)?;
            o.org_members.push(OrgMemberRow { user, org, synced: role(5)?, manual: role(6)?.max(role(7)?) });
        }
        3 => {
            let role =
                |field| row.opt_text(field)?.map(|role| word("team_members.role", &role, TeamRole::parse)).transpose();
            let team = id("team_members.team_id", row.int(2)?)?;
            o.team_members.push(TeamMemberRow { user, team, synced: role(5)?, manual: role(6)?.max(role(7)?) });
        }
        4 => {
            let origin = o.texts.push(&row.text(5)?);
            o.suspensions.push(SuspensionRow { user, origin, since: Timestamp(row.int(2)?) });
        }
        _ => identity(row, provider, sight)?,
    }
    Ok(())
}

fn identity(row: &Row, provider: &str, sight: &mut Sight) -> Result<(), StoreError> {
    let o = &mut sight.observed;
    let user = id("identities.user_id", row.int(1)?)?;
    let grants = json::grants(&row.text(10)?)?;
    let [login, name, email] = [5, 6, 7].map(|field| row.text(field));
    let (login, name, email) = (o.texts.push(&login?), o.texts.push(&name?), o.texts.push(&email?));
    let gone_at = row.opt_int(3)?.map(Timestamp);
    let theirs = row.text(8)?;
    if theirs != provider {
        let (provider, gone) = (o.texts.push(&theirs), gone_at.is_some());
        o.other_identities.push(OtherIdentity { user, provider, login, name, email, gone });
        o.other_grants.extend(grants.into_iter().map(|grant| (user, grant)));
        return Ok(());
    }
    let number = id("identities.id", row.int(2)?)?;
    if gone_at.is_none() {
        sight.given.extend(grants.into_iter().map(|grant| (number, grant)));
    }
    o.identities.push(IdentityRow {
        id: number,
        subject: o.texts.push(&row.text(9)?),
        user,
        login,
        name,
        email,
        groups: json::ids(&row.text(11)?)?.into_boxed_slice(),
        digest: row.int(12)?,
        grants_digest: row.int(13)?,
        gone_at,
        reading: ReadingNumber(row.int(4)?),
    });
    Ok(())
}

/// Where one of these people is Admin: somebody else who is, so that it shows whether they are the
/// last.
async fn admins(db: &mut dyn Session, users: &BTreeSet<i64>, sight: &Sight) -> Result<BTreeSet<i64>, StoreError> {
    let o = &sight.observed;
    let given = o.org_members.iter().filter(|row| row.synced == Some(OrgRole::Admin));
    let orgs: BTreeSet<u32> = given.map(|row| row.org.0).collect();
    if orgs.is_empty() && !o.users.iter().any(|user| user.synced_admin) {
        return Ok(BTreeSet::new());
    }
    let (orgs, users) = (list(orgs), list(users));
    let rows = db.rows(sql::ADMINS.of(db.dialect()), &[Param::Text(Some(&orgs)), Param::Text(Some(&users))]).await?;
    rows.iter().filter_map(|row| row.opt_int(1).transpose()).collect()
}

fn group(row: &Row, o: &mut Observed) -> Result<(), StoreError> {
    o.groups.push(GroupRow {
        id: id("provider_groups.id", row.int(1)?)?,
        gone_at: row.opt_int(2)?.map(Timestamp),
        subject: o.texts.push(&row.text(5)?),
        dn: o.texts.push(&row.text(6)?),
        name: o.texts.push(&row.text(7)?),
        parents: json::ids(&row.text(8)?)?.into_boxed_slice(),
    });
    Ok(())
}

fn removed(row: &Row, o: &mut Observed) -> Result<(), StoreError> {
    o.recent_removals.push(RecentRemoval {
        class: word("removals.class", &row.text(5)?, RemovalClass::parse)?,
        org: row.opt_int(1)?.map(|org| id("removals.org_id", org)).transpose()?,
        removed: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
    });
    Ok(())
}

fn renewed(row: &Row, o: &mut Observed) -> Result<(), StoreError> {
    let renewal = Renewal { at: Timestamp(row.int(2)?), until: row.opt_int(3)?.map(Timestamp) };
    renewals::put(o, id("renewals.identity_id", row.int(1)?)?, renewal, Standing::default());
    Ok(())
}

/// The groups of those who were read behind the others.
async fn more_groups(db: &mut dyn Session, provider: i64, sight: &mut Sight) -> Result<(), StoreError> {
    let o = &mut sight.observed;
    let there: BTreeSet<GroupId> = o.groups.iter().map(|group| group.id).collect();
    let stored = o.identities.iter().flat_map(|row| row.groups.iter().copied());
    let missing: BTreeSet<u32> = stored.filter(|group| !there.contains(group)).map(|group| group.0).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ids = list(missing);
    let params = [Param::Int(Some(provider)), Param::Text(Some(&ids))];
    for row in db.rows(sql::GROUPS.of(db.dialect()), &params).await? {
        group(&row, o)?;
    }
    Ok(())
}
