//! Leases, and what they keep from being written. On PostgreSQL; SQLite has one process and none.

use super::Site;
use super::fixture::{NOW, company, empty};
use crate::world::postgres::psql;
use rosterd::store::{Access, Claim, Finished, Lease, NewHold, Store, StoreError};
use rosterd_core::ids::ReadingNumber;
use rosterd_core::writes::Writes;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

async fn won(store: &Arc<dyn Store>, holder: &str, ttl: Duration) -> Lease {
    match store.acquire("corp", holder, ttl).await.unwrap() {
        Claim::Won(lease) => lease,
        taken => panic!("{taken:?}"),
    }
}

/// A first apply, or one more run that changes nothing but the history.
fn writes(generation: i64, epoch: Option<i64>) -> Arc<Writes> {
    let new = if generation == 0 { company() } else { Writes { new_provider: None, ..empty(generation) } };
    Arc::new(Writes { epoch, ..new })
}

fn full(number: ReadingNumber) -> Finished {
    Finished { number, read_at: None }
}

/// A command and the daemon's leader read one provider at a time.
#[tokio::test]
async fn r26_an_older_reading_is_not_written_once_a_later_one_was_finished() {
    let Some(site) = Site::postgres() else { return };
    let store = site.store().await;
    store.apply(writes(0, None), NOW).await.unwrap();
    won(&store, "a", LONG).await;
    let (older, later) = (store.begin_reading().await.unwrap(), store.begin_reading().await.unwrap());
    assert!(older < later);
    let of = |reading: ReadingNumber, generation| Arc::new(Writes { reading, ..empty(generation) });
    store.finished("corp", full(later), 1, None).await.unwrap();
    let refused = store.apply(of(older, 1), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Superseded) && refused.retry(), "{refused:?}");
    store.apply(of(later, 1), NOW).await.unwrap();
    // One that ended later but began before moves nothing back.
    store.finished("corp", full(older), 2, None).await.unwrap();
    assert!(matches!(store.apply(of(older, 2), NOW).await, Err(StoreError::Superseded)));
}

#[tokio::test]
async fn sqlite_has_no_leases_and_writes_none() {
    let site = Site::sqlite().unwrap();
    let store = site.store().await;
    assert!(!store.shared());
    assert!(matches!(store.acquire("corp", "a", LONG).await, Err(StoreError::Refused(_))));
    store.apply(writes(0, None), NOW).await.unwrap();
    store.finished("corp", full(ReadingNumber(7)), 1, None).await.unwrap();
    assert_eq!(site.by_hand("SELECT count(*) FROM leases"), "0\n");
}

#[tokio::test]
async fn a_lease_is_one_replicas_until_it_ends() {
    let Some(site) = Site::postgres() else { return };
    let (a, b) = (site.store().await, site.open(Access::Write).await.unwrap());
    assert!(a.shared());
    let ttl = Duration::from_millis(800);
    let first = won(&a, "a", ttl).await;
    assert_eq!((first.epoch, first.holder.as_str()), (1, "a"));
    let Claim::Taken { by, left } = b.acquire("corp", "b", ttl).await.unwrap() else { panic!("two have it") };
    assert!(by == "a" && left <= ttl, "{by} {left:?}");
    // Another provider's is another one.
    assert!(matches!(b.acquire("partners", "b", ttl).await.unwrap(), Claim::Won(_)));
    assert!(a.renew(&first, ttl).await.unwrap());
    tokio::time::sleep(ttl + Duration::from_millis(100)).await;
    let second = won(&b, "b", LONG).await;
    assert_eq!(second.epoch, 2);
    assert!(!a.renew(&first, ttl).await.unwrap(), "a lease that was taken over was renewed");
    // Whoever lost it gives nothing back.
    a.release(&first).await.unwrap();
    assert!(matches!(a.acquire("corp", "a", ttl).await.unwrap(), Claim::Taken { .. }));
    b.release(&second).await.unwrap();
    assert_eq!(won(&a, "a", LONG).await.epoch, 3);
    let views = a.leases().await.unwrap();
    let corp = views.iter().find(|view| view.lease.provider == "corp").unwrap();
    assert!(corp.lease.holder == "a" && corp.left.is_some(), "{corp:?}");
}

