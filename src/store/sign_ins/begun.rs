//! Logins that have begun and not come back: kept once, taken once.

use super::super::StoreError;
use super::super::session::{Param, Session};
use super::SignIn;
use rosterd_core::ids::Timestamp;

pub(super) async fn begin(db: &mut dyn Session, begun: &SignIn) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO sign_ins (state_hash, browser_hash, provider, kept, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            Param::Bytes(&begun.state),
            Param::Bytes(&begun.browser),
            Param::Text(Some(&begun.provider)),
            Param::Text(Some(&begun.kept)),
            Param::Text(Some(&begun.return_to)),
            Param::Int(Some(begun.expires_at.0)),
        ],
    )
    .await?;
    Ok(())
}

/// Deleting and reading are one statement, so that of two who come with one `state` one finds nothing.
pub(super) async fn take(db: &mut dyn Session, state: [u8; 32], now: Timestamp) -> Result<Option<SignIn>, StoreError> {
    let rows = db
        .rows(
            "DELETE FROM sign_ins WHERE state_hash = $1
             RETURNING browser_hash, provider, kept, return_to, expires_at",
            &[Param::Bytes(&state)],
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let damaged = |_| StoreError::Database("sign_ins.browser_hash is no SHA-256".to_owned());
    let begun = SignIn {
        state,
        browser: row.bytes(0)?.try_into().map_err(damaged)?,
        provider: row.text(1)?,
        kept: row.text(2)?,
        return_to: row.text(3)?,
        expires_at: Timestamp(row.int(4)?),
    };
    Ok(Some(begun).filter(|begun| now < begun.expires_at))
}
