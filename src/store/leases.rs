//! Which of several processes reads a provider in full: leases.
//!
//! What a lease protects is checked where it matters, inside the transaction that writes. No process's clock is ever compared here: the database's own says
//! when a lease ends.

use super::StoreError;
use super::session::{Dialect, Engine, Param, Session};
use super::shared::Shared;
use async_trait::async_trait;
use rosterd_core::ids::ReadingNumber;
use std::time::Duration;

/// That a provider is somebody's, until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub provider: String,
    /// Who has it, in words for people. Nothing is decided by it.
    pub holder: String,
    /// Larger with each taking over. What is written under a smaller one is refused.
    pub epoch: i64,
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Won(Lease),
    /// Somebody else's, for so much longer.
    Taken {
        by: String,
        left: Duration,
    },
}

/// A lease as the table says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseView {
    pub lease: Lease,
    /// Until it ends; nothing when it has.
    pub left: Option<Duration>,
    /// The newest full reading that is known to have been finished.
    pub reading: ReadingNumber,
}

/// The table `leases`.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Whether several processes may write to this database. If not, there are no leases, and
    /// everything below that speaks of one is refused.
    fn shared(&self) -> bool;

    /// Takes the provider when nobody has it. A write under the lease that has ended is waited
    /// for; one that stands still is ended.
    async fn acquire(&self, provider: &str, holder: &str, ttl: Duration) -> Result<Claim, StoreError>;

    /// Makes it end `ttl` from now. False when it is somebody else's by now.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError>;

    /// Ends it at once.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Every lease, by provider.
    async fn leases(&self) -> Result<Vec<LeaseView>, StoreError>;
}

/// Refuses what rests on another lease than the one in force. Nobody takes over before the
/// transaction ends.
pub(super) async fn pass(db: &mut dyn Session, provider: &str, epoch: Option<i64>) -> Result<(), StoreError> {
    let (Some(epoch), Dialect::Postgres) = (epoch, db.dialect()) else { return Ok(()) };
    let lease = "SELECT epoch FROM leases WHERE provider = $1 FOR KEY SHARE";
    match db.rows(lease, &[Param::Text(Some(provider))]).await?.first() {
        Some(row) if row.int(0)? == epoch => Ok(()),
        _ => Err(StoreError::Fenced),
    }
}

#[async_trait]
impl<E: Engine> Leases for Shared<E> {
    fn shared(&self) -> bool {
        self.engine.shared()
    }

    async fn acquire(&self, provider: &str, holder: &str, ttl: Duration) -> Result<Claim, StoreError> {
        self.check().await?;
        self.engine.acquire(provider, holder, ttl).await
    }

    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<bool, StoreError> {
        self.engine.renew(lease, ttl).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.engine.release(lease).await
    }

    async fn leases(&self) -> Result<Vec<LeaseView>, StoreError> {
        self.check().await?;
        self.engine.leases().await
    }
}
