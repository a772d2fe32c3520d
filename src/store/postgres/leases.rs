//! Leases in PostgreSQL, and the fence that a write has to pass.
//!
//! Three kinds of row lock do the work (PostgreSQL manual, 13.3.2). A write under a lease holds
//! `FOR KEY SHARE` until it is committed. Renewing changes no key and does not wait for it. Taking
//! over asks for `FOR UPDATE` and does: so that nothing of an epoch is committed after the next
//! one has begun.

use super::super::leases::{Claim, Lease, LeaseView, Leases};
use super::session::unnamed;
use super::{Postgres, READ_ONLY, StoreError, error};
use async_trait::async_trait;
use rosterd_core::ids::ReadingNumber;
use rosterd_core::writes::Writes;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Ends those for whom `$1` waits. Only rosterd's own, which the same role may always end: a write
/// of a process that was stopped, or cut off, in the middle.
const END_BLOCKERS: &str = "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.pid = ANY (pg_blocking_pids($1)) AND a.usename = current_user AND a.application_name = 'rosterd'";

const FREE: &str = "SELECT holder, epoch, expires_at - (extract(epoch FROM clock_timestamp()) * 1000)::bigint
    FROM leases WHERE provider = $1";

fn millis(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)
}

fn left(millis: i64) -> Option<Duration> {
    u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis)
}

/// Somebody's, and for how long, unless it is free.
fn taken(row: &PgRow) -> Result<Option<Claim>, StoreError> {
    let by = row.try_get(0).map_err(error)?;
    Ok(left(row.try_get(2).map_err(error)?).map(|left| Claim::Taken { by, left }))
}

#[async_trait]
impl Leases for Postgres {
    fn shared(&self) -> bool {
        true
    }

    async fn acquire(&self, provider: &str, holder: &str, ttl: Duration) -> Result<Claim, StoreError> {
        self.patience.fetch_min(millis(ttl), Ordering::Relaxed);
        // Looked at first without a lock: followers ask often, and mostly in vain.
        let mut aside = self.aside().await?.tx;
        let row = unnamed(FREE).bind(provider).fetch_optional(&mut *aside).await.map_err(error)?;
        match &row {
            Some(row) => {
                if let Some(taken) = taken(row)? {
                    return Ok(taken);
                }
            }
            None => {
                unnamed(
                    "INSERT INTO leases (provider, holder, epoch, expires_at) VALUES ($1, '', 0, 0)
                     ON CONFLICT (provider) DO NOTHING",
                )
                .bind(provider)
                .execute(&mut *aside)
                .await
                .map_err(error)?;
            }
        }
        self.wait_for(&mut aside, provider, ttl / 4).await?;
        // The lock is ours: what the row says now stays so.
        let row = unnamed(FREE).bind(provider).fetch_one(&mut *aside).await.map_err(error)?;
        if let Some(taken) = taken(&row)? {
            return Ok(taken);
        }
        let row = unnamed(
            "UPDATE leases SET holder = $2, epoch = epoch + 1,
                 expires_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $3
             WHERE provider = $1 RETURNING epoch",
        )
        .bind(provider)
        .bind(holder)
        .bind(millis(ttl))
        .fetch_one(&mut *aside)
        .await
        .map_err(error)?;
        let epoch = row.try_get(0).map_err(error)?;
        aside.commit().await.map_err(error)?;
        Ok(Claim::Won(Lease { provider: provider.to_owned(), holder: holder.to_owned(), epoch }))
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        let mut aside = self.aside().await?.tx;
        let renew = unnamed(
            "UPDATE leases SET expires_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + $3
             WHERE provider = $1 AND epoch = $2",
        );
        let renew = renew.bind(&lease.provider).bind(lease.epoch).bind(millis(ttl));
        let rows = renew.execute(&mut *aside).await.map_err(error)?.rows_affected();
        aside.commit().await.map_err(error)?;
        Ok(rows == 1)
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut aside = self.aside().await?.tx;
        let release = unnamed("UPDATE leases SET expires_at = 0 WHERE provider = $1 AND epoch = $2");
        release.bind(&lease.provider).bind(lease.epoch).execute(&mut *aside).await.map_err(error)?;
        aside.commit().await.map_err(error)
    }

