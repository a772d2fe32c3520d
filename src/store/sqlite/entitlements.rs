//! Writes what rules give of roles: entitlements that are new, and who holds which.

use super::StoreError;
use super::apply::{Apply, must_hit, write};
use super::bulk;
use rusqlite::params;

impl Apply<'_> {
    pub(super) fn entitlements(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        let mut rows = 0;
        let mut insert = self.prepare(
            "INSERT INTO entitlements (id, org_id, role_id, for_user_id, scope, parameters) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for new in &w.new_entitlements {
            let org = new.org.get().map(i64::from);
            let (role, for_user) = (new.role.get().map(i64::from), new.for_user.get().map(i64::from));
            let (scope, parameters) = (w.texts.get(new.scope), w.texts.get(new.parameters));
            rows += write(&mut insert, params![i64::from(new.id), org, role, for_user, scope, parameters])?;
        }
        let stripped = bulk::HOLDERS.strip(self.tx, w.holders.len())?;
        let mut give = self.prepare(
            "INSERT INTO user_entitlements (entitlement_id, user_id, synced) VALUES (?1, ?2, 1)
             ON CONFLICT (entitlement_id, user_id) DO UPDATE SET synced = 1",
        )?;
        let mut delete = self.prepare(
            "DELETE FROM user_entitlements
             WHERE entitlement_id = ?1 AND user_id = ?2 AND coalesce(declared_until, manual_until) IS NULL",
        )?;
        // What a hand or a file gives besides stays.
        let mut clear =
            self.prepare("UPDATE user_entitlements SET synced = 0 WHERE entitlement_id = ?1 AND user_id = ?2")?;
        for holder in &w.holders {
            let key = params![i64::from(holder.entitlement), i64::from(holder.user)];
            rows += match holder.give {
                true => write(&mut give, key)?,
                false => match write(&mut delete, key)? {
                    0 => must_hit(write(&mut clear, key)?)?,
                    deleted => deleted,
                },
            };
        }
        if stripped {
            bulk::HOLDERS.restore(self.tx)?;
        }
        self.rows += rows;
        Ok(())
    }
}
