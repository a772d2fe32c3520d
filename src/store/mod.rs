//! REMEMBER: the authorization database, in SQLite or PostgreSQL, behind one trait.
//!
//! A store carries out what [`rosterd_core::writes::Writes`] says, in one transaction, and decides
//! nothing. The one thing it adds is the audit chain's links. One conformance suite
//! (`tests/it/store.rs`) runs on both.

mod absent;
mod accounts;
mod deliveries;
mod feeds;
mod given;
mod history;
mod holds;
mod idempotency;
mod json;
mod leases;
mod lists;
mod look;
mod measure;
mod migrations;
mod now;
mod open;
mod people;
mod permissions;
mod postgres;
mod provider_groups;
mod provision;
mod reading;
mod records;
mod refresh_tokens;
mod renewals;
mod requests;
mod roles;
mod service_tokens;
mod session;
mod shared;
mod sign_ins;
mod sqlite;
mod tokens;
mod told;

pub use absent::Absent;
pub use accounts::{Account, AccountChange, AccountReason, Accounts, Among, BreakGlass, NewService, WhichAccount};
pub use deliveries::{Deliveries, Delivery, DeliveryResult, Kept, NewDelivery, Then};
pub use feeds::{Feeds, ListedGroup, ListedPerson};
pub use idempotency::{Idempotency, KeyedAnswer, KeyedRequest};
pub use leases::{Claim, Lease, LeaseView, Leases};
pub use lists::{Lists, PersonListing};
pub use look::{Decide, Decision, Finished, Scope, Sight, Whom};
pub use now::{OrgNow, PersonNow, TeamNow};
pub use open::{Access, open};
pub use permissions::{
    ActingFor, Allowed, AllowedBy, Answer, Delegation, Effective, Expired, Giver, Instead, LIMITS, MAY, Named,
    Permissions, Question, Through, Who, Why,
};
pub use provision::{DecideDeclared, Provisions};
pub use records::{
    Applied, AuditRecord, Counts, EntitlementView, GrantView, GroupView, Hold, HoldDecision, HoldState, IdentityView,
    MigrationStatus, Names, NewHold, OrgListing, OrgView, PersonView, ProviderGroup, Run, TeamView,
};
pub use refresh_tokens::{RefreshToken, RefreshTokens, Used};
pub use renewals::{Ending, Held, Leased, Renewals};
pub use requests::{NewRequest, Requests, RunRequest};
pub use roles::{
    FOR_EVER, Giving, Granting, Held as HeldGrant, Holder, HolderNumber, Role, RoleChanged, RolePermission, RoleText,
    Roles, SeenRole, What,
};
pub use service_tokens::{NewServiceToken, ServiceToken, ServiceTokens};
pub use sign_ins::{LoginSession, NewLoginSession, SignIn, SignIns, Whose};
pub use tokens::{NewToken, Token, Tokens};

use async_trait::async_trait;
use rosterd_core::ids::{IdentityId, ReadingNumber, Timestamp};
use rosterd_core::observed::{Grant, Observed};
use rosterd_core::snapshot::{PersonKey, Reading};
use rosterd_core::writes::Writes;
use std::fmt;
use std::sync::Arc;

