//! What following a provider's changes needs to know: until where they were read, who may be in its groups,
//! and who of those is who.

use super::look::list;
use super::session::{Engine, Param, Row, Session, Sql, id};
use super::shared::Shared;
use super::{Absent, StoreError, json};
use async_trait::async_trait;
use rosterd_core::ids::{GroupId, IdentityId};
use rosterd_core::members;
use rosterd_core::plan::Losses;
use std::collections::BTreeMap;
use std::fmt;

/// See the module's text.
#[async_trait]
pub trait Feeds: Send + Sync + fmt::Debug {
    /// Until where the provider's changes have been read; `None` where they are not followed.
    async fn cursor(&self, provider: &str) -> Result<Option<String>, StoreError>;

    /// Who may be in these of the provider's groups.
    async fn listed(&self, provider: &str, groups: &[GroupId]) -> Result<Vec<(GroupId, Vec<IdentityId>)>, StoreError>;

    /// Those of the provider's identities that have one of these ids and are not gone.
    async fn listed_people(&self, provider: &str, ids: &[IdentityId]) -> Result<Vec<ListedPerson>, StoreError>;

    /// The provider's groups that are not gone.
    async fn listed_groups(&self, provider: &str) -> Result<Vec<ListedGroup>, StoreError>;

    /// Immutable ids of the provider's people that are not gone, ascending.
    async fn known_people(&self, provider: &str) -> Result<Vec<String>, StoreError>;

    /// Those of these immutable ids that the provider's people have who are not gone.
    async fn known_among(&self, provider: &str, subjects: &[&String]) -> Result<Vec<String>, StoreError>;

    /// Whether one of these has no more members from providers than it is to lose.
    async fn emptied(&self, losses: &Losses) -> Result<bool, StoreError>;
}

/// A group as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    pub id: GroupId,
    pub subject: String,
    pub dn: String,
    pub name: String,
    /// The groups that it is directly in.
    pub parents: Vec<GroupId>,
}

/// A person as a provider gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    pub id: IdentityId,
    pub subject: String,
    pub dn: String,
    pub login: String,
    /// The groups that they are directly in.
    pub groups: Vec<GroupId>,
}

macro_rules! ids {
    ($before:literal) => {
        Sql {
            sqlite: concat!($before, " IN (SELECT value FROM json_each($2))"),
            postgres: concat!($before, " = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::bigint))"),
        }
    };
}

const LISTS: Sql = ids!(
    "SELECT l.group_id, l.members FROM providers p JOIN group_lists l ON l.provider_id = p.id
     WHERE p.name = $1 AND l.group_id"
);
const JOINS: Sql = ids!(
    "SELECT j.group_id, j.identity_id FROM providers p JOIN group_joins j ON j.provider_id = p.id
     WHERE p.name = $1 AND j.group_id"
);
const PEOPLE: Sql = ids!(
    "SELECT i.id, i.subject, i.dn, i.login, i.group_ids FROM providers p JOIN identities i ON i.provider_id = p.id
     WHERE p.name = $1 AND i.gone_at IS NULL AND i.id"
);
const GROUPS: &str = "SELECT g.id, g.subject, g.dn, g.name, g.parents FROM providers p
     JOIN provider_groups g ON g.provider_id = p.id WHERE p.name = $1 AND g.gone_at IS NULL ORDER BY g.id";
const KNOWN: &str = "SELECT i.subject FROM providers p JOIN identities i ON i.provider_id = p.id
     WHERE p.name = $1 AND i.gone_at IS NULL";
const AMONG: Sql = Sql {
    sqlite: "SELECT i.subject FROM providers p JOIN identities i ON i.provider_id = p.id
     WHERE p.name = $1 AND i.gone_at IS NULL AND i.subject IN (SELECT value FROM json_each($2))",
    postgres: "SELECT i.subject FROM providers p JOIN identities i ON i.provider_id = p.id
     WHERE p.name = $1 AND i.gone_at IS NULL AND i.subject = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))",
};
/// No more are counted than it takes to know.
const IN_TEAM: &str = "SELECT count(*) FROM
     (SELECT 1 FROM team_members WHERE team_id = $1 AND synced_role IS NOT NULL LIMIT $2) AS counted";
const IN_ORG: &str = "SELECT count(*) FROM
     (SELECT 1 FROM org_members WHERE org_id = $1 AND synced_role IS NOT NULL LIMIT $2) AS counted";

#[async_trait]
impl<E: Engine> Feeds for Shared<E> {
    async fn cursor(&self, provider: &str) -> Result<Option<String>, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { cursor(db, &provider).await }))).await
    }

    async fn listed(&self, provider: &str, groups: &[GroupId]) -> Result<Vec<(GroupId, Vec<IdentityId>)>, StoreError> {
        let (provider, groups) = (provider.to_owned(), groups.to_vec());
        self.read(Box::new(move |db| Box::pin(async move { listed(db, &provider, &groups).await }))).await
    }

    async fn listed_people(&self, provider: &str, ids: &[IdentityId]) -> Result<Vec<ListedPerson>, StoreError> {
        let (provider, keys) = (provider.to_owned(), list(ids.iter().map(|id| id.0)));
        self.read(Box::new(move |db| Box::pin(async move { people(db, &provider, &keys).await }))).await
    }

    async fn listed_groups(&self, provider: &str) -> Result<Vec<ListedGroup>, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { groups(db, &provider).await }))).await
    }

    async fn known_people(&self, provider: &str) -> Result<Vec<String>, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { known(db, &provider).await }))).await
    }

    async fn known_among(&self, provider: &str, subjects: &[&String]) -> Result<Vec<String>, StoreError> {
        let (provider, subjects) = (provider.to_owned(), serde_json::to_string(subjects).unwrap_or_default());
        self.read(Box::new(move |db| Box::pin(async move { known_among(db, &provider, &subjects).await }))).await
    }

    async fn emptied(&self, losses: &Losses) -> Result<bool, StoreError> {
        let losses = losses.clone();
        self.read(Box::new(move |db| Box::pin(async move { emptied(db, &losses).await }))).await
    }
}

