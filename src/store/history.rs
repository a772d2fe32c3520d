//! What was done: runs, and the audit chain that proves it.

use super::session::{Param, Row, Session, Sql};
use super::{AuditRecord, Run, StoreError};
use rosterd_core::audit::{Link, Record, START, link};
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::text::hex;

/// Where the audit chain stands inside a write transaction. Hands out the next links.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    seq: i64,
    last: Link,
}

impl Chain {
    /// The chain after the record `seq` with that hash, or an empty one.
    pub(super) fn after(last: Option<(i64, &[u8])>) -> Result<Self, StoreError> {
        let Some((seq, hash)) = last else { return Ok(Self { seq: 0, last: START }) };
        let last = hash
            .try_into()
            .map_err(|_| StoreError::Database(format!("audit record {seq} has a hash of {} bytes", hash.len())))?;
        Ok(Self { seq, last })
    }

    /// The number and hash of the record that comes next. `record.seq` is set here.
    pub(super) fn next(&mut self, record: Record<'_>) -> (i64, Link) {
        self.seq += 1;
        self.last = link(&self.last, &Record { seq: self.seq, ..record });
        (self.seq, self.last)
    }
}

/// Appends one record that no run made.
pub(super) async fn append(
    db: &mut dyn Session,
    at: Timestamp,
    actor: &str,
    user: Option<UserId>,
    body: &str,
) -> Result<(), StoreError> {
    let mut chain = stand(db).await?;
    let (seq, hash) = chain.next(Record { seq: 0, run: None, at, actor, user, body });
    db.run(
        "INSERT INTO audit (seq, run_id, at, actor, user_id, body, hash) VALUES ($1, NULL, $2, $3, $4, $5, $6)",
        &[
            Param::Int(Some(seq)),
            Param::Int(Some(at.0)),
            Param::Text(Some(actor)),
            Param::Int(user.map(i64::from)),
            Param::Text(Some(body)),
            Param::Bytes(&hash),
        ],
    )
    .await?;
    db.run("UPDATE state SET audit_seq = $1 WHERE one = 1", &[Param::Int(Some(seq))]).await?;
    Ok(())
}

macro_rules! append {
    ($hash:literal, $from:literal) => {
        concat!(
            "INSERT INTO audit (seq, run_id, at, actor, user_id, body, hash)
             SELECT CAST(value ->> 0 AS BIGINT), NULL, $2, $3, CAST(value ->> 1 AS BIGINT), value ->> 2, ",
            $hash,
            " FROM ",
            $from
        )
    };
}

/// $1: rows as a JSON array, $2: when, $3: who.
const APPEND: Sql = Sql {
    sqlite: append!("unhex(value ->> 3)", "json_each($1)"),
    postgres: append!("decode(value ->> 3, 'hex')", "json_array_elements($1::json) AS n (value)"),
};

/// Appends records that no run made: whom each is about, and what it says.
pub(super) async fn append_all(
    db: &mut dyn Session,
    at: Timestamp,
    actor: &str,
    records: &[(Option<UserId>, &str)],
) -> Result<(), StoreError> {
    let mut chain = stand(db).await?;
    let mut rows = Vec::with_capacity(records.len());
    for (user, body) in records {
        let (seq, hash) = chain.next(Record { seq: 0, run: None, at, actor, user: *user, body });
        rows.push(serde_json::json!([seq, user.map(i64::from), body, hex(&hash)]));
    }
    let rows = serde_json::Value::from(rows).to_string();
    let params = [Param::Text(Some(&rows)), Param::Int(Some(at.0)), Param::Text(Some(actor))];
    db.run(APPEND.of(db.dialect()), &params).await?;
    db.run("UPDATE state SET audit_seq = $1 WHERE one = 1", &[Param::Int(Some(chain.seq))]).await?;
    Ok(())
}

/// Where the chain stands.
async fn stand(db: &mut dyn Session) -> Result<Chain, StoreError> {
    let rows = db.rows("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[]).await?;
    let last = rows.first().map(|row| Ok::<_, StoreError>((row.int(0)?, row.bytes(1)?))).transpose()?;
    Chain::after(last.as_ref().map(|(seq, hash)| (*seq, hash.as_slice())))
}

/// See [`super::Store::audit`].
pub(super) async fn audit(db: &mut dyn Session, after: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = db
        .rows(
            "SELECT seq, run_id, at, actor, user_id, body, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
            &[Param::Int(Some(after)), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter().map(audit_record).collect()
}

/// A person's last records, newest first.
pub(super) async fn audit_of(db: &mut dyn Session, user: i64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = db
        .rows(
            "SELECT seq, run_id, at, actor, user_id, body, hash FROM audit WHERE user_id = $1 ORDER BY seq DESC LIMIT $2",
            &[Param::Int(Some(user)), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter().map(audit_record).collect()
}

fn audit_record(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        seq: row.int(0)?,
        run: row.opt_int(1)?,
        at: Timestamp(row.int(2)?),
        actor: row.text(3)?,
        user: row.opt_int(4)?,
        body: row.text(5)?,
        hash: row.bytes(6)?,
    })
}

/// See [`super::Store::runs`].
pub(super) async fn runs(db: &mut dyn Session, limit: u32) -> Result<Vec<Run>, StoreError> {
    runs_before(db, i64::MAX, limit).await
}

/// The last runs before one, newest first.
pub(super) async fn runs_before(db: &mut dyn Session, before: i64, limit: u32) -> Result<Vec<Run>, StoreError> {
    let rows = db
        .rows(
            "SELECT r.id, p.name, r.trigger, r.started_at, r.finished_at, r.complete, r.added, r.changed, r.removed,
                    r.withheld
             FROM runs r JOIN providers p ON p.id = r.provider_id WHERE r.id < $1 ORDER BY r.id DESC LIMIT $2",
            &[Param::Int(Some(before)), Param::Int(Some(i64::from(limit)))],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Run {
                id: row.int(0)?,
                provider: row.text(1)?,
                trigger: row.text(2)?,
                started_at: Timestamp(row.int(3)?),
                finished_at: Timestamp(row.int(4)?),
                complete: row.int(5)? == 1,
                added: row.int(6)?,
                changed: row.int(7)?,
                removed: row.int(8)?,
                withheld: row.int(9)?,
            })
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    #[test]
    fn the_chain_goes_on_where_it_stood() {
        let record = Record { seq: 0, run: None, at: Timestamp(1), actor: "corp", user: None, body: "{}" };
        let mut whole = Chain::after(None).unwrap();
        let (first, second) = (whole.next(record), whole.next(record));
        assert_eq!((first.0, second.0), (1, 2));
        let mut resumed = Chain::after(Some((first.0, &first.1))).unwrap();
        assert_eq!(resumed.next(record), second);
        assert!(Chain::after(Some((1, &[0; 31]))).is_err());
    }
}
