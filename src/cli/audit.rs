//! `rosterd audit`: check the chain, or hand it to somebody else.

use super::args::{Args, Audit};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, write_out};
use crate::store::{Access, AuditRecord, Store};
use rosterd_core::audit::{Link, Record, START, link};
use rosterd_core::ids::UserId;
use rosterd_core::text::hex;
use serde_json::{Value, json};

/// Records read at once.
const PAGE: u32 = 10_000;

pub(super) async fn run(args: &Args, what: &Audit) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    match what {
        Audit::Verify => verify(args, store.as_ref()).await,
        Audit::Export { after } => export(store.as_ref(), *after).await,
    }
}

async fn verify(args: &Args, store: &dyn Store) -> Result<Exit, Failure> {
    let mut chain = Chain::default();
    loop {
        let page = store.audit(chain.last, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for record in &page {
            if let Err(problem) = chain.next(record) {
                return Err(Failure::failed(format!("the audit trail is broken: {problem}")));
            }
        }
    }
    let written = store.counts().await?.audit_last;
    if written != chain.last {
        let missing = chain.last + 1;
        return Err(Failure::failed(format!("the audit trail is broken: records {missing} to {written} are missing")));
    }
    let hash = hex(&chain.link);
    print(
        args,
        || format!("{} audit records, all as they were written; the last hash is {hash}\n", chain.last),
        || json!({ "records": chain.last, "last_hash": hash, "good": true }),
    )?;
    Ok(Exit::Done)
}

/// How far the chain has been followed.
struct Chain {
    last: i64,
    link: Link,
}

impl Default for Chain {
    fn default() -> Self {
        Self { last: 0, link: START }
    }
}

impl Chain {
    fn next(&mut self, record: &AuditRecord) -> Result<(), String> {
        let expected = self.last + 1;
        if record.seq != expected {
            return Err(format!("record {expected} is missing; the next one is {}", record.seq));
        }
        let user = match record.user {
            None => None,
            Some(user) => {
                Some(UserId::try_from(user).map_err(|_| format!("record {expected} names no possible user"))?)
            }
        };
        let (run, at) = (record.run, record.at);
        let content = Record { seq: record.seq, run, at, actor: &record.actor, user, body: &record.body };
        let link = link(&self.link, &content);
        if record.hash != link {
            return Err(format!("record {expected} of {} is not what was written", moment(Some(record.at))));
        }
        self.last = expected;
        self.link = link;
        Ok(())
    }
}

async fn export(store: &dyn Store, after: i64) -> Result<Exit, Failure> {
    let mut after = after;
    loop {
        let page = store.audit(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(Exit::Done) };
        after = last.seq;
        let mut out = String::new();
        for record in &page {
            let body: Value = serde_json::from_str(&record.body).unwrap_or_else(|_| Value::from(record.body.as_str()));
            let hash = hex(&record.hash);
            let line = json!({
                "seq": record.seq, "run": record.run, "at": moment(Some(record.at)), "actor": record.actor,
                "user": record.user, "body": body, "hash": hash,
            });
            out.push_str(&format!("{line}\n"));
        }
        write_out(&out)?;
    }
}