    async fn leases(&self) -> Result<Vec<LeaseView>, StoreError> {
        let mut tx = self.pooled(READ_ONLY, 0).await?.tx;
        let all = unnamed(
            "SELECT provider, holder, epoch, expires_at - (extract(epoch FROM clock_timestamp()) * 1000)::bigint, reading
             FROM leases WHERE epoch > 0 ORDER BY provider",
        );
        let rows = all.fetch_all(&mut *tx).await.map_err(error)?;
        let view = |row: &PgRow| -> Result<LeaseView, sqlx::Error> {
            Ok(LeaseView {
                lease: Lease { provider: row.try_get(0)?, holder: row.try_get(1)?, epoch: row.try_get(2)? },
                left: left(row.try_get(3)?),
                reading: ReadingNumber(row.try_get(4)?),
            })
        };
        rows.iter().map(|row| view(row).map_err(error)).collect()
    }
}

impl Postgres {
    /// Locks the lease's row. Whoever stands in the way for longer than `patience` is ended: the
    /// lease has expired, so that it is nobody who still renews it.
    async fn wait_for(&self, c: &mut PgConnection, provider: &str, patience: Duration) -> Result<(), StoreError> {
        let row = unnamed("SELECT pg_backend_pid()").fetch_one(&mut *c).await.map_err(error)?;
        let me: i32 = row.try_get(0).map_err(error)?;
        let lock = async {
            let lock = unnamed("SELECT epoch FROM leases WHERE provider = $1 FOR UPDATE").bind(provider);
            lock.fetch_one(&mut *c).await.map(drop).map_err(error)
        };
        let end_others = async {
            loop {
                tokio::time::sleep(patience).await;
                // Where this fails the lock's own timeout ends the waiting.
                match self.end_blockers(me).await {
                    Ok(0) => {}
                    Ok(ended) => tracing::warn!(provider, ended, "ended a write that stood still under an old lease"),
                    Err(error) => tracing::warn!(provider, %error, "cannot end a write that stands still"),
                }
            }
        };
        tokio::select! {
            locked = lock => locked,
            () = end_others => Ok(()),
        }
    }

    async fn end_blockers(&self, pid: i32) -> Result<usize, StoreError> {
        let mut tx = self.pooled(READ_ONLY, 0).await?.tx;
        Ok(unnamed(END_BLOCKERS).bind(pid).fetch_all(&mut *tx).await.map_err(error)?.len())
    }
}

/// Whether what a full run found may be written: nobody has taken over, no later full reading was
/// finished. With a lease nobody takes over before the transaction ends.
pub(super) async fn fence(c: &mut PgConnection, w: &Writes) -> Result<(), StoreError> {
    let lease = match w.epoch {
        Some(_) => unnamed(
            "SELECT epoch, reading FROM leases
             WHERE provider = coalesce($1, (SELECT name FROM providers WHERE id = $2)) FOR KEY SHARE",
        ),
        // The writers' turn is enough: that a reading was finished is noted in it, too.
        None => unnamed(
            "SELECT epoch, reading FROM leases
             WHERE provider = coalesce($1, (SELECT name FROM providers WHERE id = $2))",
        ),
    };
    let new = w.new_provider.map(|(_, name)| w.texts.get(name));
    let row = lease.bind(new).bind(w.provider.map(i64::from)).fetch_optional(c).await.map_err(error)?;
    let (epoch, newest): (i64, i64) = match row {
        Some(row) => (row.try_get(0).map_err(error)?, row.try_get(1).map_err(error)?),
        None => (0, 0),
    };
    if w.epoch.is_some_and(|mine| mine != epoch) {
        return Err(StoreError::Fenced);
    }
    if w.reading.0 < newest {
        return Err(StoreError::Superseded);
    }
    Ok(())
}
