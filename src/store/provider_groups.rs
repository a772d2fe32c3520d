//! A provider's groups and what hangs on them, for `rosterd explain group` and `rosterd status`.

use super::session::{Param, Session};
use super::{Counts, GroupView, ProviderGroup, StoreError, json};
use rosterd_core::dn::normalize_into;
use rosterd_core::ids::Timestamp;
use rosterd_core::observed::Right;
use std::collections::{BTreeMap, BTreeSet};

/// The groups of one provider, by id.
#[derive(Debug)]
pub(super) struct Groups(BTreeMap<i64, ProviderGroup>);

impl Groups {
    /// Reads them.
    pub(super) async fn of(db: &mut dyn Session, provider: i64) -> Result<Self, StoreError> {
        let rows = db
            .rows(
                "SELECT id, subject, dn, name, parents, gone_at FROM provider_groups WHERE provider_id = $1",
                &[Param::Int(Some(provider))],
            )
            .await?;
        let mut groups = BTreeMap::new();
        for row in &rows {
            let group = ProviderGroup {
                id: row.int(0)?,
                subject: row.text(1)?,
                dn: row.text(2)?,
                name: row.text(3)?,
                parents: json::ids(&row.text(4)?)?.into_iter().map(i64::from).collect(),
                gone_at: row.opt_int(5)?.map(Timestamp),
            };
            groups.insert(group.id, group);
        }
        Ok(Self(groups))
    }

    /// Those groups and all above them, by id. Ends on cycles, too.
    pub(super) fn closure(&self, direct: &[i64]) -> Vec<ProviderGroup> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<i64> = direct.to_vec();
        while let Some(id) = next.pop() {
            if let Some(group) = self.0.get(&id)
                && seen.insert(id)
            {
                next.extend(&group.parents);
            }
        }
        seen.iter().filter_map(|id| self.0.get(id)).cloned().collect()
    }
}

/// See [`super::Store::groups`].
pub(super) async fn find(db: &mut dyn Session, query: &str) -> Result<Vec<GroupView>, StoreError> {
    let providers = db.rows("SELECT id, name FROM providers ORDER BY name", &[]).await?;
    let mut views = Vec::new();
    for row in &providers {
        let groups = Groups::of(db, row.int(0)?).await?;
        for group in groups.0.values().filter(|group| fits(group, query)) {
            views.push(view(db, row.text(1)?, group, &groups).await?);
        }
    }
    Ok(views)
}

fn fits(group: &ProviderGroup, query: &str) -> bool {
    let (mut dn, mut wanted) = (String::new(), String::new());
    let same_dn =
        normalize_into(&group.dn, &mut dn).is_ok() && normalize_into(query, &mut wanted).is_ok() && dn == wanted;
    same_dn || group.name.to_lowercase() == query.to_lowercase() || group.dn.to_lowercase() == query.to_lowercase()
}

async fn view(
    db: &mut dyn Session,
    provider: String,
    group: &ProviderGroup,
    groups: &Groups,
) -> Result<GroupView, StoreError> {
    let mut children: Vec<String> =
        groups.0.values().filter(|child| child.parents.contains(&group.id)).map(|child| child.name.clone()).collect();
    children.sort();
    // The texts have no blanks and an id stands between brackets or commas (json.rs).
    let direct = db
        .rows(
            "SELECT count(*) FROM identities
             WHERE replace(replace(group_ids, '[', ','), ']', ',') LIKE $1 AND gone_at IS NULL",
            &[Param::Text(Some(&format!("%,{},%", group.id)))],
        )
        .await?;
    Ok(GroupView {
        provider,
        group: group.clone(),
        above: groups.closure(&[group.id]),
        children,
        direct_people: direct.first().map(|row| row.int(0)).transpose()?.unwrap_or(0),
        gives: gives(db, group.id).await?,
    })
}

async fn entitlement(db: &mut dyn Session, id: i64) -> Result<String, StoreError> {
    let rows = db
        .rows(
            "SELECT r.name, u.login, e.scope, e.parameters FROM entitlements e LEFT JOIN roles r ON r.id = e.role_id
             LEFT JOIN users u ON u.id = e.for_user_id WHERE e.id = $1",
            &[Param::Int(Some(id))],
        )
        .await?;
    rows.first().map_or_else(|| Ok(format!("#{id}")), |row| super::people::what(row, 0))
}