#[async_trait]
impl Feeds for Absent {
    async fn cursor(&self, _: &str) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    async fn listed(&self, _: &str, _: &[GroupId]) -> Result<Vec<(GroupId, Vec<IdentityId>)>, StoreError> {
        Ok(Vec::new())
    }

    async fn listed_people(&self, _: &str, _: &[IdentityId]) -> Result<Vec<ListedPerson>, StoreError> {
        Ok(Vec::new())
    }

    async fn listed_groups(&self, _: &str) -> Result<Vec<ListedGroup>, StoreError> {
        Ok(Vec::new())
    }

    async fn known_people(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn known_among(&self, _: &str, _: &[&String]) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    async fn emptied(&self, _: &Losses) -> Result<bool, StoreError> {
        Ok(false)
    }
}

async fn cursor(db: &mut dyn Session, provider: &str) -> Result<Option<String>, StoreError> {
    let rows = db.rows("SELECT cursor FROM feeds WHERE provider = $1", &[Param::Text(Some(provider))]).await?;
    rows.first().map(|row| row.text(0)).transpose()
}

/// Puts a cursor where there was another, or none.
pub(super) async fn keep_cursor(db: &mut dyn Session, provider: &str, new: &str) -> Result<(), StoreError> {
    if cursor(db, provider).await?.as_deref() == Some(new) {
        return Ok(());
    }
    let keep = "INSERT INTO feeds (provider, cursor) VALUES ($1, $2)
                ON CONFLICT (provider) DO UPDATE SET cursor = excluded.cursor";
    db.run(keep, &[Param::Text(Some(provider)), Param::Text(Some(new))]).await.map(drop)
}

/// See [`Feeds::listed`]; each list ascends.
pub(super) async fn listed(
    db: &mut dyn Session,
    provider: &str,
    groups: &[GroupId],
) -> Result<Vec<(GroupId, Vec<IdentityId>)>, StoreError> {
    let of = list(groups.iter().map(|group| group.0));
    let params = [Param::Text(Some(provider)), Param::Text(Some(&of))];
    let mut found: BTreeMap<GroupId, Vec<IdentityId>> = groups.iter().map(|group| (*group, Vec::new())).collect();
    for row in db.rows(LISTS.of(db.dialect()), &params).await? {
        let people = members::unpack(&row.bytes(1)?).ok_or_else(|| {
            StoreError::Database("group_lists.members holds something that rosterd does not know".to_owned())
        })?;
        found.insert(id("group_lists.group_id", row.int(0)?)?, people);
    }
    for row in db.rows(JOINS.of(db.dialect()), &params).await? {
        let group: GroupId = id("group_joins.group_id", row.int(0)?)?;
        found.entry(group).or_default().push(id("group_joins.identity_id", row.int(1)?)?);
    }
    for people in found.values_mut() {
        people.sort_unstable();
        people.dedup();
    }
    Ok(found.into_iter().collect())
}

async fn people(db: &mut dyn Session, provider: &str, keys: &str) -> Result<Vec<ListedPerson>, StoreError> {
    let rows = db.rows(PEOPLE.of(db.dialect()), &[Param::Text(Some(provider)), Param::Text(Some(keys))]).await?;
    let one = |row: &Row| {
        let (subject, dn, login) = (row.text(1)?, row.text(2)?, row.text(3)?);
        let groups = json::ids(&row.text(4)?)?;
        Ok(ListedPerson { id: id("identities.id", row.int(0)?)?, subject, dn, login, groups })
    };
    rows.iter().map(one).collect()
}

async fn groups(db: &mut dyn Session, provider: &str) -> Result<Vec<ListedGroup>, StoreError> {
    let rows = db.rows(GROUPS, &[Param::Text(Some(provider))]).await?;
    let one = |row: &Row| {
        Ok(ListedGroup {
            id: id("provider_groups.id", row.int(0)?)?,
            subject: row.text(1)?,
            dn: row.text(2)?,
            name: row.text(3)?,
            parents: json::ids(&row.text(4)?)?,
        })
    };
    rows.iter().map(one).collect()
}

async fn known(db: &mut dyn Session, provider: &str) -> Result<Vec<String>, StoreError> {
    let rows = db.rows(KNOWN, &[Param::Text(Some(provider))]).await?;
    let mut known: Vec<String> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    known.sort_unstable();
    Ok(known)
}

async fn known_among(db: &mut dyn Session, provider: &str, subjects: &str) -> Result<Vec<String>, StoreError> {
    let params = [Param::Text(Some(provider)), Param::Text(Some(subjects))];
    let rows = db.rows(AMONG.of(db.dialect()), &params).await?;
    rows.iter().map(|row| row.text(0)).collect()
}

async fn emptied(db: &mut dyn Session, losses: &Losses) -> Result<bool, StoreError> {
    let teams = losses.teams.iter().map(|(team, lost)| (IN_TEAM, team.0, *lost));
    let orgs = losses.orgs.iter().map(|(org, lost)| (IN_ORG, org.0, *lost));
    for (sql, of, lost) in teams.chain(orgs) {
        let params = [Param::Int(Some(i64::from(of))), Param::Int(Some(i64::from(lost) + 1))];
        let rows = db.rows(sql, &params).await?;
        let there = rows.first().map_or(Ok(0), |row| row.int(0))?;
        if there <= i64::from(lost) {
            return Ok(true);
        }
    }
    Ok(false)
}
