//! The first load: a table that is empty takes its rows without its secondary indexes, which are
//! made again in the same transaction.
//!
//! An index made from what is there is sorted once; one that grows beside the rows, in another
//! order than theirs, pushes pages out of the cache and reads them back. The definitions are those
//! of the migrations; a test compares the tables before and after.

use super::{StoreError, error};
use rusqlite::Connection;

/// From how many rows on it pays.
const WORTH: usize = 20_000;

/// What can be taken from a table and given back.
#[derive(Debug)]
pub(super) struct Bulk {
    empty: &'static str,
    strip: &'static str,
    restore: &'static str,
}

pub(super) const USERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM users)",
    strip: "DROP INDEX users_email",
    restore: "CREATE INDEX users_email ON users (email)",
};

pub(super) const IDENTITIES: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM identities)",
    strip: "DROP INDEX identities_subject; DROP INDEX identities_user",
    restore: "CREATE UNIQUE INDEX identities_subject ON identities (provider_id, subject);
              CREATE INDEX identities_user ON identities (user_id)",
};

pub(super) const ORG_MEMBERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM org_members)",
    strip: "DROP INDEX org_members_user",
    restore: "CREATE INDEX org_members_user ON org_members (user_id, org_id)",
};

pub(super) const TEAM_MEMBERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM team_members)",
    strip: "DROP INDEX team_members_user",
    restore: "CREATE INDEX team_members_user ON team_members (user_id, team_id)",
};

pub(super) const HOLDERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM user_entitlements)",
    strip: "DROP INDEX user_entitlements_user",
    restore: "CREATE INDEX user_entitlements_user ON user_entitlements (user_id, entitlement_id)",
};

impl Bulk {
    /// Strips the table when that pays; returns whether it did.
    pub(super) fn strip(&self, tx: &Connection, rows: usize) -> Result<bool, StoreError> {
        if rows < WORTH || !tx.query_row(self.empty, [], |row| row.get(0)).map_err(error)? {
            return Ok(false);
        }
        tx.execute_batch(self.strip).map_err(error)?;
        Ok(true)
    }

    /// Undoes [`Bulk::strip`]. A key that is there twice now is somebody else's, as in
    /// [`super::apply::write`].
    pub(super) fn restore(&self, tx: &Connection) -> Result<(), StoreError> {
        tx.execute_batch(self.restore).map_err(super::apply::write_error)
    }
}
