//! What a provider gives now, for plans that must keep it: an incomplete reading, `keep`.

use super::session::{Param, Session, id};
use super::{StoreError, json};
use rosterd_core::ids::IdentityId;
use rosterd_core::observed::Grant;

/// See [`super::Store::given`].
pub(super) async fn given(db: &mut (dyn Session + '_), provider: &str) -> Result<Vec<(IdentityId, Grant)>, StoreError> {
    let sql = "SELECT i.id, i.grants FROM identities i JOIN providers p ON p.id = i.provider_id
               WHERE p.name = $1 AND i.gone_at IS NULL ORDER BY i.id";
    let mut given = Vec::new();
    for row in db.rows(sql, &[Param::Text(Some(provider))]).await? {
        let identity: IdentityId = id("identities.id", row.int(0)?)?;
        given.extend(json::grants(&row.text(1)?)?.into_iter().map(|grant| (identity, grant)));
    }
    Ok(given)
}
