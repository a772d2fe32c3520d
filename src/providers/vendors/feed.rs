//! What a vendor's file adds where the vendor tells of changes.

use super::Which;
use super::base::Base;
use super::roster::Roster;
use crate::providers::follow::{Cursor, Since};
use crate::providers::web::{Failure, Session};
use crate::providers::{Found, Sought};
use async_trait::async_trait;

/// A vendor's changes.
#[async_trait]
pub(super) trait Feed: Send + Sync {
    /// Until where changes have happened by now; `before`, where nothing has since.
    async fn mark(&self, session: &Session<'_>, before: Option<&Cursor>) -> Result<Cursor, Failure>;

    /// Everything was read, and whatever came later than the cursor will be told.
    async fn stand(&self, cursor: &Cursor, base: Base);

    /// What has changed since then. Of the answers only ids are used.
    async fn since(&self, session: &Session<'_>, which: &Which, cursor: &Cursor) -> Result<Since, Failure>;

    /// Those who were told of, as a full reading would have them now.
    async fn find(&self, session: &Session<'_>, roster: Roster, sought: &Sought) -> Result<Found, Failure>;
}
