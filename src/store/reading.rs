//! What a provider said last, as a reading again: to try other rules on it without asking the
//! provider.
//!
//! It is what was written by the last apply. Nothing is removed from a database because of it: no
//! plan that is made from it is ever applied.

use super::session::{Param, Session, id};
use super::{StoreError, json};
use rosterd_core::ids::GroupId;
use rosterd_core::snapshot::{GroupFields, GroupIndex, PersonFields, Reading, SnapshotBuilder};
use std::collections::HashMap;

/// See [`super::Store::last_reading`].
pub(super) async fn last(db: &mut dyn Session, provider: &str, seed: u128) -> Result<Reading, StoreError> {
    let known = db.rows("SELECT id FROM providers WHERE name = $1", &[Param::Text(Some(provider))]).await?;
    let Some(known) = known.first() else {
        return Err(StoreError::Refused(format!(
            "nothing is known yet of what provider {provider} says: run `rosterd sync` first"
        )));
    };
    let number = Param::Int(Some(known.int(0)?));
    let mut builder = SnapshotBuilder::new(seed);
    let part = builder.begin("what was seen last");
    let mut places: HashMap<GroupId, GroupIndex> = HashMap::new();
    let mut nested: Vec<(GroupIndex, Vec<GroupId>)> = Vec::new();
    let groups = "SELECT id, subject, dn, name, parents FROM provider_groups
                  WHERE provider_id = $1 AND gone_at IS NULL ORDER BY id";
    for row in db.rows(groups, &[number]).await? {
        let (subject, dn, name) = (row.text(1)?, row.text(2)?, row.text(3)?);
        let Some(place) = builder.group(GroupFields { subject: &subject, dn: said(&dn), name: &name }) else {
            continue;
        };
        places.insert(id("provider_groups.id", row.int(0)?)?, place);
        nested.push((place, json::ids(&row.text(4)?)?));
    }
    for (child, parents) in nested {
        for parent in parents.iter().filter_map(|parent| places.get(parent)) {
            builder.nested(child, *parent);
        }
    }
    let people = "SELECT subject, dn, login, name, email, group_ids, claims FROM identities
                  WHERE provider_id = $1 AND gone_at IS NULL ORDER BY id";
    for row in db.rows(people, &[number]).await? {
        let (subject, dn, claims) = (row.text(0)?, row.text(1)?, row.opt_text(6)?);
        let (login, name, email) = (row.text(2)?, row.text(3)?, row.text(4)?);
        let person = builder.person(PersonFields {
            subject: &subject,
            dn: said(&dn),
            login: said(&login),
            name: said(&name),
            email: said(&email),
            claims: claims.as_deref(),
        });
        let Some(person) = person else { continue };
        for group in json::ids(&row.text(5)?)? {
            if let Some(place) = places.get(&group) {
                builder.member(person, *place);
            }
        }
    }
    builder.end(part);
    Ok(builder.finish())
}

/// The tables keep what was not said as an empty text.
fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
