//! Whether connections are the server's own, or those of a pooler in between.
//!
//! Statements under names are planned once a connection and not each time, which is half of what a look
//! costs. But behind a pooler in transaction mode several clients share a server's connection, where a
//! name may stand for somebody else's statement. So names are used only where it is proved that nobody
//! shares: a connection begins with a setting of a random value. A server keeps it for that session. A
//! pooler has begun its connections before, without it, and refuses what it does not know (pgbouncer:
//! `unsupported startup parameter`) or leaves it out.

use super::super::StoreError;
use crate::random::{Random as _, SystemRandom};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};

const SETTING: &str = "rosterd.connection";
/// One message, as [`super::servers::Servers::number`].
const ASK: &str = "SELECT current_setting('rosterd.connection', true)";

/// What connections of one pool begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u128);

impl Mark {
    pub(super) fn new() -> Result<Self, StoreError> {
        SystemRandom.seed().map(Self).map_err(|error| StoreError::Refused(error.to_string()))
    }

    fn text(self) -> String {
        format!("{:032x}", self.0)
    }

    /// The same host, with the mark.
    pub(super) fn on(self, host: &PgConnectOptions) -> PgConnectOptions {
        host.clone().options([(SETTING, self.text())])
    }

    /// Whether a connection that began with the mark still has it.
    pub(super) async fn kept(self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let kept: Option<String> = sqlx::raw_sql(ASK).fetch_one(connection).await?.try_get(0)?;
        Ok(kept == Some(self.text()))
    }

    /// Whether connections to the host are its own. An error is of the way there.
    pub(super) async fn proves(self, host: &PgConnectOptions) -> Result<bool, sqlx::Error> {
        match PgConnection::connect_with(&self.on(host)).await {
            Ok(mut connection) => {
                let kept = self.kept(&mut connection).await?;
                let _gone = connection.close().await;
                Ok(kept)
            }
            // It is not known why. Without the mark it says so.
            Err(sqlx::Error::Database(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
