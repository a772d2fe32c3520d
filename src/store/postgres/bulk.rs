//! The first load: a table that is empty takes its rows without its secondary indexes and foreign
//! keys, which are made again, and checked as a whole, in the same transaction.
//!
//! A foreign key costs a look-up for each row that is inserted and one join when it is added. The
//! definitions are those of the migrations; a test compares the tables before and after.

use super::super::StoreError;
use super::apply::Apply;
use super::error;
use super::session::unnamed;
use sqlx::Row;

/// From how many rows on it pays.
const WORTH: usize = 20_000;

/// What can be taken from a table and given back.
#[derive(Debug)]
pub(super) struct Bulk {
    /// Whether the table is empty and ours: only its owner may alter it.
    empty: &'static str,
    strip: &'static str,
    restore: &'static str,
}

pub(super) const IDENTITIES: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM identities) AND pg_has_role(relowner, 'USAGE')
            FROM pg_class WHERE oid = 'identities'::regclass",
    strip: "DROP INDEX identities_subject, identities_user;
            ALTER TABLE identities
                DROP CONSTRAINT identities_provider_id_fkey, DROP CONSTRAINT identities_user_id_fkey",
    restore: "CREATE UNIQUE INDEX identities_subject ON identities (provider_id, subject);
              CREATE INDEX identities_user ON identities (user_id);
              ALTER TABLE identities
                ADD CONSTRAINT identities_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES providers (id),
                ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)",
};

pub(super) const ORG_MEMBERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM org_members) AND pg_has_role(relowner, 'USAGE')
            FROM pg_class WHERE oid = 'org_members'::regclass",
    strip: "DROP INDEX org_members_user;
            ALTER TABLE org_members DROP CONSTRAINT org_members_org_id_fkey,
                DROP CONSTRAINT org_members_user_id_fkey",
    restore: "CREATE INDEX org_members_user ON org_members (user_id, org_id);
              ALTER TABLE org_members
                ADD CONSTRAINT org_members_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs (id),
                ADD CONSTRAINT org_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)",
};

pub(super) const TEAM_MEMBERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM team_members) AND pg_has_role(relowner, 'USAGE')
            FROM pg_class WHERE oid = 'team_members'::regclass",
    strip: "DROP INDEX team_members_user;
            ALTER TABLE team_members DROP CONSTRAINT team_members_team_id_fkey,
                DROP CONSTRAINT team_members_user_id_fkey",
    restore: "CREATE INDEX team_members_user ON team_members (user_id, team_id);
              ALTER TABLE team_members
                ADD CONSTRAINT team_members_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id),
                ADD CONSTRAINT team_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)",
};

pub(super) const HOLDERS: Bulk = Bulk {
    empty: "SELECT NOT EXISTS (SELECT 1 FROM user_entitlements) AND pg_has_role(relowner, 'USAGE')
            FROM pg_class WHERE oid = 'user_entitlements'::regclass",
    strip: "DROP INDEX user_entitlements_user;
            ALTER TABLE user_entitlements DROP CONSTRAINT user_entitlements_entitlement_id_fkey,
                DROP CONSTRAINT user_entitlements_user_id_fkey",
    restore: "CREATE INDEX user_entitlements_user ON user_entitlements (user_id, entitlement_id);
              ALTER TABLE user_entitlements
                ADD CONSTRAINT user_entitlements_entitlement_id_fkey
                    FOREIGN KEY (entitlement_id) REFERENCES entitlements (id),
                ADD CONSTRAINT user_entitlements_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)",
};

impl Apply<'_> {
    /// Strips the table when that pays; returns whether it did.
    pub(super) async fn strip(&mut self, table: &Bulk, rows: usize) -> Result<bool, StoreError> {
        if rows < WORTH {
            return Ok(false);
        }
        let c = self.connection().await?;
        let row = unnamed(table.empty).fetch_one(&mut *c).await.map_err(error)?;
        if !row.try_get(0).map_err(error)? {
            return Ok(false);
        }
        sqlx::raw_sql(table.strip).execute(&mut *c).await.map_err(error)?;
        Ok(true)
    }

    /// Undoes [`Apply::strip`].
    pub(super) async fn restore(&mut self, table: &Bulk) -> Result<(), StoreError> {
        let c = self.connection().await?;
        sqlx::raw_sql(table.restore).execute(&mut *c).await.map(drop).map_err(super::write_error)
    }
}
