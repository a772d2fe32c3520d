//! Carries out a plan's writes in one transaction.
//!
//! New rows by `COPY`, changes by arrays (`unnest`): one statement a table, however many rows; and all of
//! them in one message, where they are about a few people. The order is that of the foreign keys. The
//! fault points between the steps are listed in [`crate::fault`].

use super::super::history::Chain;
use super::super::look::Tail;
use super::super::{Applied, holds};
use super::batch::Batch;
use super::line::Line;
use super::load::Into;
use super::statement::Statement;
use super::writer::Turn;
use super::{StoreError, error, write_error};
use crate::fault;
use rosterd_core::audit::Record;
use rosterd_core::ids::Timestamp;
use rosterd_core::plan::audit_body;
use rosterd_core::writes::Writes;
use sqlx::{PgConnection, Row};

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
/// `tail`, where it is known already. `commit`: in the same message, where they go in one and nothing of what
/// is answered need be looked at before; else the caller commits.
pub(super) async fn apply(
    turn: &mut Turn,
    w: &Writes,
    now: Timestamp,
    tail: Option<Tail>,
    commit: bool,
) -> Result<Applied, StoreError> {
    let together = turn.few.then(Batch::default);
    let mut apply = Apply { line: turn.line()?, together, expected: Vec::new(), w, now, rows: 0 };
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
    apply.renewals().await?;
    apply.feed().await?;
    apply.org_members().await?;
    fault::point("apply.org_members");
    apply.team_members().await?;
    fault::point("apply.team_members");
    apply.entitlements().await?;
    fault::point("apply.entitlements");
    apply.suspensions().await?;
    fault::point("apply.suspensions");
    let tail = match tail {
        None if w.run.is_some() || !w.changes.is_empty() => apply.tail().await?,
        known => known.unwrap_or_default(),
    };
    let run = apply.run(&tail).await?;
    fault::point("apply.run");
    apply.audit(run, &tail).await?;
    fault::point("apply.audit");
    let count = Statement::new(
        "UPDATE state SET generation = generation + 1, audit_seq = (SELECT coalesce(max(seq), 0) FROM audit) WHERE one = 1",
    );
    apply.write(count, Expect::Any).await?;
    let (rows, committed) = apply.end(commit).await?;
    if committed {
        turn.committed();
    }
    Ok(Applied { run: run.unwrap_or(0), rows })
}

/// How many rows a statement has to change, and whether they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Any,
    Counted,
    /// Fewer means that a row that the plan saw is gone.
    Exactly(usize),
    /// The hold that is used, once.
    Hold(i64),
}

/// An apply under way.
pub(super) struct Apply<'t> {
    line: &'t mut Line,
    /// Where statements go in one message: what has gathered.
    together: Option<Batch>,
    /// Of each in it.
    expected: Vec<Expect>,
    pub(super) w: &'t Writes,
    pub(super) now: Timestamp,
    /// Rows written so far.
    rows: u64,
}

