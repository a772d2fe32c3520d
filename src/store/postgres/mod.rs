//! The authorization database in PostgreSQL, for several replicas and large sites.
//!
//! Writers take turns on the one row of `state`, so that the generation that a plan rests on is
//! compared and raised by one of them at a time. Behind a pooler statements are sent unnamed, which it
//! can carry in transaction mode.

mod apply;
mod authz;
mod bulk;
mod copy;
mod direct;
mod leases;
mod load;
mod observe;
mod seen;
mod servers;
mod session;

use super::look::Kept;
use super::open::Access;
use super::session::{Engine, Purpose, Revision, Work};
use super::{Applied, PersonNow, Scope, Sight, StoreError, given, look, migrations, now};
use crate::config::SecretRef;
use async_trait::async_trait;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::writes::Writes;
use servers::{Begun, Servers};
use session::PgSession;
use sqlx::Row;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Mutex;

/// How long a write may stand still between two statements, in milliseconds, where no lease says
/// less. A process that was stopped keeps everybody else from writing until then.
const PATIENCE: i64 = 15_000;

/// Statements about a few people find their rows by indexes, whatever is believed of the tables' sizes, so
/// that one plan is as good as the next. Tables that were filled a moment ago have no statistics yet.
const FEW: &str = "; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; \
                   SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Serializes migrations: "rosterd" in ASCII.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(32210689397122660)";

/// A server's database.
#[derive(Debug)]
pub(super) struct Postgres {
    servers: Servers,
    access: Access,
    /// See [`PATIENCE`]. The shortest lease that was asked for.
    patience: AtomicI64,
    /// Writers of this process wait here for their turn, without a connection: those are few, and who
    /// renews a lease or keeps a delivery needs one meanwhile.
    turn: Arc<Mutex<()>>,
}

impl Postgres {
    /// Connects once, to know now whether it can be done.
    pub(super) async fn open(url: &str, password: Option<&SecretRef>, access: Access) -> Result<Self, StoreError> {
        let servers = Servers::open(url, password).await?;
        Ok(Self { servers, access, patience: AtomicI64::new(PATIENCE), turn: Arc::default() })
    }

    async fn begin(&self, purpose: Purpose) -> Result<PgSession, StoreError> {
        self.begin_with(purpose, "").await
    }

    /// With more settings of that transaction.
    async fn begin_with(&self, purpose: Purpose, settings: &'static str) -> Result<PgSession, StoreError> {
        let begin = match purpose {
            Purpose::Read => "ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Purpose::Write | Purpose::Aside | Purpose::Migrate if self.access == Access::Read => {
                return Err(StoreError::Refused("the database was opened for reading only".to_owned()));
            }
            Purpose::Write | Purpose::Aside | Purpose::Migrate => "ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        // Whoever waits longer for a lock waits for somebody who forgot to commit. Compiling what is
        // carried out once costs more than it saves: 30 ms, where the tables have no statistics yet and
        // much is expected of them. One message, so that it costs one round trip.
        let patience = match purpose {
            Purpose::Write | Purpose::Aside => self.patience.load(Ordering::Relaxed),
            Purpose::Read | Purpose::Migrate => 0,
        };
        let begin = format!(
            "BEGIN {begin}; SET LOCAL lock_timeout = '30s'; SET LOCAL jit = off; \
             SET LOCAL idle_in_transaction_session_timeout = {patience}{settings}"
        );
        let ours = match purpose {
            Purpose::Write => Some(Arc::clone(&self.turn).lock_owned().await),
            Purpose::Read | Purpose::Aside | Purpose::Migrate => None,
        };
        let Begun { tx, direct } = self.servers.begin(&begin).await?;
        let mut session = PgSession { tx, direct, generation: None, _turn: ours };
        let (size, idle) = self.servers.size();
        super::measure::connections(size, idle);
        match purpose {
            Purpose::Read | Purpose::Aside => {}
            Purpose::Write => session.generation = Some(turn(&mut session).await?),
            Purpose::Migrate => {
                sqlx::raw_sql(MIGRATION_LOCK).execute(&mut *session.tx).await.map_err(error)?;
            }
        }
        Ok(session)
    }
}

/// Waits until no other writer is at work; returns the generation, which nobody else changes until the
/// transaction ends. While replicas are updated one after the other a newer one may have changed the
/// tables.
async fn turn(session: &mut PgSession) -> Result<i64, StoreError> {
    let turn = "SELECT generation, (SELECT max(version) FROM schema_migrations) FROM state WHERE one = 1 FOR UPDATE";
    // Either way it is one message and one answer.
    let row = match session.direct {
        true => sqlx::query(turn).persistent(true).fetch_one(&mut *session.tx).await,
        false => sqlx::raw_sql(turn).fetch_one(&mut *session.tx).await,
    };
    let row = row.map_err(error)?;
    migrations::not_newer(row.try_get(1).map_err(error)?)?;
    row.try_get(0).map_err(error)
}