/// (rule, kind, organization or team or entitlement, people), in that order.
async fn gives(db: &mut dyn Session, group: i64) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    // A grant's group is the last thing in its brackets.
    let rows = db
        .rows(
            "SELECT user_id, grants FROM identities WHERE grants LIKE $1",
            &[Param::Text(Some(&format!("%,{group}]%")))],
        )
        .await?;
    let mut people: BTreeMap<_, BTreeSet<i64>> = BTreeMap::new();
    for row in &rows {
        let user = row.int(0)?;
        for grant in json::grants(&row.text(1)?)?.into_iter().filter(|g| g.via.get().map(i64::from) == Some(group)) {
            let (kind, id) = match grant.right {
                Right::Org(org, _) => ("org", i64::from(org)),
                Right::Team(team, _) => ("team", i64::from(team)),
                Right::ServerAdmin => ("server_admin", 0),
                Right::Entitlement(entitlement) => ("entitlement", i64::from(entitlement)),
            };
            people.entry((i64::from(grant.rule), kind, id)).or_default().insert(user);
        }
    }
    let mut gives = Vec::with_capacity(people.len());
    for ((rule, kind, target), people) in people {
        let rule = name(db, "SELECT name FROM rules WHERE id = $1", rule).await?;
        let target = match kind {
            "org" => name(db, "SELECT name FROM orgs WHERE id = $1", target).await?,
            "team" => name(db, "SELECT name FROM teams WHERE id = $1", target).await?,
            "entitlement" => entitlement(db, target).await?,
            _ => String::new(),
        };
        gives.push((rule, kind.to_owned(), target, i64::try_from(people.len()).unwrap_or(i64::MAX)));
    }
    gives.sort();
    Ok(gives)
}

async fn name(db: &mut dyn Session, sql: &'static str, id: i64) -> Result<String, StoreError> {
    let rows = db.rows(sql, &[Param::Int(Some(id))]).await?;
    rows.first().map_or_else(|| Ok(format!("#{id}")), |row| row.text(0))
}

/// See [`super::Store::counts`].
pub(super) async fn counts(db: &mut dyn Session) -> Result<Counts, StoreError> {
    let rows = db
        .rows(
            "SELECT (SELECT count(*) FROM users WHERE state = 'active' AND kind <> 'service'),
                    (SELECT count(*) FROM users WHERE state = 'suspended' AND kind <> 'service'),
                    (SELECT count(*) FROM users WHERE state = 'archived' AND kind <> 'service'),
                    (SELECT count(*) FROM orgs), (SELECT count(*) FROM teams),
                    (SELECT count(*) FROM org_members), (SELECT count(*) FROM team_members),
                    (SELECT count(*) FROM holds WHERE state = 'pending'), (SELECT count(*) FROM audit),
                    (SELECT audit_seq FROM state),
                    (SELECT count(*) FROM users WHERE kind = 'service' AND state <> 'archived')",
            &[],
        )
        .await?;
    let row = rows.first().ok_or_else(|| StoreError::Database("it counted nothing".to_owned()))?;
    let providers = db
        .rows(
            "SELECT p.name,
                    (SELECT count(*) FROM identities i WHERE i.provider_id = p.id AND i.gone_at IS NULL),
                    (SELECT count(*) FROM provider_groups g WHERE g.provider_id = p.id AND g.gone_at IS NULL),
                    p.applied_at
             FROM providers p ORDER BY p.name",
            &[],
        )
        .await?;
    Ok(Counts {
        users_active: row.int(0)?,
        users_suspended: row.int(1)?,
        users_archived: row.int(2)?,
        orgs: row.int(3)?,
        teams: row.int(4)?,
        org_members: row.int(5)?,
        team_members: row.int(6)?,
        providers: providers
            .iter()
            .map(|row| Ok((row.text(0)?, row.int(1)?, row.int(2)?, row.opt_int(3)?.map(Timestamp))))
            .collect::<Result<_, StoreError>>()?,
        holds_pending: row.int(7)?,
        audit_records: row.int(8)?,
        audit_last: row.int(9)?,
        service_accounts: row.int(10)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_ends_on_cycles_and_leaves_out_what_is_unknown() {
        let group = |id: i64, parents: &[i64]| {
            let text = String::new();
            let group = ProviderGroup {
                id,
                subject: text.clone(),
                dn: text.clone(),
                name: text,
                parents: parents.to_vec(),
                gone_at: None,
            };
            (id, group)
        };
        let groups = Groups(BTreeMap::from([group(1, &[2]), group(2, &[3]), group(3, &[1, 9]), group(4, &[1])]));
        let ids: Vec<i64> = groups.closure(&[1]).iter().map(|group| group.id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert!(groups.closure(&[]).is_empty());
    }
}
