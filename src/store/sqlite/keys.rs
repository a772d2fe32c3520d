//! Foreign keys of a large apply, checked as sets before anything is written.
//!
//! SQLite looks each key up for each row, which was measured at more than a third of a first load.
//! For a large apply it is told not to, and the same is asked here: an apply deletes no row that
//! others point to, so it is enough that whatever its rows point to is there or is written with
//! them.

use super::{StoreError, error};
use rosterd_core::entitlements::EntitlementRow;
use rosterd_core::writes::Writes;
use rusqlite::Connection;

/// From how many memberships on it pays.
const WORTH: usize = 20_000;

/// Whether the keys of these writes are to be checked here.
pub(super) fn worth(w: &Writes) -> bool {
    w.org_members.len() + w.team_members.len() + w.holders.len() >= WORTH
}

/// Tells SQLite whether to look. Only outside a transaction does it listen (SQLite manual, "PRAGMA
/// foreign_keys").
pub(super) fn enforce(connection: &Connection, on: bool) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", on).map_err(error)
}

/// Fails when a row would point to one that is not there. Inside the transaction.
pub(super) fn check(tx: &Connection, w: &Writes, provider: i64) -> Result<(), StoreError> {
    let users = known(tx, "SELECT id FROM users", w.new_users.iter().map(|user| i64::from(user.id)))?;
    let orgs = known(tx, "SELECT id FROM orgs", w.new_orgs.iter().map(|org| i64::from(org.id)))?;
    let teams = known(tx, "SELECT id FROM teams", w.new_teams.iter().map(|team| i64::from(team.id)))?;
    let providers = known(tx, "SELECT id FROM providers", w.new_provider.iter().map(|(id, _)| i64::from(*id)))?;
    let new = w.new_entitlements.iter().map(|new| i64::from(new.id));
    let entitlements = known(tx, "SELECT id FROM entitlements", new)?;
    let roles = known(tx, "SELECT id FROM roles", std::iter::empty())?;
    let named = |of: fn(&EntitlementRow) -> Option<i64>| w.new_entitlements.iter().filter_map(of);
    let missing = first_missing("team", &orgs, "organization", w.new_teams.iter().map(|team| i64::from(team.org)))
        .or_else(|| first_missing("identity", &users, "user", w.identities.iter().map(|i| i64::from(i.user))))
        .or_else(|| first_missing("membership", &users, "user", w.org_members.iter().map(|m| i64::from(m.user))))
        .or_else(|| first_missing("membership", &orgs, "organization", w.org_members.iter().map(|m| i64::from(m.org))))
        .or_else(|| first_missing("membership", &users, "user", w.team_members.iter().map(|m| i64::from(m.user))))
        .or_else(|| first_missing("membership", &teams, "team", w.team_members.iter().map(|m| i64::from(m.team))))
        .or_else(|| first_missing("suspension", &users, "user", w.suspend.iter().map(|s| i64::from(s.user))))
        .or_else(|| first_missing("entitlement", &orgs, "organization", named(|e| e.org.get().map(i64::from))))
        .or_else(|| first_missing("entitlement", &roles, "role", named(|e| e.role.get().map(i64::from))))
        .or_else(|| first_missing("entitlement", &users, "user", named(|e| e.for_user.get().map(i64::from))))
        .or_else(|| first_missing("holder", &users, "user", w.holders.iter().map(|h| i64::from(h.user))))
        .or_else(|| {
            first_missing("holder", &entitlements, "entitlement", w.holders.iter().map(|h| i64::from(h.entitlement)))
        })
        .or_else(|| first_missing("run", &providers, "provider", [provider].into_iter()));
    missing.map_or(Ok(()), |what| Err(StoreError::Database(what)))
}

/// The ids that are there or will be, ascending.
fn known(tx: &Connection, sql: &'static str, new: impl Iterator<Item = i64>) -> Result<Vec<i64>, StoreError> {
    let mut statement = tx.prepare(sql).map_err(error)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(error)?;
    let mut ids = rows.collect::<Result<Vec<i64>, _>>().map_err(error)?;
    ids.extend(new);
    ids.sort_unstable();
    Ok(ids)
}

fn first_missing(row: &str, known: &[i64], what: &str, mut ids: impl Iterator<Item = i64>) -> Option<String> {
    // Rows come grouped by one of their keys: the same id again needs no second look.
    let mut last = None;
    let missing = ids.find(|id| {
        let again = last == Some(*id);
        last = Some(*id);
        !again && known.binary_search(id).is_err()
    });
    missing.map(|id| format!("FOREIGN KEY constraint failed: a {row} names {what} {id}, which is not there"))
}
