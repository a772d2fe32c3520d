//! Messages that count once, and forgetting what is over.

use super::super::StoreError;
use super::super::session::{Param, Session};
use rosterd_core::ids::Timestamp;

pub(super) async fn first(
    db: &mut dyn Session,
    issuer: &str,
    token: &[u8],
    until: Timestamp,
) -> Result<bool, StoreError> {
    let new = db
        .run(
            "INSERT INTO seen_tokens (issuer, token_hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[Param::Text(Some(issuer)), Param::Bytes(token), Param::Int(Some(until.0))],
        )
        .await?;
    Ok(new == 1)
}

pub(super) async fn before(db: &mut dyn Session, issuer: &str, token: &[u8]) -> Result<bool, StoreError> {
    let rows = db
        .rows(
            "SELECT 1 FROM seen_tokens WHERE issuer = $1 AND token_hash = $2",
            &[Param::Text(Some(issuer)), Param::Bytes(token)],
        )
        .await?;
    Ok(!rows.is_empty())
}

pub(super) async fn prune(db: &mut dyn Session, now: Timestamp, before: Timestamp) -> Result<u64, StoreError> {
    let (now, before) = (Param::Int(Some(now.0)), Param::Int(Some(before.0)));
    let begun = db.run("DELETE FROM sign_ins WHERE expires_at <= $1", &[now]).await?;
    let seen = db.run("DELETE FROM seen_tokens WHERE expires_at <= $1", &[now]).await?;
    let sessions = db.run("DELETE FROM sessions WHERE expires_at <= $1 OR ended_at <= $1", &[before]).await?;
    Ok(begun + seen + sessions)
}
