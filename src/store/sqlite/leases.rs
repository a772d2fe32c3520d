//! One process writes to a file: there are no leases, and which readings have ended is this
//! process's own memory, in a temporary table of the writing connection. Nothing reaches the file.

use super::super::leases::{Claim, Lease, LeaseView, Leases};
use super::apply::Apply;
use super::{Sqlite, StoreError, error};
use async_trait::async_trait;
use rosterd_core::ids::ReadingNumber;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

fn none<T>() -> Result<T, StoreError> {
    Err(StoreError::Refused("SQLite is for one process, which needs no lease".to_owned()))
}

#[async_trait]
impl Leases for Sqlite {
    fn shared(&self) -> bool {
        false
    }

    async fn acquire(&self, _: &str, _: &str, _: Duration) -> Result<Claim, StoreError> {
        none()
    }

    async fn renew(&self, _: &Lease, _: Duration) -> Result<bool, StoreError> {
        none()
    }

    async fn release(&self, _: &Lease) -> Result<(), StoreError> {
        none()
    }

    async fn leases(&self) -> Result<Vec<LeaseView>, StoreError> {
        Ok(Vec::new())
    }

    async fn end_reading(
        &self,
        provider: &str,
        number: ReadingNumber,
        _: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let provider = provider.to_owned();
        self.blocking(move |db| {
            if db.writer.is_none() {
                return Ok(None);
            }
            db.with_writer(|c| {
                c.execute(
                    "INSERT INTO temp.ended_readings (provider, reading) VALUES (?1, ?2)
                     ON CONFLICT (provider) DO UPDATE SET reading = max(reading, excluded.reading)",
                    params![provider, number.0],
                )
                .map_err(error)?;
                c.query_row("SELECT generation FROM state", [], |row| row.get(0)).map(Some).map_err(error)
            })
        })
        .await
    }
}

impl Apply<'_> {
    /// Whether a later reading of the whole provider has ended.
    pub(super) fn fence(&self) -> Result<(), StoreError> {
        let newest: Option<i64> = self
            .tx
            .query_row(
                "SELECT e.reading FROM temp.ended_readings e JOIN providers p ON p.name = e.provider WHERE p.id = ?1",
                [self.provider_id()?],
                |row| row.get(0),
            )
            .optional()
            .map_err(error)?;
        if newest.is_some_and(|newest| self.w.reading.0 < newest) { Err(StoreError::Superseded) } else { Ok(()) }
    }
}