#[async_trait]
impl Engine for Postgres {
    async fn within<T: Send + 'static>(&self, purpose: Purpose, work: Work<T>) -> Result<T, StoreError> {
        let mut session = self.begin(purpose).await?;
        let value = work(&mut session).await?;
        session.tx.commit().await.map_err(error)?;
        Ok(value)
    }

    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        if self.access == Access::Read {
            return Ok(ReadingNumber(i64::MAX));
        }
        self.servers.number("SELECT nextval('readings')").await.map(ReadingNumber)
    }

    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
        let mut tx = self.begin(Purpose::Read).await?.tx;
        let observed = observe::observe(&mut tx, provider, window).await?;
        tx.commit().await.map_err(error)?;
        Ok(observed)
    }

    async fn revise(&self, r: Revision) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
        crate::fault::point("apply.begin");
        let everybody = matches!(r.scope, Scope::Everybody);
        let mut session = self.begin_with(Purpose::Write, if everybody { "" } else { FEW }).await?;
        let (sight, subjects) = match r.scope {
            Scope::People(whom) => {
                (look::look(&mut session, &r.provider, &whom, r.window, r.now, &r.kept).await?, whom.subjects)
            }
            Scope::Everybody => {
                let observed = observe::observe(&mut session.tx, &r.provider, r.window).await?;
                let given = given::given(&mut session, &r.provider).await?;
                (Sight { observed, given, ..Sight::default() }, Vec::new())
            }
        };
        let provider = sight.observed.provider.as_ref().map(|provider| provider.id.into());
        let as_seen = now::in_sight(&sight, &subjects);
        let decision = (r.decide)(sight);
        let changes = decision.writes.as_ref().is_some_and(|writes| writes.run.is_some());
        if let (Some(number), Some(provider)) = (decision.finished, provider) {
            look::note_finished(&mut session, &r.kept, provider, number).await?;
        }
        let applied = match decision.writes {
            Some(writes) => {
                if everybody {
                    leases::fence(&mut session.tx, &writes).await?;
                }
                Some(write_all(&mut session, &writes, r.now, &r.kept).await?)
            }
            None => None,
        };
        let people = if changes { now::several(&mut session, &r.provider, &subjects).await? } else { as_seen };
        crate::fault::point("apply.commit");
        session.tx.commit().await.map_err(error)?;
        crate::fault::point("apply.committed");
        Ok((applied, people))
    }

    async fn apply(&self, writes: Arc<Writes>, now: Timestamp, kept: Kept) -> Result<Applied, StoreError> {
        crate::fault::point("apply.begin");
        let mut session = self.begin(Purpose::Write).await?;
        leases::fence(&mut session.tx, &writes).await?;
        let applied = write_all(&mut session, &writes, now, &kept).await?;
        crate::fault::point("apply.commit");
        session.tx.commit().await.map_err(error)?;
        crate::fault::point("apply.committed");
        Ok(applied)
    }
}

/// Writes, and notes which full reading that finishes.
async fn write_all(
    session: &mut PgSession,
    writes: &Writes,
    now: Timestamp,
    kept: &Kept,
) -> Result<Applied, StoreError> {
    if session.generation != Some(writes.generation) {
        return Err(StoreError::Moved);
    }
    let applied = apply::apply(session, writes, now).await?;
    look::note_applied(session, kept, writes).await?;
    Ok(applied)
}

/// What sqlx's error means for whoever asked. SQLSTATE: PostgreSQL manual, appendix A.
fn error(e: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(refused) = &e {
        let message = refused.message();
        return match refused.code().as_deref() {
            // Lock not available, too many connections, shutting down or starting up, stood still for
            // too long in a transaction.
            Some("55P03" | "53300" | "57P01" | "57P02" | "57P03" | "25P03") => {
                StoreError::Unreachable(message.to_owned())
            }
            // A standby: after a failover the one that can be written to is elsewhere.
            Some("25006" | "0A000") if servers::is_standby(message) => {
                StoreError::Unreachable(format!("it is a standby: {message}"))
            }
            // A serialization failure or a deadlock: the other one has written.
            Some("40001" | "40P01") => StoreError::Moved,
            Some("28000" | "28P01" | "3D000" | "42501") => {
                StoreError::Refused(format!("the database refused: {message}"))
            }
            _ => StoreError::Database(message.to_owned()),
        };
    }
    match e {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            StoreError::Unreachable(e.to_string())
        }
        sqlx::Error::Tls(_) => StoreError::Refused(format!("TLS to the database could not be set up: {e}")),
        sqlx::Error::Configuration(_) => StoreError::Refused(format!("database.url: {e}")),
        _ => StoreError::Database(e.to_string()),
    }
}

/// The same where rows are inserted: a unique key in the way means that somebody inserted by hand
/// what the plan did not know of.
fn write_error(e: sqlx::Error) -> StoreError {
    match &e {
        sqlx::Error::Database(refused) if refused.is_unique_violation() => StoreError::Moved,
        _ => error(e),
    }
}
