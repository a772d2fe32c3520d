//! Carries out a plan's writes in one transaction.
//!
//! New rows by `COPY`, changes by arrays (`unnest`): one statement a table, however many rows. The
//! order is that of the foreign keys. The fault points between the steps are listed in
//! [`crate::fault`].

use super::super::history::Chain;
use super::super::{Applied, holds};
use super::load::Into;
use super::session::PgSession;
use super::{StoreError, error, write_error};
use crate::fault;
use rosterd_core::audit::Record;
use rosterd_core::ids::Timestamp;
use rosterd_core::plan::audit_body;
use rosterd_core::writes::Writes;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

const REMOVALS: Into = Into {
    table: "removals",
    columns: &[
        ("run_id", "bigint"),
        ("at", "bigint"),
        ("provider_id", "bigint"),
        ("class", "text"),
        ("org_id", "bigint"),
        ("removed", "bigint"),
        ("approved", "bigint"),
    ],
};

const AUDIT: Into = Into {
    table: "audit",
    columns: &[
        ("seq", "bigint"),
        ("run_id", "bigint"),
        ("at", "bigint"),
        ("actor", "text"),
        ("user_id", "bigint"),
        ("body", "text"),
        ("hash", "bytea"),
    ],
};

/// See [`super::super::Store::apply`]. In the writers' turn, at the generation that the writes rest on;
/// the transaction is the caller's to commit.
pub(super) async fn apply(session: &mut PgSession, w: &Writes, now: Timestamp) -> Result<Applied, StoreError> {
    let mut apply = Apply { c: &mut session.tx, named: session.direct, w, now, rows: 0 };
    apply.provider().await?;
    fault::point("apply.provider");
    apply.orgs().await?;
    fault::point("apply.orgs");
    apply.users().await?;
    fault::point("apply.users");
    apply.teams().await?;
    fault::point("apply.teams");
    apply.groups().await?;
    fault::point("apply.groups");
    apply.identities().await?;
    fault::point("apply.identities");
    apply.org_members().await?;
    fault::point("apply.org_members");
    apply.team_members().await?;
    fault::point("apply.team_members");
    apply.suspensions().await?;
    fault::point("apply.suspensions");
    let run = apply.run().await?;
    fault::point("apply.run");
    apply.audit(run).await?;
    fault::point("apply.audit");
    let count = apply.sql("UPDATE state SET generation = generation + 1, audit_seq = (SELECT coalesce(max(seq), 0) FROM audit) WHERE one = 1");
    write(apply.c, count).await?;
    Ok(Applied { run: run.unwrap_or(0), rows: apply.rows })
}

/// An apply under way.
pub(super) struct Apply<'t> {
    pub(super) c: &'t mut PgConnection,
    /// Statements may have names.
    pub(super) named: bool,
    pub(super) w: &'t Writes,
    pub(super) now: Timestamp,
    /// Rows written so far.
    pub(super) rows: u64,
}

/// Carries out a statement that writes; returns how many rows.
pub(super) async fn write(c: &mut PgConnection, query: Query<'_, Postgres, PgArguments>) -> Result<u64, StoreError> {
    Ok(query.execute(c).await.map_err(write_error)?.rows_affected())
}

/// Fails when a row that the plan saw is gone.
pub(super) fn must_hit(rows: u64, wanted: usize) -> Result<u64, StoreError> {
    if rows == wanted as u64 { Ok(rows) } else { Err(StoreError::Moved) }
}

impl Apply<'_> {
    pub(super) fn sql<'q>(&self, sql: &'static str) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.named)
    }

    pub(super) fn provider_id(&self) -> Result<i64, StoreError> {
        self.w.provider.map(i64::from).ok_or_else(|| StoreError::Refused("the writes name no provider".to_owned()))
    }

    /// The run, what it counts for the budget, and the hold it used; returns the run's number.
    async fn run(&mut self) -> Result<Option<i64>, StoreError> {
        let w = self.w;
        let now = self.now.0;
        if let Some(hold) = w.used_hold {
            let use_up =
                self.sql("UPDATE holds SET state = 'applied' WHERE id = $1 AND state = 'approved' AND expires_at > $2");
            if write(self.c, use_up.bind(hold).bind(now)).await? != 1 {
                return Err(holds::not_approved(hold));
            }
            self.rows += 1;
        }
        let Some(run) = w.run else { return Ok(None) };
        let provider = self.provider_id()?;
        // One statement: for a login each way to the server and back counts.
        let insert = self
            .sql(
                "WITH run AS (
                     INSERT INTO runs (id, provider_id, trigger, started_at, finished_at, complete, added, changed,
                         removed, withheld, epoch)
                     SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM runs RETURNING id),
                 applied AS (UPDATE providers SET applied_at = $4 WHERE id = $1 RETURNING id)
                 SELECT run.id, (SELECT count(*) FROM applied) FROM run",
            )
            .bind(provider)
            .bind(run.trigger.name())
            .bind(run.started_at.0)
            .bind(now)
            .bind(i64::from(run.complete))
            .bind(i64::from(run.added))
            .bind(i64::from(run.changed))
            .bind(i64::from(run.removed))
            .bind(i64::from(run.withheld))
            .bind(w.epoch);
        let row = insert.fetch_one(&mut *self.c).await.map_err(write_error)?;
        let (id, applied): (i64, i64) = (row.try_get(0).map_err(error)?, row.try_get(1).map_err(error)?);
        self.rows += 1 + must_hit(u64::try_from(applied).unwrap_or(0), 1)?;
        if !w.removals.is_empty() {
            self.rows += self
                .load(&REMOVALS, w.removals.len(), w.removals.iter(), |line, r| {
                    line.int(id).int(now).int(provider).text(r.class.name()).opt_int(r.org.map(i64::from));
                    line.int(i64::from(r.removed)).int(i64::from(r.approved));
                })
                .await?;
        }
        Ok(Some(id))
    }

    async fn audit(&mut self, run: Option<i64>) -> Result<(), StoreError> {
        let w = self.w;
        if w.changes.is_empty() {
            return Ok(());
        }
        let row = self
            .sql(
                "SELECT p.name, a.seq, a.hash FROM providers p
                 LEFT JOIN LATERAL (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1) a ON true WHERE p.id = $1",
            )
            .bind(self.provider_id()?)
            .fetch_one(&mut *self.c)
            .await
            .map_err(error)?;
        let actor: String = row.try_get(0).map_err(error)?;
        let seq: Option<i64> = row.try_get(1).map_err(error)?;
        let hash: Option<Vec<u8>> = row.try_get(2).map_err(error)?;
        let last = seq.zip(hash);
        let mut chain = Chain::after(last.as_ref().map(|(seq, hash)| (*seq, hash.as_slice())))?;
        let (at, mut body) = (self.now, String::new());
        self.rows += self
            .load(&AUDIT, w.changes.len(), w.records(), |line, (user, changes)| {
                audit_body(&mut body, &actor, changes);
                let (seq, hash) = chain.next(Record { seq: 0, run, at, actor: &actor, user, body: &body });
                line.int(seq).opt_int(run).int(at.0).text(&actor).opt_int(user.map(i64::from)).text(&body).bytes(&hash);
            })
            .await?;
        Ok(())
    }
}
