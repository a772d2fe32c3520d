//! Writes what was seen: the provider, its rules' names, its groups and identities.

use super::super::{StoreError, json, look};
use super::apply::{Apply, Expect};
use super::bulk;
use super::load::Into;
use super::statement::Statement;
use rosterd_core::text::hex;
use rosterd_core::writes::IdentityWrite;

/// How many rows one statement's arrays hold, so that they stay small beside the plan.
const BATCH: usize = 10_000;
/// How much of what providers say besides names and groups they hold, about.
const BATCH_BYTES: usize = 8 << 20;

const IDENTITIES: Into = Into {
    table: "identities",
    columns: &[
        ("id", "bigint"),
        ("provider_id", "bigint"),
        ("subject", "text"),
        ("user_id", "bigint"),
        ("dn", "text"),
        ("login", "text"),
        ("name", "text"),
        ("email", "text"),
        ("group_ids", "text"),
        ("grants", "text"),
        ("digest", "bigint"),
        ("grants_digest", "bigint"),
        ("observed_at", "bigint"),
        ("gone_at", "bigint"),
        ("claims", "text"),
        ("reading", "bigint"),
    ],
};

impl Apply<'_> {
    pub(super) async fn provider(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if let Some((id, name)) = w.new_provider {
            let insert = Statement::new("INSERT INTO providers (id, name) VALUES ($1, $2)");
            self.write(insert.bind(i64::from(id)).bind(w.texts.get(name)), Expect::Counted).await?;
        }
        if let Some(base) = &w.base {
            let update = Statement::new("UPDATE providers SET base = $2 WHERE id = $1").bind(self.provider_id()?);
            self.write(update.bind(look::base_text(base)), Expect::Counted).await?;
        }
        if !w.new_rules.is_empty() {
            let ids: Vec<i64> = w.new_rules.iter().map(|(id, _)| i64::from(*id)).collect();
            let names: Vec<&str> = w.new_rules.iter().map(|(_, name)| w.texts.get(*name)).collect();
            let insert = Statement::new("INSERT INTO rules (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])");
            self.write(insert.bind(ids).bind(names), Expect::Counted).await?;
        }
        Ok(())
    }

    /// Who may be in groups, and until where the provider's changes have been read.
    pub(super) async fn feed(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        for lists in w.lists.chunks(BATCH) {
            let upsert = Statement::new(
                "INSERT INTO group_lists (group_id, provider_id, members, digest)
                 SELECT n.group_id, $1, decode(n.members, 'hex'), n.digest
                 FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS n (group_id, members, digest)
                 ON CONFLICT (group_id) DO UPDATE SET members = excluded.members, digest = excluded.digest",
            )
            .bind(self.provider_id()?)
            .bind(lists.iter().map(|list| i64::from(list.group)).collect::<Vec<_>>())
            .bind(lists.iter().map(|list| hex(list.members.of(&w.list_bytes))).collect::<Vec<_>>())
            .bind(lists.iter().map(|list| list.digest).collect::<Vec<_>>());
            self.write(upsert, Expect::Any).await?;
            let forget = Statement::new("DELETE FROM group_joins WHERE group_id = ANY ($1)");
            let groups = lists.iter().map(|list| i64::from(list.group)).collect::<Vec<_>>();
            self.write(forget.bind(groups), Expect::Any).await?;
        }
        if !w.joins.is_empty() {
            let insert = Statement::new(
                "INSERT INTO group_joins (group_id, identity_id, provider_id)
                 SELECT n.group_id, n.identity_id, p.id
                 FROM unnest($2::bigint[], $3::bigint[]) AS n (group_id, identity_id)
                 CROSS JOIN providers p JOIN feeds f ON f.provider = p.name WHERE p.id = $1
                 ON CONFLICT DO NOTHING",
            )
            .bind(self.provider_id()?)
            .bind(w.joins.iter().map(|(group, _)| i64::from(*group)).collect::<Vec<_>>())
            .bind(w.joins.iter().map(|(_, identity)| i64::from(*identity)).collect::<Vec<_>>());
            self.write(insert, Expect::Any).await?;
        }
        let Some(cursor) = &w.cursor else { return Ok(()) };
        let provider = self.provider_id()?;
        if let Some(from) = &cursor.from {
            let go_on = Statement::new(
                "UPDATE feeds SET cursor = $2
                 WHERE provider = (SELECT name FROM providers WHERE id = $1) AND cursor = $3",
            );
            let go_on = go_on.bind(provider).bind(cursor.to.as_str()).bind(from.as_str());
            return self.write(go_on, Expect::Exactly(1)).await;
        }
        let keep = Statement::new(
            "INSERT INTO feeds (provider, cursor) SELECT name, $2 FROM providers WHERE id = $1
             ON CONFLICT (provider) DO UPDATE SET cursor = excluded.cursor",
        );
        self.write(keep.bind(provider).bind(cursor.to.as_str()), Expect::Any).await
    }

    pub(super) async fn groups(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        for groups in w.groups.chunks(BATCH) {
            let provider = self.provider_id()?;
            let texts = |text: fn(&rosterd_core::writes::GroupWrite) -> rosterd_core::text::Text| -> Vec<&str> {
                groups.iter().map(|group| w.texts.get(text(group))).collect()
            };
            let parents: Vec<String> = groups
                .iter()
                .map(|group| {
                    let mut text = String::new();
                    json::ids_text(&mut text, group.parents.of(&w.group_lists));
                    text
                })
                .collect();
            let upsert = Statement::new(
                "INSERT INTO provider_groups (id, provider_id, subject, dn, name, parents, gone_at)
                 SELECT g.id, $1, g.subject, g.dn, g.name, g.parents, g.gone_at
                 FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
                     AS g (id, subject, dn, name, parents, gone_at)
                 ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, dn = excluded.dn, name = excluded.name,
                     parents = excluded.parents, gone_at = excluded.gone_at",
            )
            .bind(provider)
            .bind(groups.iter().map(|group| i64::from(group.id)).collect::<Vec<_>>())
            .bind(texts(|group| group.subject))
            .bind(texts(|group| group.dn))
            .bind(texts(|group| group.name))
            .bind(parents)
            .bind(groups.iter().map(|group| group.gone_at.map(|at| at.0)).collect::<Vec<_>>());
            self.write(upsert, Expect::Counted).await?;
        }
        Ok(())
    }

    pub(super) async fn identities(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if !w.seen.is_empty() {
            let ids: Vec<i64> = w.seen.iter().map(|identity| i64::from(*identity)).collect();
            let seen = Statement::new("UPDATE identities SET reading = $2 WHERE id = ANY ($1) AND reading < $2");
            self.write(seen.bind(ids).bind(w.reading.0), Expect::Any).await?;
        }
        let changed: Vec<&IdentityWrite> = w.identities.iter().filter(|identity| !identity.new).collect();
        let mut rest = changed.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_of(rest, |identity| w.texts.get(identity.claims).len()));
            self.change_identities(batch).await?;
            rest = later;
        }
        let new = w.identities.len() - changed.len();
        if new == 0 {
            return Ok(());
        }
        let provider = self.provider_id()?;
        let stripped = self.strip(&bulk::IDENTITIES, new).await?;
        let (mut groups, mut grants) = (String::new(), String::new());
        self.load(&IDENTITIES, new, w.identities.iter().filter(|identity| identity.new), |line, identity| {
            json::ids_text(&mut groups, identity.groups.of(&w.group_lists));
            json::grants_text(&mut grants, identity.grants.of(&w.grants));
            line.int(i64::from(identity.id)).int(provider).text(w.texts.get(identity.subject));
            line.int(i64::from(identity.user)).text(w.texts.get(identity.dn)).text(w.texts.get(identity.login));
            line.text(w.texts.get(identity.name)).text(w.texts.get(identity.email)).text(&groups).text(&grants);
            line.int(identity.digest).int(identity.grants_digest).int(w.observed_at.0);
            line.opt_int(identity.gone_at(w).map(|at| at.0)).opt_text(w.texts.get(identity.claims));
            line.int(w.reading.0);
        })
        .await?;
        if stripped { self.restore(&bulk::IDENTITIES).await } else { Ok(()) }
    }

    async fn change_identities(&mut self, batch: &[&IdentityWrite]) -> Result<(), StoreError> {
        let w = self.w;
        let texts = |text: fn(&IdentityWrite) -> rosterd_core::text::Text| -> Vec<&str> {
            batch.iter().map(|identity| w.texts.get(text(identity))).collect()
        };
        let ints =
            |int: fn(&IdentityWrite) -> i64| -> Vec<i64> { batch.iter().map(|identity| int(identity)).collect() };
        let made = |make: fn(&mut String, &rosterd_core::writes::Writes, &IdentityWrite)| -> Vec<String> {
            batch
                .iter()
                .map(|identity| {
                    let mut text = String::new();
                    make(&mut text, w, identity);
                    text
                })
                .collect()
        };
        let update = Statement::new(
            "UPDATE identities i SET subject = n.subject, user_id = n.user_id, dn = n.dn, login = n.login,
                 name = n.name, email = n.email, group_ids = n.group_ids, grants = n.grants, digest = n.digest,
                 grants_digest = n.grants_digest, observed_at = n.observed_at, gone_at = n.gone_at,
                 claims = nullif(n.claims, ''), reading = n.reading
             FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
                     $15::text[], $16::bigint[])
                 AS n (id, subject, user_id, dn, login, name, email, group_ids, grants, digest, grants_digest,
                     observed_at, gone_at, claims, reading)
             WHERE i.id = n.id AND i.provider_id = $1",
        )
        .bind(self.provider_id()?)
        .bind(ints(|identity| i64::from(identity.id)))
        .bind(texts(|identity| identity.subject))
        .bind(ints(|identity| i64::from(identity.user)))
        .bind(texts(|identity| identity.dn))
        .bind(texts(|identity| identity.login))
        .bind(texts(|identity| identity.name))
        .bind(texts(|identity| identity.email))
        .bind(made(|text, w, identity| json::ids_text(text, identity.groups.of(&w.group_lists))))
        .bind(made(|text, w, identity| json::grants_text(text, identity.grants.of(&w.grants))))
        .bind(ints(|identity| identity.digest))
        .bind(ints(|identity| identity.grants_digest))
        .bind(vec![w.observed_at.0; batch.len()])
        .bind(batch.iter().map(|identity| identity.gone_at(w).map(|at| at.0)).collect::<Vec<_>>())
        .bind(texts(|identity| identity.claims))
        .bind(vec![w.reading.0; batch.len()]);
        self.write(update, Expect::Exactly(batch.len())).await
    }
}

/// How many of the rows, at least one, go into the next statement.
fn batch_of<T>(rows: &[T], size: impl Fn(&T) -> usize) -> usize {
    let mut bytes = 0;
    let fits = |row: &&T| {
        bytes += size(row);
        bytes <= BATCH_BYTES
    };
    rows.iter().take(BATCH).take_while(fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_rows_and_bytes() {
        assert_eq!(batch_of(&[0; 3], |_| 0), 3);
        assert_eq!(batch_of(&vec![0; BATCH + 1], |_| 0), BATCH);
        assert_eq!(batch_of(&[BATCH_BYTES / 2, BATCH_BYTES / 2, 1], |size| *size), 2);
        assert_eq!(batch_of(&[BATCH_BYTES + 1, 1], |size| *size), 1);
    }
}
