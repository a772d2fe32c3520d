//! What provisioning files declare: what the database has of it, and a plan's writes.
//!
//! In sets, over the SQL that both databases share. No statement here names a column of what rules or people give,
//! except to see whether anything is left of a row.

mod observe;
mod sql;
mod write;

use super::session::{Engine, Session};
use super::shared::Shared;
use super::{Absent, StoreError, absent};
use async_trait::async_trait;
use rosterd_core::ids::Timestamp;
use rosterd_core::provision::{Observed, Wanted, Writes};

/// What files declare.
#[async_trait]
pub trait Provisions: Send + Sync {
    /// Reads what a plan for files needs, from one consistent view.
    async fn observe_declared(&self, wanted: &Wanted, now: Timestamp) -> Result<Observed, StoreError>;

    /// Counts every write that a plan may rest on.
    async fn generation(&self) -> Result<i64, StoreError>;

    /// Carries out a plan for files in one transaction; returns how many rows it wrote. Refuses with
    /// [`StoreError::Moved`] when the database's generation is not the one the plan rests on, and with
    /// [`StoreError::Fenced`] when another process has taken over since.
    async fn apply_declared(&self, writes: Writes, now: Timestamp) -> Result<u64, StoreError>;

    /// Reads what a plan needs and carries out what `decide` makes of it, in one transaction and while nobody else can
    /// write: there is no [`StoreError::Moved`].
    async fn revise_declared(&self, wanted: &Wanted, decide: DecideDeclared, now: Timestamp)
    -> Result<u64, StoreError>;
}

/// What to write, seen what there is.
pub type DecideDeclared = Box<dyn FnOnce(Observed) -> Option<Writes> + Send>;

#[async_trait]
impl<E: Engine> Provisions for Shared<E> {
    async fn observe_declared(&self, wanted: &Wanted, now: Timestamp) -> Result<Observed, StoreError> {
        let wanted = wanted.clone();
        self.read(Box::new(move |db: &mut dyn Session| {
            Box::pin(async move { observe::observe(db, &wanted, now).await })
        }))
        .await
    }

    async fn generation(&self) -> Result<i64, StoreError> {
        self.read(Box::new(|db: &mut dyn Session| {
            Box::pin(async move {
                let rows = db.rows("SELECT generation FROM state WHERE one = 1", &[]).await?;
                rows.first().map_or(Ok(0), |row| row.int(0))
            })
        }))
        .await
    }

    async fn apply_declared(&self, writes: Writes, now: Timestamp) -> Result<u64, StoreError> {
        crate::fault::point("provision.begin");
        let applied = self
            .write(Box::new(move |db: &mut dyn Session| Box::pin(async move { write::apply(db, &writes, now).await })))
            .await?;
        crate::fault::point("provision.committed");
        Ok(applied)
    }

    async fn revise_declared(
        &self,
        wanted: &Wanted,
        decide: DecideDeclared,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let wanted = wanted.clone();
        self.write(Box::new(move |db: &mut dyn Session| {
            Box::pin(async move {
                let observed = observe::observe(db, &wanted, now).await?;
                match decide(observed) {
                    Some(writes) => write::apply(db, &writes, now).await,
                    None => Ok(0),
                }
            })
        }))
        .await
    }
}

#[async_trait]
impl Provisions for Absent {
    async fn observe_declared(&self, _: &Wanted, _: Timestamp) -> Result<Observed, StoreError> {
        Ok(Observed::default())
    }

    async fn generation(&self) -> Result<i64, StoreError> {
        Ok(0)
    }

    async fn apply_declared(&self, _: Writes, _: Timestamp) -> Result<u64, StoreError> {
        absent::refused()
    }

    async fn revise_declared(&self, _: &Wanted, _: DecideDeclared, _: Timestamp) -> Result<u64, StoreError> {
        absent::refused()
    }
}
