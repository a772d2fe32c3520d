//! What is kept from one look to the next: organizations, teams, the names of rules, roles, entitlements, and which full
//! readings this process has finished.

use super::super::StoreError;
use super::super::session::{Session, id};
use rosterd_core::entitlements::{EntitlementRow, RoleRow};
use rosterd_core::ids::ReadingNumber;
use rosterd_core::observed::{Observed, OrgRow, TeamRow};
use rosterd_core::text::{Arena, Text};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was read last. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Kept {
    last: Arc<Mutex<Option<Arc<Structure>>>>,
    /// By provider's id.
    finished: Arc<Mutex<BTreeMap<i64, ReadingNumber>>>,
}

#[derive(Debug)]
struct Structure {
    version: i64,
    texts: Arena,
    orgs: Vec<OrgRow>,
    teams: Vec<TeamRow>,
    rules: Vec<(rosterd_core::ids::RuleId, Text)>,
    roles: Vec<RoleRow>,
    entitlements: Vec<EntitlementRow>,
}

impl Kept {
    /// This process has finished a full reading.
    pub(in crate::store) fn finish(&self, provider: i64, number: ReadingNumber) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let last = finished.entry(provider).or_default();
        *last = number.max(*last);
    }

    /// The newest full reading that this process has finished.
    pub(super) fn finished(&self, provider: i64) -> ReadingNumber {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.get(&provider).copied().unwrap_or_default()
    }

    /// A state with the structure of this version in it and nothing else.
    pub(super) async fn structure(&self, db: &mut dyn Session, version: i64) -> Result<Observed, StoreError> {
        let kept = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let structure = match kept.filter(|kept| kept.version == version) {
            Some(kept) => kept,
            None => {
                let read = Arc::new(read(db, version).await?);
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
                read
            }
        };
        Ok(Observed {
            texts: structure.texts.clone(),
            orgs: structure.orgs.clone(),
            teams: structure.teams.clone(),
            rules: structure.rules.clone(),
            roles: structure.roles.clone(),
            entitlements: structure.entitlements.clone(),
            ..Observed::default()
        })
    }
}

async fn read(db: &mut dyn Session, version: i64) -> Result<Structure, StoreError> {
    let mut s = Structure {
        version,
        texts: Arena::default(),
        orgs: Vec::new(),
        teams: Vec::new(),
        rules: Vec::new(),
        roles: Vec::new(),
        entitlements: Vec::new(),
    };
    for row in db.rows("SELECT id, name, key FROM orgs ORDER BY id", &[]).await? {
        let key = row.opt_text(2)?.map_or(Text::EMPTY, |key| s.texts.push(&key));
        s.orgs.push(OrgRow { id: id("orgs.id", row.int(0)?)?, name: s.texts.push(&row.text(1)?), key });
    }
    for row in db.rows("SELECT id, org_id, name, named_after FROM teams ORDER BY id", &[]).await? {
        s.teams.push(TeamRow {
            id: id("teams.id", row.int(0)?)?,
            org: id("teams.org_id", row.int(1)?)?,
            name: s.texts.push(&row.text(2)?),
            named_after: row.opt_int(3)?.map(|group| id("teams.named_after", group)).transpose()?,
        });
    }
    for row in db.rows("SELECT id, name FROM rules ORDER BY id", &[]).await? {
        s.rules.push((id("rules.id", row.int(0)?)?, s.texts.push(&row.text(1)?)));
    }
    let roles = "SELECT id, org_id, name, CASE kind WHEN 'basic' THEN 1 ELSE 0 END,
                        CASE origin WHEN 'manual' THEN 1 ELSE 0 END FROM roles ORDER BY id";
    for row in db.rows(roles, &[]).await? {
        s.roles.push(RoleRow {
            id: id("roles.id", row.int(0)?)?,
            org: row.opt_int(1)?.map(|org| id("roles.org_id", org)).transpose()?.into(),
            name: s.texts.push(&row.text(2)?),
            basic: row.int(3)? == 1,
            by_hand: row.int(4)? == 1,
        });
    }
    let entitlements = "SELECT id, org_id, role_id, for_user_id, scope, parameters FROM entitlements ORDER BY id";
    for row in db.rows(entitlements, &[]).await? {
        s.entitlements.push(EntitlementRow {
            id: id("entitlements.id", row.int(0)?)?,
            org: row.opt_int(1)?.map(|org| id("entitlements.org_id", org)).transpose()?.into(),
            role: row.opt_int(2)?.map(|role| id("entitlements.role_id", role)).transpose()?.into(),
            for_user: row.opt_int(3)?.map(|user| id("entitlements.for_user_id", user)).transpose()?.into(),
            scope: s.texts.push(&row.text(4)?),
            parameters: s.texts.push(&row.text(5)?),
        });
    }
    Ok(s)
}
