//! Writes what rules give of roles: entitlements that are new, and who holds which.

use super::StoreError;
use super::apply::{Apply, Expect};
use super::authz::BATCH;
use super::bulk;
use super::load::Into;
use super::statement::Statement;
use rosterd_core::entitlements::HolderWrite;

const ENTITLEMENTS: Into = Into {
    table: "entitlements",
    columns: &[
        ("id", "bigint"),
        ("org_id", "bigint"),
        ("role_id", "bigint"),
        ("for_user_id", "bigint"),
        ("scope", "text"),
        ("parameters", "text"),
    ],
};

const HOLDERS: Into = Into {
    table: "user_entitlements",
    columns: &[("entitlement_id", "bigint"), ("user_id", "bigint"), ("synced", "bigint")],
};

impl Apply<'_> {
    pub(super) async fn entitlements(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        self.load(&ENTITLEMENTS, w.new_entitlements.len(), w.new_entitlements.iter(), |line, new| {
            line.int(i64::from(new.id)).opt_int(new.org.get().map(i64::from));
            line.opt_int(new.role.get().map(i64::from)).opt_int(new.for_user.get().map(i64::from));
            line.text(w.texts.get(new.scope)).text(w.texts.get(new.parameters));
        })
        .await?;
        let taken: Vec<&HolderWrite> = w.holders.iter().filter(|holder| !holder.give).collect();
        for batch in taken.chunks(BATCH) {
            let (of, user) = keys(batch);
            // What a hand or a file gives besides stays.
            let delete = Statement::new(
                "DELETE FROM user_entitlements h USING unnest($1::bigint[], $2::bigint[]) AS d (entitlement_id, user_id)
                 WHERE h.entitlement_id = d.entitlement_id AND h.user_id = d.user_id
                   AND coalesce(h.declared_until, h.manual_until) IS NULL",
            );
            self.write(delete.bind(of.clone()).bind(user.clone()), Expect::Counted).await?;
            let clear = Statement::new(
                "UPDATE user_entitlements h SET synced = 0
                 FROM unnest($1::bigint[], $2::bigint[]) AS d (entitlement_id, user_id)
                 WHERE h.entitlement_id = d.entitlement_id AND h.user_id = d.user_id",
            );
            self.write(clear.bind(of).bind(user), Expect::Counted).await?;
        }
        let there: Vec<&HolderWrite> = w.holders.iter().filter(|holder| holder.give && holder.exists).collect();
        for batch in there.chunks(BATCH) {
            let (of, user) = keys(batch);
            let give = Statement::new(
                "INSERT INTO user_entitlements (entitlement_id, user_id, synced)
                 SELECT *, 1 FROM unnest($1::bigint[], $2::bigint[])
                 ON CONFLICT (entitlement_id, user_id) DO UPDATE SET synced = 1",
            );
            self.write(give.bind(of).bind(user), Expect::Counted).await?;
        }
        let is_new = |holder: &&HolderWrite| holder.give && !holder.exists;
        let new = w.holders.iter().filter(is_new).count();
        if new == 0 {
            return Ok(());
        }
        let stripped = self.strip(&bulk::HOLDERS, new).await?;
        self.load(&HOLDERS, new, w.holders.iter().filter(is_new), |line, holder| {
            line.int(i64::from(holder.entitlement)).int(i64::from(holder.user)).int(1);
        })
        .await?;
        if stripped { self.restore(&bulk::HOLDERS).await } else { Ok(()) }
    }
}

fn keys(batch: &[&HolderWrite]) -> (Vec<i64>, Vec<i64>) {
    batch.iter().map(|holder| (i64::from(holder.entitlement), i64::from(holder.user))).unzip()
}