#[tokio::test]
async fn r29_what_was_planned_under_an_older_lease_is_refused() {
    let Some(site) = Site::postgres() else { return };
    let (a, b) = (site.store().await, site.open(Access::Write).await.unwrap());
    let old = won(&a, "a", LONG).await;
    a.apply(writes(0, Some(old.epoch)), NOW).await.unwrap();
    a.release(&old).await.unwrap();
    let new = won(&b, "b", LONG).await;
    let dump = || {
        site.by_hand("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM holds), (SELECT reading FROM leases)")
    };
    let before = dump();
    let refused = a.apply(writes(1, Some(old.epoch)), NOW).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced) && !refused.retry(), "{refused:?}");
    let hold = NewHold {
        provider: "corp".to_owned(),
        plan_hash: "aa".to_owned(),
        reasons: Vec::new(),
        plan: "{}".to_owned(),
        expires_at: NOW.plus_millis(1000),
        epoch: Some(old.epoch),
    };
    assert!(matches!(a.hold(&hold, NOW).await, Err(StoreError::Fenced)));
    assert_eq!(dump(), before);
    b.apply(writes(1, Some(new.epoch)), NOW).await.unwrap();
    assert_eq!(site.by_hand("SELECT epoch FROM runs ORDER BY id"), "1\n2\n");
}

/// The lease's row is locked by a write that goes on; a renewal must not wait for it, or a long
/// write would cost its own process the lease.
#[tokio::test]
async fn a_lease_is_renewed_while_something_is_written_under_it() {
    let Some(site) = Site::postgres() else { return };
    let store = site.store().await;
    let lease = won(&store, "a", LONG).await;
    let _write = Standing::still(&site.url, "SELECT epoch FROM leases WHERE provider = 'corp' FOR KEY SHARE");
    let renewed = tokio::time::timeout(Duration::from_secs(10), store.renew(&lease, LONG)).await;
    assert!(renewed.expect("it waits").unwrap());
}

/// A write of rosterd that stands still, of a process that was stopped in the middle.
struct Standing(std::process::Child);

impl Standing {
    fn still(url: &str, sql: &str) -> Self {
        let mut child = std::process::Command::new("psql")
            .args(["-XqAt", "-d", url])
            .env("PGAPPNAME", "rosterd")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::{BufRead as _, Write as _};
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "BEGIN; {sql};").unwrap();
        // Its answer: from now on it holds what it holds, and says nothing.
        let mut answer = String::new();
        std::io::BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "{sql}");
        child.stdin = Some(stdin);
        Self(child)
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let _gone = self.0.kill().and_then(|()| self.0.wait());
    }
}

#[tokio::test]
async fn r29_whoever_stands_still_under_an_ended_lease_is_ended() {
    let Some(site) = Site::postgres() else { return };
    let (a, b) = (site.store().await, site.open(Access::Write).await.unwrap());
    let ttl = Duration::from_millis(600);
    won(&a, "a", ttl).await;
    let _stopped = Standing::still(
        &site.url,
        "SELECT generation FROM state FOR UPDATE; SELECT epoch FROM leases WHERE provider = 'corp' FOR KEY SHARE",
    );
    tokio::time::sleep(ttl).await;
    let begun = std::time::Duration::from_secs(20);
    let second = tokio::time::timeout(begun, won(&b, "b", ttl)).await.expect("nobody takes over");
    assert_eq!(second.epoch, 2);
    b.apply(writes(0, Some(2)), NOW).await.unwrap();
    let left = psql(
        &site.url,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'",
    );
    assert_eq!(left, "0\n");
}

/// When a lease ends is the database's to say: a process whose clock is a year off, or that lives
/// in another time zone, has no say.
#[tokio::test]
async fn r32_no_process_says_when_a_lease_ends() {
    let Some(site) = Site::postgres() else { return };
    let store = site.store().await;
    won(&store, "a", LONG).await;
    let ends = "SELECT expires_at - (extract(epoch FROM clock_timestamp()) * 1000)::bigint BETWEEN 590000 AND 600000 FROM leases";
    assert_eq!(site.by_hand(ends), "t\n");
    let url = format!("{}?options=-c%20TimeZone%3DPacific%2FKiritimati", site.url);
    let far = rosterd::store::open(&url, None, Access::Write).await.unwrap();
    assert!(matches!(far.acquire("corp", "b", LONG).await.unwrap(), Claim::Taken { .. }));
}