/// The authorization database.
#[async_trait]
pub trait Store:
    Accounts
    + Deliveries
    + Feeds
    + Idempotency
    + Leases
    + Lists
    + Permissions
    + Provisions
    + RefreshTokens
    + Renewals
    + Requests
    + Roles
    + ServiceTokens
    + SignIns
    + Tokens
    + Send
    + Sync
    + fmt::Debug
{
    /// Whether the database answers.
    async fn alive(&self) -> Result<(), StoreError>;

    /// Brings the tables up to this program's version, each migration in a transaction of its
    /// own; returns the names of those that were applied. Refuses a database that is newer.
    async fn migrate(&self, now: Timestamp) -> Result<Vec<&'static str>, StoreError>;

    /// Which migrations there are, and when each was applied.
    async fn migrations(&self) -> Result<Vec<MigrationStatus>, StoreError>;

    /// Draws a number for a reading that is about to begin, larger than any before. Where the
    /// database was opened for reading only, the largest there is: no plan of it will be applied.
    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError>;

    /// Says that a full reading was planned against this generation and found nothing to write: a
    /// reading of a few people that was begun before it comes too late. An apply says so itself.
    /// Refuses with [`StoreError::Moved`] when somebody has written since. `cursor`: until where the
    /// provider's changes are in it.
    async fn finished(
        &self,
        provider: &str,
        finished: Finished,
        generation: i64,
        cursor: Option<&str>,
    ) -> Result<(), StoreError>;

    /// Reads what a plan for `provider` needs, from one consistent view. Removals since `window`
    /// count for the budget.
    async fn observe(&self, provider: &str, window: Timestamp) -> Result<Observed, StoreError>;

    /// What `provider` gives now, by identity; of those that have gone, nothing.
    async fn given(&self, provider: &str) -> Result<Vec<(IdentityId, Grant)>, StoreError>;

    /// What `provider` said last: people and groups that are not gone, as they were written. `seed`
    /// as for any [`rosterd_core::snapshot::SnapshotBuilder`]. Refuses, with what to do, a provider
    /// that was never applied.
    async fn last_reading(&self, provider: &str, seed: u128) -> Result<Reading, StoreError>;

    /// Carries out `writes` in one transaction, at the time `now`. Refuses with
    /// [`StoreError::Moved`] when the database's generation is not the one the plan rests on.
    async fn apply(&self, writes: Arc<Writes>, now: Timestamp) -> Result<Applied, StoreError>;

    /// Reads what a plan needs and carries out what `decide` makes of it, in one transaction and
    /// while nobody else can write: there is no [`StoreError::Moved`]. Returns what was applied, if
    /// anything, and the people as they are then, in the order of [`Whom::subjects`]; of
    /// [`Scope::Everybody`] none.
    async fn revise(
        &self,
        provider: &str,
        scope: Scope,
        window: Timestamp,
        decide: Decide,
        now: Timestamp,
    ) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError>;

    /// What the one person with that key has now. `None` when nobody or several are known by it.
    async fn person_now(&self, provider: &str, key: &PersonKey) -> Result<Option<PersonNow>, StoreError>;

    /// Keeps a plan that is over a limit. An equal pending or rejected hold (same provider, same
    /// plan hash, not expired) is returned as it is, and nothing is written; other pending holds
    /// of the provider become `superseded`. Otherwise the hold is written with an audit record.
    async fn hold(&self, hold: &NewHold, now: Timestamp) -> Result<Hold, StoreError>;

    /// All holds, newest first; those past their time as [`HoldState::Expired`].
    async fn holds(&self, now: Timestamp) -> Result<Vec<Hold>, StoreError>;

    /// Approves or rejects a pending hold, with an audit record. Refuses one that is not pending
    /// or has expired with [`StoreError::Refused`].
    async fn decide(&self, decision: &HoldDecision, now: Timestamp) -> Result<Hold, StoreError>;

    /// The last runs that changed something, newest first.
    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// Audit records with `seq` above `after`, in order.
    async fn audit(&self, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// Everything the database knows of a person: by login, else by e-mail (without case), else by
    /// `#id`. Several when an e-mail address fits several.
    async fn people(&self, query: &str) -> Result<Vec<PersonView>, StoreError>;

    /// A provider's groups whose DN or name is `query` (without case), with how many are in them.
    async fn groups(&self, query: &str) -> Result<Vec<GroupView>, StoreError>;

    /// How many rows there are of what, for `rosterd status`.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Every organization, by id.
    async fn orgs(&self) -> Result<Vec<OrgListing>, StoreError>;

    /// Deletes a person and all that belongs to them, except the audit records, which keep only
    /// the number. Refuses somebody who is not archived. Returns false when nobody has that login.
    async fn purge(&self, login: &str, actor: &str, now: Timestamp) -> Result<bool, StoreError>;
}

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or the connection broke. Try again.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody else wrote since the plan was made. Plan again.
    #[error("the database has changed since the plan was made")]
    Moved,
    /// Another replica has taken the provider over. This run is not its to finish.
    #[error("another replica has taken over this provider; nothing was written")]
    Fenced,
    /// A later reading of the provider has ended. Read again.
    #[error("a later reading of the provider has ended meanwhile; nothing was written")]
    Superseded,
    /// Another process writes to this database.
    #[error("{0}")]
    Locked(String),
    /// The tables are older or newer than this program.
    #[error("{0}")]
    Schema(String),
    /// What was asked for is not possible as things stand.
    #[error("{0}")]
    Refused(String),
    /// Whoever asks may not.
    #[error("{0}")]
    NotAllowed(String),
    /// Anything else the database says. Stop.
    #[error("the database refused: {0}")]
    Database(String),
}

impl StoreError {
    /// A stable word for metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Moved => "moved",
            Self::Fenced => "fenced",
            Self::Superseded => "superseded",
            Self::Locked(_) => "locked",
            Self::Schema(_) => "schema",
            Self::Refused(_) => "refused",
            Self::NotAllowed(_) => "not_allowed",
            Self::Database(_) => "database",
        }
    }

    /// Whether the same request can succeed later without anybody's doing.
    #[must_use]
    pub fn retry(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Moved | Self::Superseded)
    }
}
