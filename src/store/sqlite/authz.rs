//! Writes what an application reads: organizations, people, teams, memberships, suspensions.

use super::StoreError;
use super::apply::{Apply, must_hit, write};
use super::bulk;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::writes::UserWrite;
use rusqlite::{CachedStatement, Statement, params};

impl Apply<'_> {
    /// Changed ones first, and parked, for the same reason as people.
    pub(super) fn orgs(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        let mut change = self.prepare("UPDATE orgs SET name = ?2, key = ?3 WHERE id = ?1")?;
        for org in &w.changed_orgs {
            write(&mut change, params![i64::from(org.id), format!("\u{1}{}", org.id), None::<&str>])?;
        }
        for org in &w.changed_orgs {
            let (name, key) = (w.texts.get(org.name), opt(w.texts.get(org.key)));
            rows += must_hit(write(&mut change, params![i64::from(org.id), name, key])?)?;
        }
        let mut insert = self.prepare("INSERT INTO orgs (id, name, key, created_at) VALUES (?1, ?2, ?3, ?4)")?;
        for org in &w.new_orgs {
            let (name, key) = (w.texts.get(org.name), opt(w.texts.get(org.key)));
            rows += write(&mut insert, params![i64::from(org.id), name, key, self.now.0])?;
        }
        self.rows += rows;
        Ok(())
    }

    /// Changed people first: they may give up logins that new ones take. Those whose login changes
    /// are parked on a login that nobody has, so that two can swap theirs.
    pub(super) fn users(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        if !w.changed_users.is_empty() {
            let mut park = self.prepare("UPDATE users SET login = char(1) || id WHERE id = ?1 AND login <> ?2")?;
            for user in &w.changed_users {
                write(&mut park, params![i64::from(user.id), w.texts.get(user.login)])?;
            }
            let mut update = self.prepare(
                "UPDATE users SET login = ?2, name = ?3, email = ?4, state = ?5, synced_admin = ?6, updated_at = ?7
                 WHERE id = ?1",
            )?;
            for user in &w.changed_users {
                rows += self.user(&mut update, user)?;
            }
        }
        let stripped = bulk::USERS.strip(self.tx, w.new_users.len())?;
        let mut insert = self.prepare(
            "INSERT INTO users (id, login, name, email, state, synced_admin, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        )?;
        for user in &w.new_users {
            rows += self.user(&mut insert, user)?;
        }
        if stripped {
            bulk::USERS.restore(self.tx)?;
        }
        self.rows += rows;
        Ok(())
    }

    fn user(&self, statement: &mut Statement<'_>, user: &UserWrite) -> Result<u64, StoreError> {
        let texts = &self.w.texts;
        must_hit(write(
            statement,
            params![
                i64::from(user.id),
                texts.get(user.login),
                texts.get(user.name),
                texts.get(user.email),
                user.state.name(),
                user.synced_admin,
                self.now.0
            ],
        )?)
    }

    /// Renamed teams first, for the same reason as with people.
    pub(super) fn teams(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        let mut rename = self.prepare("UPDATE teams SET name = ?2 WHERE id = ?1")?;
        for (id, _) in &w.renamed_teams {
            write(&mut rename, params![i64::from(*id), format!("\u{1}{id}")])?;
        }
        for (id, name) in &w.renamed_teams {
            rows += must_hit(write(&mut rename, params![i64::from(*id), w.texts.get(*name)])?)?;
        }
        let mut insert =
            self.prepare("INSERT INTO teams (id, org_id, name, named_after, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for team in &w.new_teams {
            rows += write(
                &mut insert,
                params![
                    i64::from(team.id),
                    i64::from(team.org),
                    w.texts.get(team.name),
                    team.named_after.map(i64::from),
                    self.now.0
                ],
            )?;
        }
        self.rows += rows;
        Ok(())
    }

    pub(super) fn org_members(&mut self) -> Result<(), StoreError> {
        let set = self.prepare(
            "INSERT INTO org_members (org_id, user_id, synced_role) VALUES (?1, ?2, ?3)
             ON CONFLICT (org_id, user_id) DO UPDATE SET synced_role = excluded.synced_role",
        )?;
        let delete =
            self.prepare("DELETE FROM org_members WHERE org_id = ?1 AND user_id = ?2 AND coalesce(manual_role, declared_role) IS NULL")?;
        let clear = self.prepare(
            "UPDATE org_members SET synced_role = NULL
             WHERE org_id = ?1 AND user_id = ?2 AND synced_role IS NOT NULL",
        )?;
        let list = self.w.org_members.iter();
        let stripped = bulk::ORG_MEMBERS.strip(self.tx, list.len())?;
        self.rows += memberships(
            set,
            delete,
            clear,
            list.map(|m| (i64::from(m.org), i64::from(m.user), m.role.map(OrgRole::name))),
        )?;
        if stripped {
            bulk::ORG_MEMBERS.restore(self.tx)?;
        }
        Ok(())
    }

    pub(super) fn team_members(&mut self) -> Result<(), StoreError> {
        let set = self.prepare(
            "INSERT INTO team_members (team_id, user_id, synced_role) VALUES (?1, ?2, ?3)
             ON CONFLICT (team_id, user_id) DO UPDATE SET synced_role = excluded.synced_role",
        )?;
        let delete =
            self.prepare("DELETE FROM team_members WHERE team_id = ?1 AND user_id = ?2 AND coalesce(manual_role, declared_role) IS NULL")?;
        let clear = self.prepare(
            "UPDATE team_members SET synced_role = NULL
             WHERE team_id = ?1 AND user_id = ?2 AND synced_role IS NOT NULL",
        )?;
        let list = self.w.team_members.iter();
        let stripped = bulk::TEAM_MEMBERS.strip(self.tx, list.len())?;
        self.rows += memberships(
            set,
            delete,
            clear,
            list.map(|m| (i64::from(m.team), i64::from(m.user), m.role.map(TeamRole::name))),
        )?;
        if stripped {
            bulk::TEAM_MEMBERS.restore(self.tx)?;
        }
        Ok(())
    }

    pub(super) fn suspensions(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        let mut upsert = self.prepare(
            "INSERT INTO user_suspensions (user_id, origin, reason, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (user_id, origin) DO UPDATE SET reason = excluded.reason, since = excluded.since",
        )?;
        for s in &w.suspend {
            let (origin, reason) = (w.texts.get(s.origin), w.texts.get(s.reason));
            rows += write(&mut upsert, params![i64::from(s.user), origin, reason, s.since.0])?;
        }
        let mut delete = self.prepare("DELETE FROM user_suspensions WHERE user_id = ?1 AND origin = ?2")?;
        for (user, origin) in &w.unsuspend {
            rows += write(&mut delete, params![i64::from(*user), w.texts.get(*origin)])?;
        }
        self.rows += rows;
        Ok(())
    }
}

/// NULL stands for what is empty.
fn opt(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Sets, or takes back, what rosterd gives in an organization or team. A row that only a person's
/// gift keeps stays.
fn memberships(
    mut set: CachedStatement<'_>,
    mut delete: CachedStatement<'_>,
    mut clear: CachedStatement<'_>,
    list: impl Iterator<Item = (i64, i64, Option<&'static str>)>,
) -> Result<u64, StoreError> {
    let mut rows = 0;
    for (of, user, role) in list {
        rows += match role {
            Some(role) => write(&mut set, params![of, user, role])?,
            None => match write(&mut delete, params![of, user])? {
                0 => write(&mut clear, params![of, user])?,
                deleted => deleted,
            },
        };
    }
    Ok(rows)
}