impl Apply<'_> {
    /// Carries it out, or puts it with the others.
    pub(super) async fn write(&mut self, statement: Statement<'_>, expect: Expect) -> Result<(), StoreError> {
        if let Some(batch) = &mut self.together {
            batch.push(&mut self.line.prepared, &statement)?;
            self.expected.push(expect);
            return Ok(());
        }
        let query = statement.query(self.line.direct);
        let changed = query.execute(&mut self.line.c).await.map_err(write_error)?.rows_affected();
        self.count(changed, expect)
    }

    pub(super) fn count(&mut self, changed: u64, expect: Expect) -> Result<(), StoreError> {
        match expect {
            Expect::Any => return Ok(()),
            Expect::Exactly(rows) if changed != rows as u64 => return Err(StoreError::Moved),
            Expect::Hold(hold) if changed != 1 => return Err(holds::not_approved(hold)),
            Expect::Counted | Expect::Exactly(_) | Expect::Hold(_) => {}
        }
        self.rows += changed;
        Ok(())
    }

    /// The connection, on which all before has been carried out.
    pub(super) async fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        self.send().await?;
        Ok(&mut self.line.c)
    }

    /// Sends what has gathered.
    async fn send(&mut self) -> Result<(), StoreError> {
        let Some(batch) = &mut self.together else { return Ok(()) };
        let answers = batch.send(&mut self.line.c).await?;
        for (answer, expect) in answers.iter().zip(std::mem::take(&mut self.expected)) {
            self.count(answer.changed, expect)?;
        }
        Ok(())
    }

    /// The last message: rows written, and whether it was committed.
    async fn end(mut self, commit: bool) -> Result<(u64, bool), StoreError> {
        let safe = self.expected.iter().all(|expect| matches!(expect, Expect::Any | Expect::Counted));
        let committed = match &mut self.together {
            Some(batch) if commit && safe => {
                batch.command("COMMIT");
                true
            }
            _ => false,
        };
        self.send().await?;
        Ok((self.rows, committed))
    }

    pub(super) fn provider_id(&self) -> Result<i64, StoreError> {
        self.w.provider.map(i64::from).ok_or_else(|| StoreError::Refused("the writes name no provider".to_owned()))
    }

    /// Where the records end.
    async fn tail(&mut self) -> Result<Tail, StoreError> {
        let provider = self.provider_id()?;
        let ask = Statement::new(
            "SELECT p.name, coalesce((SELECT max(id) FROM runs), 0), a.seq, a.hash FROM providers p
             LEFT JOIN audit a ON a.seq = (SELECT max(seq) FROM audit) WHERE p.id = $1",
        );
        let query = ask.bind(provider).query(self.line.direct);
        let row = query.fetch_one(self.connection().await?).await.map_err(error)?;
        let (seq, hash): (Option<i64>, Option<Vec<u8>>) =
            (row.try_get(2).map_err(error)?, row.try_get(3).map_err(error)?);
        Ok(Tail { actor: row.try_get(0).map_err(error)?, run: row.try_get(1).map_err(error)?, audit: seq.zip(hash) })
    }

    /// The run, what it counts for the budget, and the hold it used; returns the run's number.
    async fn run(&mut self, tail: &Tail) -> Result<Option<i64>, StoreError> {
        let w = self.w;
        let now = self.now.0;
        if let Some(hold) = w.used_hold {
            let use_up = "UPDATE holds SET state = 'applied' WHERE id = $1 AND state = 'approved' AND expires_at > $2";
            self.write(Statement::new(use_up).bind(hold).bind(now), Expect::Hold(hold)).await?;
        }
        let Some(run) = w.run else { return Ok(None) };
        let (id, provider) = (tail.run + 1, self.provider_id()?);
        let insert = Statement::new(
            "INSERT INTO runs (id, provider_id, trigger, started_at, finished_at, complete, added, changed,
                 removed, withheld, epoch)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id)
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
        self.write(insert, Expect::Counted).await?;
        let applied = Statement::new(
            "UPDATE providers SET applied_at = $2, left_generation = coalesce($3, left_generation) WHERE id = $1",
        )
        .bind(provider)
        .bind(now)
        .bind(w.left.then_some(w.generation + 1));
        self.write(applied, Expect::Exactly(1)).await?;
        self.load(&REMOVALS, w.removals.len(), w.removals.iter(), |line, r| {
            line.int(id).int(now).int(provider).text(r.class.name()).opt_int(r.org.map(i64::from));
            line.int(i64::from(r.removed)).int(i64::from(r.approved));
        })
        .await?;
        Ok(Some(id))
    }

    async fn audit(&mut self, run: Option<i64>, tail: &Tail) -> Result<(), StoreError> {
        let w = self.w;
        let last = tail.audit.as_ref().map(|(seq, hash)| (*seq, hash.as_slice()));
        let (mut chain, actor) = (Chain::after(last)?, tail.actor.as_str());
        let (at, mut body) = (self.now, String::new());
        self.load(&AUDIT, w.changes.len(), w.records(), |line, (user, changes)| {
            audit_body(&mut body, actor, changes);
            let (seq, hash) = chain.next(Record { seq: 0, run, at, actor, user, body: &body });
            line.int(seq).opt_int(run).int(at.0).text(actor).opt_int(user.map(i64::from)).text(&body).bytes(&hash);
        })
        .await
    }
}
