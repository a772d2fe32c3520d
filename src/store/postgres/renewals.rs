//! Writes on what the leases rest of people who cannot be listed.

use super::super::StoreError;
use super::apply::{Apply, Expect};
use super::statement::Statement;

/// How many rows one statement's arrays hold.
const BATCH: usize = 10_000;

impl Apply<'_> {
    pub(super) async fn renewals(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        for rows in w.renewals.chunks(BATCH) {
            let upsert = Statement::new(
                "INSERT INTO renewals (identity_id, provider_id, renewed_at, until, ended_at)
                 SELECT n.identity_id, $1, n.renewed_at, n.until, n.ended_at
                 FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                     AS n (identity_id, renewed_at, until, ended_at)
                 ON CONFLICT (identity_id) DO UPDATE SET provider_id = excluded.provider_id,
                     renewed_at = excluded.renewed_at, until = excluded.until, ended_at = excluded.ended_at, withdrawn = 0",
            )
            .bind(self.provider_id()?)
            .bind(rows.iter().map(|row| i64::from(row.identity)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.renewal.at.0).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.renewal.until.map(|at| at.0)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.ended_at.map(|at| at.0)).collect::<Vec<_>>());
            self.write(upsert, Expect::Counted).await?;
        }
        Ok(())
    }
}
