//! On what the leases rest of people who cannot be listed, and how many of them end soon. By indexes: nobody
//! else is read. Whom a re-check holds is asked once; from then on, only whose lease has ended since.

use super::session::{Engine, Param, Session};
use super::shared::Shared;
use super::{Absent, StoreError};
use async_trait::async_trait;
use rosterd_core::ids::{IdentityId, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::renewal::Renewal;

const DAY: i64 = 86_400_000;

/// Whose leases are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    pub provider: String,
    /// How long one is, in milliseconds.
    pub lease: i64,
    /// The provider by which they are re-checked.
    pub recheck: Option<String>,
    /// What is known from before.
    pub held: Option<Held>,
}

/// At that time no lease was over, but for those that a re-check held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub at: Timestamp,
    /// The database's, then.
    pub generation: i64,
}

/// How many leases of a provider have ended, or will, unless a login or a re-check renews them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ending {
    /// They are over, and nothing was done about it yet.
    pub now: u64,
    /// Within a day from now, those that are over included.
    pub day: u64,
    /// Within seven.
    pub week: u64,
    /// The database's, when they were counted.
    pub generation: i64,
}

/// The table `renewals`.
#[async_trait]
pub trait Renewals: Send + Sync {
    /// How many leases end when. Whom a re-check holds now is in none of these numbers.
    async fn ending(&self, of: &Leased, now: Timestamp) -> Result<Ending, StoreError>;
}

/// What has become of what a login said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    pub(super) ended: bool,
    /// The provider itself said that it no longer holds.
    pub(super) withdrawn: bool,
}

/// Puts a row where a plan looks for it.
pub(super) fn put(o: &mut Observed, identity: IdentityId, renewal: Renewal, is: Standing) {
    o.last_renewal = o.last_renewal.max(Some(renewal.at));
    if !is.ended {
        o.renewals.push((identity, renewal));
        if is.withdrawn {
            o.withdrawn.push(identity);
        }
    }
}

/// Each is looked for in the two indexes by itself: of a sum of both, a database reads all. $2: renewed before,
/// $3: the moment.
const ENDING: &str = "SELECT
    (SELECT count(*) FROM renewals WHERE provider_id = $1 AND ended_at IS NULL AND renewed_at < $2)
    + (SELECT count(*) FROM renewals WHERE provider_id = $1 AND ended_at IS NULL AND until IS NOT NULL
           AND until < $3 AND renewed_at >= $2)";

/// The same without those who are present at $4; and only those that were not over yet when $5 was the moment and $6
/// was before which they were renewed. Of what was withdrawn all, because nobody is held there.
const NOT_HELD: &str = "SELECT
    (SELECT count(*) FROM renewals r WHERE r.provider_id = $1 AND r.ended_at IS NULL AND r.withdrawn = 0
         AND r.renewed_at < $2 AND r.renewed_at >= $6 AND NOT EXISTS (
             SELECT 1 FROM identities i JOIN identities c ON c.user_id = i.user_id
             WHERE i.id = r.identity_id AND c.provider_id = $4 AND c.gone_at IS NULL))
    + (SELECT count(*) FROM renewals r WHERE r.provider_id = $1 AND r.ended_at IS NULL AND r.withdrawn = 0
         AND r.until IS NOT NULL AND r.until < $3 AND r.until >= $5 AND r.renewed_at >= $2 AND NOT EXISTS (
             SELECT 1 FROM identities i JOIN identities c ON c.user_id = i.user_id
             WHERE i.id = r.identity_id AND c.provider_id = $4 AND c.gone_at IS NULL))
    + (SELECT count(*) FROM renewals WHERE provider_id = $1 AND ended_at IS NULL AND withdrawn = 1)";

/// generation, the provider, the one by which it is re-checked: id, when it was read, when somebody left.
const WHO: &str = "SELECT s.generation, p.id, c.id, c.read_at, c.left_generation FROM state s
    LEFT JOIN providers p ON p.name = $1 LEFT JOIN providers c ON c.name = $2 WHERE s.one = 1";

async fn ending(db: &mut dyn Session, of: Leased, now: Timestamp) -> Result<Ending, StoreError> {
    let names = [Param::Text(Some(&of.provider)), Param::Text(of.recheck.as_deref())];
    let rows = db.rows(WHO, &names).await?;
    let Some(who) = rows.first() else { return Ok(Ending::default()) };
    let mut ending = Ending { generation: who.int(0)?, ..Ending::default() };
    let Some(provider) = who.opt_int(1)? else { return Ok(ending) };
    // A reading that is too old holds nobody, and whoever has left since is to be found.
    let read = who.opt_int(3)?.map(|at| Renewal { at: Timestamp(at), until: None });
    let recheck = who.opt_int(2)?.filter(|_| read.is_some_and(|read| !read.is_over(of.lease, now)));
    let left = who.opt_int(4)?.unwrap_or(0);
    let held = of.held.filter(|held| held.generation >= left && held.at <= now);
    let since = held.map_or((i64::MIN, i64::MIN), |held| (held.at.0, held.at.plus_millis(-of.lease).0));
    for (count, days) in [&mut ending.now, &mut ending.day, &mut ending.week].into_iter().zip([0, 1, 7]) {
        let moment = now.plus_millis(days * DAY);
        let mut params = vec![provider, moment.plus_millis(-of.lease).0, moment.0]
            .into_iter()
            .map(|n| Param::Int(Some(n)))
            .collect::<Vec<_>>();
        let sql = match recheck {
            None => ENDING,
            Some(recheck) => {
                params.extend([recheck, since.0, since.1].map(|n| Param::Int(Some(n))));
                NOT_HELD
            }
        };
        let row = db.rows(sql, &params).await?;
        *count = row.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
    }
    Ok(ending)
}

#[async_trait]
impl<E: Engine> Renewals for Shared<E> {
    async fn ending(&self, of: &Leased, now: Timestamp) -> Result<Ending, StoreError> {
        let of = of.clone();
        self.read(Box::new(move |db| Box::pin(ending(db, of, now)))).await
    }
}

#[async_trait]
impl Renewals for Absent {
    async fn ending(&self, _: &Leased, _: Timestamp) -> Result<Ending, StoreError> {
        Ok(Ending::default())
    }
}
