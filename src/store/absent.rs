//! A database that is not there yet: for planning the very first sync.

use super::{
    Applied, AuditRecord, Claim, Counts, Decide, Finished, GroupView, Hold, HoldDecision, Lease, LeaseView, Leases,
    MigrationStatus, NewHold, NewRequest, OrgListing, PersonNow, PersonView, Requests, Run, RunRequest, Scope, Store,
    StoreError,
};
use async_trait::async_trait;
use rosterd_core::ids::{IdentityId, ReadingNumber, Timestamp};
use rosterd_core::observed::{Grant, Observed};
use rosterd_core::snapshot::{PersonKey, Reading};
use rosterd_core::writes::Writes;
use std::sync::Arc;
use std::time::Duration;

/// Has nothing, takes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

pub(super) fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::Refused(
        "the database has no tables yet; `rosterd sync` or `rosterd db migrate` makes them".to_owned(),
    ))
}

#[async_trait]
impl Store for Absent {
    async fn alive(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn migrate(&self, _: Timestamp) -> Result<Vec<&'static str>, StoreError> {
        refused()
    }

    async fn migrations(&self) -> Result<Vec<MigrationStatus>, StoreError> {
        Ok(Vec::new())
    }

    async fn begin_reading(&self) -> Result<ReadingNumber, StoreError> {
        Ok(ReadingNumber(1))
    }

    async fn finished(&self, _: &str, _: Finished, _: i64, _: Option<&str>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn observe(&self, _: &str, _: Timestamp) -> Result<Observed, StoreError> {
        Ok(Observed::default())
    }

    async fn given(&self, _: &str) -> Result<Vec<(IdentityId, Grant)>, StoreError> {
        Ok(Vec::new())
    }

    async fn last_reading(&self, _: &str, _: u128) -> Result<Reading, StoreError> {
        refused()
    }

    async fn apply(&self, _: Arc<Writes>, _: Timestamp) -> Result<Applied, StoreError> {
        refused()
    }

    async fn revise(
        &self,
        _: &str,
        _: Scope,
        _: Timestamp,
        _: Decide,
        _: Timestamp,
    ) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
        refused()
    }

    async fn person_now(&self, _: &str, _: &PersonKey) -> Result<Option<PersonNow>, StoreError> {
        Ok(None)
    }

    async fn hold(&self, _: &NewHold, _: Timestamp) -> Result<Hold, StoreError> {
        refused()
    }

    async fn holds(&self, _: Timestamp) -> Result<Vec<Hold>, StoreError> {
        Ok(Vec::new())
    }

    async fn decide(&self, _: &HoldDecision, _: Timestamp) -> Result<Hold, StoreError> {
        refused()
    }

    async fn runs(&self, _: u32) -> Result<Vec<Run>, StoreError> {
        Ok(Vec::new())
    }

    async fn audit(&self, _: i64, _: u32) -> Result<Vec<AuditRecord>, StoreError> {
        Ok(Vec::new())
    }

    async fn people(&self, _: &str) -> Result<Vec<PersonView>, StoreError> {
        Ok(Vec::new())
    }

    async fn groups(&self, _: &str) -> Result<Vec<GroupView>, StoreError> {
        Ok(Vec::new())
    }

    async fn orgs(&self) -> Result<Vec<OrgListing>, StoreError> {
        Ok(Vec::new())
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        Ok(Counts::default())
    }

    async fn purge(&self, _: &str, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        refused()
    }
}

#[async_trait]
impl Leases for Absent {
    fn shared(&self) -> bool {
        false
    }

    async fn acquire(&self, _: &str, _: &str, _: Duration) -> Result<Claim, StoreError> {
        refused()
    }

    async fn renew(&self, _: &Lease, _: Duration) -> Result<bool, StoreError> {
        refused()
    }

    async fn release(&self, _: &Lease) -> Result<(), StoreError> {
        refused()
    }

    async fn leases(&self) -> Result<Vec<LeaseView>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Requests for Absent {
    async fn ask(&self, _: &NewRequest, _: Timestamp) -> Result<RunRequest, StoreError> {
        refused()
    }

    async fn request(&self, _: &str) -> Result<Option<RunRequest>, StoreError> {
        Ok(None)
    }

    async fn requests(&self, _: u32) -> Result<Vec<RunRequest>, StoreError> {
        Ok(Vec::new())
    }

    async fn open_requests(&self, _: &str) -> Result<Vec<RunRequest>, StoreError> {
        Ok(Vec::new())
    }

    async fn start_request(&self, _: &str, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn finish_request(&self, _: &str, _: &str, _: Timestamp) -> Result<(), StoreError> {
        refused()
    }

    async fn forget_requests(&self, _: Timestamp) -> Result<u64, StoreError> {
        refused()
    }
}
