//! Writes on what the leases rest of people who cannot be listed.

use super::StoreError;
use super::apply::{Apply, write};
use rusqlite::params;

impl Apply<'_> {
    pub(super) fn renewals(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if w.renewals.is_empty() {
            return Ok(());
        }
        let provider = self.provider_id()?;
        let mut upsert = self.prepare(
            "INSERT INTO renewals (identity_id, provider_id, renewed_at, until, ended_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (identity_id) DO UPDATE SET provider_id = excluded.provider_id,
                 renewed_at = excluded.renewed_at, until = excluded.until, ended_at = excluded.ended_at, withdrawn = 0",
        )?;
        for row in &w.renewals {
            let (until, ended_at) = (row.renewal.until.map(|at| at.0), row.ended_at.map(|at| at.0));
            let identity = i64::from(row.identity);
            self.rows += write(&mut upsert, params![identity, provider, row.renewal.at.0, until, ended_at])?;
        }
        Ok(())
    }
}
