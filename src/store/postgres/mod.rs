//! The authorization database in PostgreSQL, for several replicas and large sites.
//!
//! Behind a pooler statements are sent unnamed, one a message, which it can carry in transaction mode.

mod apply;
mod authz;
mod batch;
mod bulk;
mod copy;
mod direct;
mod entitlements;
mod leases;
mod line;
mod load;
mod observe;
mod renewals;
mod revise;
mod seen;
mod servers;
mod session;
mod statement;
mod writer;

use super::look::Kept;
use super::open::Access;
use super::session::{Engine, Purpose, Revision, Work};
use super::{Applied, PersonNow, Scope, StoreError, look, migrations};
use crate::config::SecretRef;
use async_trait::async_trait;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::observed::Observed;
use rosterd_core::writes::Writes;
use servers::Servers;
use session::PgSession;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use writer::Turns;

/// How long a write may stand still between two statements, in milliseconds, where no lease says
/// less. A process that was stopped keeps everybody else from writing until then.
const PATIENCE: i64 = 15_000;

const READ_ONLY: &str = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
const READ_WRITE: &str = "ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Serializes migrations: "rosterd" in ASCII.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(32210689397122660)";

/// A server's database.
#[derive(Debug)]
pub(super) struct Postgres {
    servers: Servers,
    access: Access,
    /// See [`PATIENCE`]. The shortest lease that was asked for.
    patience: AtomicI64,
    turns: Turns,
}

impl Postgres {
    /// Connects once, to know now whether it can be done.
    pub(super) async fn open(url: &str, password: Option<&SecretRef>, access: Access) -> Result<Self, StoreError> {
        let servers = Servers::open(url, password).await?;
        Ok(Self { servers, access, patience: AtomicI64::new(PATIENCE), turns: Turns::default() })
    }

    async fn begin(&self, purpose: Purpose) -> Result<PgSession, StoreError> {
        Ok(match purpose {
            Purpose::Write => PgSession::Writing(self.write(false).await?),
            Purpose::Read => PgSession::Pooled(self.pooled(READ_ONLY, 0).await?),
            Purpose::Aside => PgSession::Pooled(self.aside().await?),
            Purpose::Migrate => {
                self.may_write()?;
                let mut begun = self.pooled(READ_WRITE, 0).await?;
                sqlx::raw_sql(MIGRATION_LOCK).execute(&mut *begun.tx).await.map_err(error)?;
                PgSession::Pooled(begun)
            }
        })
    }

    fn may_write(&self) -> Result<(), StoreError> {
        match self.access {
            Access::Read => Err(StoreError::Refused("the database was opened for reading only".to_owned())),
            Access::Write => Ok(()),
        }
    }

    /// Writes without waiting for a turn.
    async fn aside(&self) -> Result<servers::Pooled, StoreError> {
        self.may_write()?;
        self.pooled(READ_WRITE, self.patience.load(Ordering::Relaxed)).await
    }

    /// On a connection of the pool.
    async fn pooled(&self, how: &str, patience: i64) -> Result<servers::Pooled, StoreError> {
        // One message: each way to the server and back counts. What is set here, and why: `line.rs`.
        let begin = format!(
            "BEGIN {how}; SET LOCAL lock_timeout = '30s'; SET LOCAL jit = off; \
             SET LOCAL idle_in_transaction_session_timeout = {patience}"
        );
        let begun = self.servers.begin(&begin).await?;
        self.measure();
        Ok(begun)
    }

    /// When it is this process's and this writer's turn.
    async fn write(&self, few: bool) -> Result<writer::Turn, StoreError> {
        self.may_write()?;
        let patience = self.patience.load(Ordering::Relaxed);
        let turn = self.turns.begin(&self.servers, line::Intent { few, patience }).await?;
        self.measure();
        Ok(turn)
    }

    fn measure(&self) {
        let ((all, idle), (line, unused)) = (self.servers.size(), self.turns.size());
        super::measure::connections(all + line, idle + unused);
    }
}

#[async_trait]
impl Engine for Postgres {
    async fn within<T: Send + 'static>(&self, purpose: Purpose, work: Work<T>) -> Result<T, StoreError> {
        let mut session = self.begin(purpose).await?;
        let value = work(&mut session).await?;
        session.commit().await?;
        Ok(value)
    }

    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        if self.access == Access::Read {
            return Ok(ReadingNumber(i64::MAX));
        }
        self.servers.number("SELECT nextval('readings')").await.map(ReadingNumber)
    }

    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError> {
        let mut session = self.begin(Purpose::Read).await?;
        let observed = observe::observe(session.c()?, provider, window).await?;
        session.commit().await?;
        Ok(observed)
    }

    async fn revise(&self, r: Revision) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
        crate::fault::point("apply.begin");
        let few = matches!(r.scope, Scope::People(_));
        let mut session = PgSession::Writing(self.write(few).await?);
        let revised = revise::revise(&mut session, r).await?;
        crate::fault::point("apply.commit");
        session.commit().await?;
        crate::fault::point("apply.committed");
        Ok(revised)
    }

    async fn apply(&self, writes: Arc<Writes>, now: Timestamp, kept: Kept) -> Result<Applied, StoreError> {
        crate::fault::point("apply.begin");
        let mut session = self.begin(Purpose::Write).await?;
        leases::fence(session.c()?, &writes).await?;
        revise::at_generation(&mut session, &writes)?;
        let applied = apply::apply(session.turn()?, &writes, now, None, false).await?;
        look::note_applied(&mut session, &kept, &writes).await?;
        crate::fault::point("apply.commit");
        session.commit().await?;
        crate::fault::point("apply.committed");
        Ok(applied)
    }
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
