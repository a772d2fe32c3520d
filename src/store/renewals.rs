//! On what the leases rest of people who cannot be listed, and how many of them end soon. By an index: nobody
//! else is read.

use super::session::{Engine, Param, Session};
use super::shared::Shared;
use super::{Absent, StoreError};
use async_trait::async_trait;
use rosterd_core::ids::{IdentityId, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::renewal::Renewal;

const DAY: i64 = 86_400_000;

/// How many leases of a provider have ended, or will.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ending {
    /// They are over, and nothing was done about it yet.
    pub now: u64,
    /// Within a day from now, those that are over included.
    pub day: u64,
    /// Within seven.
    pub week: u64,
}

/// The table `renewals`.
#[async_trait]
pub trait Renewals: Send + Sync {
    /// How many leases of the provider end when, where one is `lease` milliseconds long.
    async fn ending(&self, provider: &str, lease: i64, now: Timestamp) -> Result<Ending, StoreError>;
}

/// Puts a row where a plan looks for it.
pub(super) fn put(o: &mut Observed, identity: IdentityId, renewal: Renewal, ended: bool) {
    o.last_renewal = o.last_renewal.max(Some(renewal.at));
    if !ended {
        o.renewals.push((identity, renewal));
    }
}

/// Each is looked for in the two indexes by itself: of a sum of both, a database reads all. $2: renewed before,
/// $3: the moment.
const ENDING: &str = "SELECT
    (SELECT count(*) FROM renewals WHERE provider_id = p.id AND ended_at IS NULL AND renewed_at < $2)
    + (SELECT count(*) FROM renewals WHERE provider_id = p.id AND ended_at IS NULL AND until IS NOT NULL
           AND until < $3 AND renewed_at >= $2)
    FROM providers p WHERE p.name = $1";

async fn ending(db: &mut dyn Session, provider: &str, lease: i64, now: Timestamp) -> Result<Ending, StoreError> {
    let mut counts = [0; 3];
    for (count, days) in counts.iter_mut().zip([0, 1, 7]) {
        let moment = now.plus_millis(days * DAY);
        let before = moment.plus_millis(-lease);
        let params = [Param::Text(Some(provider)), Param::Int(Some(before.0)), Param::Int(Some(moment.0))];
        let row = db.rows(ENDING, &params).await?;
        *count = row.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
    }
    let [now, day, week] = counts;
    Ok(Ending { now, day, week })
}

#[async_trait]
impl<E: Engine> Renewals for Shared<E> {
    async fn ending(&self, provider: &str, lease: i64, now: Timestamp) -> Result<Ending, StoreError> {
        let provider = provider.to_owned();
        self.read(Box::new(move |db| Box::pin(async move { ending(db, &provider, lease, now).await }))).await
    }
}

#[async_trait]
impl Renewals for Absent {
    async fn ending(&self, _: &str, _: i64, _: Timestamp) -> Result<Ending, StoreError> {
        Ok(Ending::default())
    }
}
