//! One process writes to a file: there are no leases.

use super::super::leases::{Claim, Lease, LeaseView, Leases};
use super::{Sqlite, StoreError};
use async_trait::async_trait;
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
}
