//! Writes what was seen: the provider, its rules' names, its groups and identities.

use super::super::{json, look};
use super::StoreError;
use super::apply::{Apply, must_hit, write};
use super::bulk;
use rusqlite::params;

impl Apply<'_> {
    pub(super) fn provider(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        if let Some((id, name)) = w.new_provider {
            let mut insert = self.prepare("INSERT INTO providers (id, name) VALUES (?1, ?2)")?;
            rows += write(&mut insert, params![i64::from(id), w.texts.get(name)])?;
        }
        if let Some(base) = &w.base {
            let mut update = self.prepare("UPDATE providers SET base = ?2 WHERE id = ?1")?;
            rows += write(&mut update, params![self.provider_id()?, look::base_text(base)])?;
        }
        let mut insert = self.prepare("INSERT INTO rules (id, name) VALUES (?1, ?2)")?;
        for (id, name) in &w.new_rules {
            rows += write(&mut insert, params![i64::from(*id), w.texts.get(*name)])?;
        }
        self.rows += rows;
        Ok(())
    }

    /// Who may be in groups, and until where the provider's changes have been read.
    pub(super) fn feed(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if !w.lists.is_empty() {
            let provider = self.provider_id()?;
            let mut upsert = self.prepare(
                "INSERT INTO group_lists (group_id, provider_id, members, digest) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (group_id) DO UPDATE SET members = excluded.members, digest = excluded.digest",
            )?;
            let mut forget = self.prepare("DELETE FROM group_joins WHERE group_id = ?1")?;
            for list in &w.lists {
                let group = i64::from(list.group);
                write(&mut upsert, params![group, provider, list.members.of(&w.list_bytes), list.digest])?;
                write(&mut forget, [group])?;
            }
        }
        if !w.joins.is_empty() {
            let provider = self.provider_id()?;
            let mut insert = self.prepare(
                "INSERT INTO group_joins (group_id, identity_id, provider_id)
                 SELECT ?1, ?2, p.id FROM providers p JOIN feeds f ON f.provider = p.name WHERE p.id = ?3
                 ON CONFLICT DO NOTHING",
            )?;
            for (group, identity) in &w.joins {
                write(&mut insert, params![i64::from(*group), i64::from(*identity), provider])?;
            }
        }
        let Some(cursor) = &w.cursor else { return Ok(()) };
        let provider = self.provider_id()?;
        if let Some(from) = &cursor.from {
            let go_on = "UPDATE feeds SET cursor = ?2
                         WHERE provider = (SELECT name FROM providers WHERE id = ?1) AND cursor = ?3";
            let mut go_on = self.prepare(go_on)?;
            return match write(&mut go_on, params![provider, cursor.to, from])? {
                1 => Ok(()),
                _ => Err(StoreError::Moved),
            };
        }
        let keep = "INSERT INTO feeds (provider, cursor) SELECT name, ?2 FROM providers WHERE id = ?1
                    ON CONFLICT (provider) DO UPDATE SET cursor = excluded.cursor";
        let mut keep = self.prepare(keep)?;
        write(&mut keep, params![provider, cursor.to]).map(drop)
    }

    pub(super) fn groups(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if w.groups.is_empty() {
            return Ok(());
        }
        let provider = self.provider_id()?;
        let (mut rows, mut parents) = (0, String::new());
        let mut upsert = self.prepare(
            "INSERT INTO provider_groups (id, provider_id, subject, dn, name, parents, gone_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, dn = excluded.dn, name = excluded.name,
                 parents = excluded.parents, gone_at = excluded.gone_at",
        )?;
        for group in &w.groups {
            json::ids_text(&mut parents, group.parents.of(&w.group_lists));
            rows += write(
                &mut upsert,
                params![
                    i64::from(group.id),
                    provider,
                    w.texts.get(group.subject),
                    w.texts.get(group.dn),
                    w.texts.get(group.name),
                    parents,
                    group.gone_at.map(|at| at.0)
                ],
            )?;
        }
        self.rows += rows;
        Ok(())
    }

    pub(super) fn identities(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut seen = self.prepare("UPDATE identities SET reading = ?2 WHERE id = ?1 AND reading < ?2")?;
        for identity in &w.seen {
            write(&mut seen, params![i64::from(*identity), w.reading.0])?;
        }
        if w.identities.is_empty() {
            return Ok(());
        }
        let provider = self.provider_id()?;
        let new = w.identities.iter().filter(|identity| identity.new).count();
        let stripped = bulk::IDENTITIES.strip(self.tx, new)?;
        let (mut rows, mut groups, mut grants) = (0, String::new(), String::new());
        let mut insert = self.prepare(
            "INSERT INTO identities (id, provider_id, subject, user_id, dn, login, name, email, group_ids, grants,
                 digest, grants_digest, observed_at, gone_at, claims, reading)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        let mut update = self.prepare(
            "UPDATE identities SET subject = ?3, user_id = ?4, dn = ?5, login = ?6, name = ?7, email = ?8,
                 group_ids = ?9, grants = ?10, digest = ?11, grants_digest = ?12, observed_at = ?13, gone_at = ?14,
                 claims = ?15, reading = ?16
             WHERE id = ?1 AND provider_id = ?2",
        )?;
        for identity in &w.identities {
            json::ids_text(&mut groups, identity.groups.of(&w.group_lists));
            json::grants_text(&mut grants, identity.grants.of(&w.grants));
            let statement = if identity.new { &mut insert } else { &mut update };
            rows += must_hit(write(
                statement,
                params![
                    i64::from(identity.id),
                    provider,
                    w.texts.get(identity.subject),
                    i64::from(identity.user),
                    w.texts.get(identity.dn),
                    w.texts.get(identity.login),
                    w.texts.get(identity.name),
                    w.texts.get(identity.email),
                    groups,
                    grants,
                    identity.digest,
                    identity.grants_digest,
                    w.observed_at.0,
                    identity.gone_at(w).map(|at| at.0),
                    (!identity.claims.is_empty()).then(|| w.texts.get(identity.claims)),
                    w.reading.0
                ],
            )?)?;
        }
        if stripped {
            bulk::IDENTITIES.restore(self.tx)?;
        }
        self.rows += rows;
        Ok(())
    }
}
